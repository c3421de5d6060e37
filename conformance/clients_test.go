package conformance_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Where the clients are; scripts/test.sh finds and sets them, and these are Debian's places. A PATH is not asked for the
// AWS CLI and Python: version managers put shims there.
const (
	envAWS    = "COGNATE_TEST_AWS"
	envAWSv1  = "COGNATE_TEST_AWS_V1"
	envPython = "COGNATE_TEST_PYTHON"
	// envChromium is a Chromium or Chrome.
	envChromium = "COGNATE_TEST_CHROMIUM"
	// envRequire set to 1 turns a missing client into a failed test, but for the AWS CLI version 1, which Debian has not.
	envRequire = "COGNATE_TEST_REQUIRE"
)

func TestPython(t *testing.T) {
	t.Parallel()
	python := mustHave(t, cmp.Or(os.Getenv(envPython), "/usr/bin/python3"), "Python 3")
	if err := exec.CommandContext(t.Context(), python, "-c", "import boto3").Run(); err != nil {
		lacking(t, "boto3 for "+python)
	}
	tell(t, story(t.Context(), "clients", python, "-B", "software_token.py"))
}

func TestAWSCLI(t *testing.T) {
	t.Parallel()
	mustHave(t, "oathtool", "oathtool")
	aws := mustHave(t, cmp.Or(os.Getenv(envAWS), "/usr/bin/aws"), "the AWS CLI version 2")
	tell(t, story(t.Context(), "clients", "./software_token.sh"), "AWS="+aws)
}

func TestAWSCLIVersion1(t *testing.T) {
	t.Parallel()
	mustHave(t, "oathtool", "oathtool")
	aws := os.Getenv(envAWSv1)
	if aws == "" {
		t.Skipf("%s is not set: no aws version 1", envAWSv1)
	}
	tell(t, story(t.Context(), "clients", "./software_token.sh"), "AWS="+aws)
}

// TestNode tells the stories of clients/node, one after the other: they share what npm installs.
func TestNode(t *testing.T) {
	t.Parallel()
	mustHave(t, "node", "Node.js")
	npm := mustHave(t, "npm", "npm")
	chromium := mustHave(t, cmp.Or(os.Getenv(envChromium), "/usr/bin/chromium"), "Chromium")
	dir := t.TempDir() // npm writes beside package.json
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("clients", "node"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	tell(t, story(t.Context(), dir, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"))
	t.Run("application.test.mjs", func(t *testing.T) {
		t.Parallel()
		if os.Getenv(envOwnBinary) == "" {
			t.Skipf("%s is not set: the story starts a server of its own", envOwnBinary)
		}
		if err := os.CopyFS(filepath.Join(dir, "node_modules", "cognate-test"), os.DirFS("../clients/js")); err != nil {
			t.Fatal(err)
		}
		tell(t, story(t.Context(), dir, "node", "--test", "application.test.mjs"))
	})
	for _, name := range []string{"software_token.mjs", "remembered_device.mjs", "amplify.mjs", "passkey.mjs"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, story(t.Context(), dir, "node", name), envChromium+"="+chromium)
		})
	}
}

// story is a program of clients/ to be run; it finds the server by COGNATE_ENDPOINT.
func story(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	return cmd
}

// tell runs a story, with more environment, and fails t with what it said when it ends badly.
func tell(t *testing.T, cmd *exec.Cmd, env ...string) {
	t.Helper()
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	t.Logf("%s", out)
}

// mustHave returns the path of a program, or ends t for the lack of it.
func mustHave(t *testing.T, program, name string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		lacking(t, name)
	}
	return path
}

func lacking(t *testing.T, name string) {
	t.Helper()
	if os.Getenv(envRequire) == "1" {
		t.Fatalf("%s is not here, and %s=1", name, envRequire)
	}
	t.Skipf("%s is not here", name)
}
