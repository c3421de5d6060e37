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

// envTerraformPlugins names a folder that is a Terraform filesystem mirror with the AWS provider in it. Without it the
// story is left out: the provider is too large to fetch for a test.
const envTerraformPlugins = "COGNATE_TEST_TERRAFORM_PLUGINS"

// TestTerraform has Terraform create, change and destroy pools and clients. After each apply a plan must find nothing to
// do: what the server reads back is what was asked for, and the rest is what the provider knows for the defaults.
func TestTerraform(t *testing.T) {
	t.Parallel()
	plugins := os.Getenv(envTerraformPlugins)
	if plugins == "" {
		t.Skipf("%s is not set", envTerraformPlugins)
	}
	f := &terraform{program: mustHave(t, "terraform", "Terraform"), dir: t.TempDir()}
	f.configure(t, plugins)
	f.take(t, "provider.tf", "provider.tf")
	f.take(t, "created.tf", "main.tf")

	f.run(t, "init", "-input=false")
	t.Cleanup(func() { f.run(t, "destroy", "-auto-approve", "-input=false", "-refresh=false") })
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantNothingToDo(t, "created.tf")

	f.take(t, "updated.tf", "main.tf")
	f.run(t, "apply", "-auto-approve", "-input=false")
	f.wantNothingToDo(t, "updated.tf")
}

// terraform is Terraform in a folder of its own.
type terraform struct {
	program, dir string
}

// configure has Terraform take its plugins from a mirror and from nowhere else.
func (f *terraform) configure(t *testing.T, plugins string) {
	t.Helper()
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", plugins)
	if err := os.WriteFile(filepath.Join(f.dir, "terraform.rc"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// take puts a configuration of clients/terraform into the folder, under a name of its own.
func (f *terraform) take(t *testing.T, configuration, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("clients", "terraform", configuration))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// command returns a run of Terraform. It outlives t, whose end it cleans up after.
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
	return cmd
}

func (f *terraform) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := f.command(args...).CombinedOutput(); err != nil {
		t.Fatalf("terraform %s: %v\n%s", args[0], err, out)
	}
}

// wantNothingToDo plans, and fails t when the plan isn't empty.
func (f *terraform) wantNothingToDo(t *testing.T, configuration string) {
	t.Helper()
	out, err := f.command("plan", "-detailed-exitcode", "-input=false").CombinedOutput()
	const differences = 2
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == differences {
		t.Errorf("the plan after an apply of %s is not empty:\n%s", configuration, out)
	} else if err != nil {
		t.Fatalf("terraform plan: %v\n%s", err, out)
	}
}
