package conformance_test

import (
	"strings"
	"testing"
)

// TestTerraformGroups creates, changes, imports and destroys groups, users in groups and resource servers with Terraform. After
// each step a plan must be empty.
func TestTerraformGroups(t *testing.T) {
	t.Parallel()
	long(t)
	f := mustTerraform(t)
	f.copyConfiguration(t, "groups_created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "groups_created.tf")

	f.copyConfiguration(t, "groups_updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "groups_updated.tf")

	pool := f.poolID(t)
	for address, id := range map[string]string{
		"aws_cognito_user_group.bare":         pool + "/bare",
		"aws_cognito_user_group.zero":         pool + "/zero",
		"aws_cognito_user_group.changing":     pool + "/changing",
		"aws_cognito_resource_server.bare":    pool + "|bare",
		"aws_cognito_resource_server.growing": pool + "|https://api.example.com/v1",
	} {
		f.run(t, "state", "rm", address)
		f.run(t, "import", "-input=false", address, id)
	}
	f.wantEmptyPlan(t, "groups_updated.tf after an import")
}

// poolID returns the ID of the user pool "people" in the state.
func (f *terraform) poolID(t *testing.T) string {
	t.Helper()
	return f.attribute(t, "aws_cognito_user_pool.people", "id")
}

// attribute returns an attribute of a resource in the state.
func (f *terraform) attribute(t *testing.T, address, attribute string) string {
	t.Helper()
	out, err := f.command("state", "show", address).CombinedOutput()
	if err != nil {
		t.Fatalf("terraform state show: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == attribute {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	t.Fatalf("terraform state show has no %s:\n%s", attribute, out)
	return ""
}
