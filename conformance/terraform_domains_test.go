package conformance_test

import (
	"testing"
)

// TestTerraformDomains creates, changes, imports and destroys both kinds of domains, and UI customizations for all app clients
// and for one, with Terraform. After each step a plan must be empty.
func TestTerraformDomains(t *testing.T) {
	t.Parallel()
	long(t)
	f := mustTerraform(t)
	f.copyConfiguration(t, "domains_created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "domains_created.tf")

	f.copyConfiguration(t, "domains_updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "domains_updated.tf")

	pool, client := f.poolID(t), f.attribute(t, "aws_cognito_user_pool_client.shop", "id")
	for address, id := range map[string]string{
		"aws_cognito_user_pool_domain.prefix":         "terraform-people",
		"aws_cognito_user_pool_domain.custom":         "login.terraform.example.com",
		"aws_cognito_user_pool_ui_customization.all":  pool + ",ALL",
		"aws_cognito_user_pool_ui_customization.shop": pool + "," + client,
	} {
		f.run(t, "state", "rm", address)
		f.run(t, "import", "-input=false", address, id)
	}
	f.wantEmptyPlan(t, "domains_updated.tf after an import")
	// An import does not store that a customization depends on a domain, and without it the destruction has any order.
	f.run(t, "apply", "-auto-approve", "-input=false")
}
