package conformance_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// envTerraformPlugins is the variable with the folder of a Terraform filesystem mirror that has the AWS provider.
// Without it the test is skipped, because the provider is too large to download for a test.
const envTerraformPlugins = "COGNATE_TEST_TERRAFORM_PLUGINS"

// TestTerraform creates, changes and destroys pools and clients with Terraform. After each apply a plan must be empty:
// the server returns the requested settings, and for the others the defaults that the provider expects.
func TestTerraform(t *testing.T) {
	t.Parallel()
	f := mustTerraform(t)
	f.copyConfiguration(t, "created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "created.tf")

	f.copyConfiguration(t, "updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantEmptyPlan(t, "updated.tf")
}

// terraform runs Terraform in a temporary folder.
type terraform struct {
	program, dir string
	variables    []string // of the configuration, beside the endpoint: "TF_VAR_name=value"
}

// mustTerraform returns Terraform in a folder with the configuration of the provider. It skips t if there is no mirror.
func mustTerraform(t *testing.T) *terraform {
	t.Helper()
	plugins := os.Getenv(envTerraformPlugins)
	if plugins == "" {
		t.Skipf("%s is not set", envTerraformPlugins)
	}
	f := &terraform{program: mustFind(t, "terraform", "Terraform"), dir: t.TempDir()}
	f.configure(t, plugins)
	f.copyConfiguration(t, "provider.tf", "provider.tf")
	return f
}

// configure makes Terraform load plugins only from a mirror.
func (f *terraform) configure(t *testing.T, plugins string) {
	t.Helper()
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", plugins)
	if err := os.WriteFile(filepath.Join(f.dir, "terraform.rc"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyConfiguration copies a configuration of clients/terraform to the folder as name.
func (f *terraform) copyConfiguration(t *testing.T, configuration, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("clients", "terraform", configuration))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// command returns a Terraform command. Its context is not that of t, because cleanup also uses it.
func (f *terraform) command(args ...string) *exec.Cmd {
	cmd := exec.Command(f.program, append(args, "-no-color")...)
	cmd.Dir = f.dir
	cmd.Env = append(
		os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(f.dir, "terraform.rc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_VAR_endpoint="+os.Getenv(envEndpoint),
		"AWS_ACCESS_KEY_ID="+cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "COGNATECONFORMANCE00"),
		"AWS_SECRET_ACCESS_KEY="+cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "conformance"),
	)
	cmd.Env = append(cmd.Env, f.variables...)
	return cmd
}

func (f *terraform) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := f.command(args...).CombinedOutput(); err != nil {
		t.Fatalf("terraform %s: %v\n%s", args[0], err, out)
	}
}

// wantEmptyPlan runs a plan and fails t if the plan is not empty.
func (f *terraform) wantEmptyPlan(t *testing.T, configuration string) {
	t.Helper()
	out, err := f.command("plan", "-detailed-exitcode", "-input=false").CombinedOutput()
	const differences = 2
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == differences {
		t.Errorf("the plan after an apply of %s is not empty:\n%s", configuration, out)
	} else if err != nil {
		t.Fatalf("terraform plan: %v\n%s", err, out)
	}
}
