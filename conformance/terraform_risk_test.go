package conformance_test

import (
	"os"
	"strings"
	"testing"
)

// TestTerraformRisk creates, changes, imports and destroys the risk configurations of a pool and of an app client. After each
// step a plan must be empty.
func TestTerraformRisk(t *testing.T) {
	t.Parallel()
	long(t)
	f := mustTerraform(t)
	f.copyConfiguration(t, "risk_created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "risk_created.tf")

	f.copyConfiguration(t, "risk_updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "risk_updated.tf")

	for address, id := range map[string]string{
		"aws_cognito_risk_configuration.pool":   f.poolID(t),
		"aws_cognito_risk_configuration.client": f.poolID(t) + ":" + f.attribute(t, "aws_cognito_user_pool_client.app", "id"),
	} {
		f.run(t, "state", "rm", address)
		f.run(t, "import", "-input=false", address, id)
	}
	f.wantEmptyPlan(t, "risk_updated.tf after an import")

	text, err := os.ReadFile(f.dir + "/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	rest, _, _ := strings.Cut(string(text), `resource "aws_cognito_risk_configuration"`)
	if err := os.WriteFile(f.dir+"/main.tf", []byte(rest), 0o600); err != nil {
		t.Fatal(err)
	}
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "risk_updated.tf without risk configurations")
}
