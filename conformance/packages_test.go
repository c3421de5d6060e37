package conformance_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	// envLong is a variable. If it is 1, the long tests also run.
	envLong = "COGNATE_TEST_LONG"
	// envUpdate is a variable. If it is 1, TestRunners writes the declarations of clients/js.
	envUpdate = "COGNATE_TEST_UPDATE"
)

// long skips a test that `make test` leaves out.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv(envLong) != "1" {
		t.Skipf("%s is not 1: run make test-clients", envLong)
	}
}

// needBinary skips a test that starts its own servers, if there is no binary for them.
func needBinary(t *testing.T) {
	t.Helper()
	if os.Getenv(envOwnBinary) == "" {
		t.Skipf("%s is not set: the test starts its own server", envOwnBinary)
	}
}

// withoutEndpoint returns the environment for a program that starts its own server.
func withoutEndpoint() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, envEndpoint+"=") })
}

// TestRunners installs the package cognate-test as npm would publish it, and runs the tests of clients/runners with vitest and
// with Playwright. TypeScript checks the types of the package, and makes them again from the comments in its source.
func TestRunners(t *testing.T) {
	t.Parallel()
	long(t)
	needBinary(t)
	npm := mustFind(t, "npm", "npm")
	node := mustFind(t, "node", "Node.js")
	chromium := mustFind(t, cmp.Or(os.Getenv(envChromium), "/usr/bin/chromium"), "Chromium")
	dir := t.TempDir()
	mustCopy(t, dir, filepath.Join("clients", "runners"))
	mustRun(t, command(t.Context(), dir, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"))
	installed := filepath.Join(dir, "node_modules", "cognate-test")
	mustInstall(t, npm, installed)

	run := func(name, script string, args ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t.Context(), dir, node, append([]string{filepath.Join("node_modules", script)}, args...)...)
			cmd.Env = append(withoutEndpoint(), envChromium+"="+chromium, "CI=1", "NO_COLOR=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
		})
	}
	run("vitest", "vitest/vitest.mjs", "run")
	run("playwright", "@playwright/test/cli.js", "test", "--reporter=line")
	run("types", "typescript/bin/tsc")
	t.Run("declarations", func(t *testing.T) {
		t.Parallel()
		wantDeclarations(t, dir, node)
	})
}

// mustInstall unpacks the package as `npm pack` makes it. It must have no other files than those that users need.
func mustInstall(t *testing.T, npm, folder string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "js")
	mustCopy(t, source, "../clients/js")
	var out bytes.Buffer
	pack := command(t.Context(), source, npm, "pack", "--json", "--silent")
	pack.Stdout = &out
	if err := pack.Run(); err != nil {
		t.Fatalf("npm pack: %v\n%s", err, &out)
	}
	var packed []struct {
		Filename string
		Files    []struct{ Path string }
	}
	if err := json.Unmarshal(out.Bytes(), &packed); err != nil || len(packed) != 1 {
		t.Fatalf("npm pack = %s: %v", &out, err)
	}
	var got []string
	for _, f := range packed[0].Files {
		got = append(got, f.Path)
	}
	slices.Sort(got)
	want := []string{
		"LICENSE", "README.md", "index.d.ts", "index.js", "package.json", "playwright.d.ts", "playwright.js", "seed.d.ts",
		"setup.d.ts", "setup.js", "vitest.d.ts", "vitest.js",
	}
	if !slices.Equal(got, want) {
		t.Errorf("npm pack has the files %q, want %q", got, want)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	unpack := exec.CommandContext(t.Context(), "tar", "xzf", packed[0].Filename, "-C", folder, "--strip-components=1")
	unpack.Dir = source
	mustRun(t, unpack)
}

// wantDeclarations makes the declarations of the package again and compares them with those in the package. dir has the
// compiler.
func wantDeclarations(t *testing.T, dir, node string) {
	t.Helper()
	source := filepath.Join(dir, "source")
	mustCopy(t, source, "../clients/js")
	declarations := []string{"index.d.ts", "setup.d.ts", "vitest.d.ts", "playwright.d.ts"}
	for _, name := range declarations {
		if err := os.Remove(filepath.Join(source, name)); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, command(t.Context(), source, node, filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")))
	for _, name := range declarations {
		want, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		committed := filepath.Join("..", "clients", "js", name)
		if os.Getenv(envUpdate) == "1" {
			if err := os.WriteFile(committed, want, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(committed); err != nil || !bytes.Equal(got, want) {
			t.Errorf("clients/js/%s is not up to date (%v): run this test with %s=1", name, err, envUpdate)
		}
	}
}

// TestPythonPackage runs the tests of clients/python with pytest and the package cognate_test.
func TestPythonPackage(t *testing.T) {
	t.Parallel()
	needBinary(t)
	python := mustFindPython(t, "boto3, jwt, pytest")
	source, err := filepath.Abs("../clients/python")
	if err != nil {
		t.Fatal(err)
	}
	runPytest(t, python, source, "-p", "cognate_test.pytest_plugin")
}

// TestPythonWheel builds the package as it would be published. pytest must find the plugin, and mypy must find the types.
func TestPythonWheel(t *testing.T) {
	t.Parallel()
	long(t)
	needBinary(t)
	python := mustFindPython(t, "boto3, jwt, pytest, setuptools, wheel, mypy")
	source, installed := filepath.Join(t.TempDir(), "python"), t.TempDir()
	mustCopy(t, source, "../clients/python")
	const build = `import setuptools.build_meta as b, sys, zipfile
to = sys.argv[1]
zipfile.ZipFile(b.build_wheel(".")).extractall(to)`
	mustRun(t, command(t.Context(), source, python, "-c", build, installed))
	for _, want := range []string{"cognate_test/py.typed", "cognate_test/_seed.py", "cognate_test-0.1.0.dist-info/LICENSE"} {
		if _, err := os.Stat(filepath.Join(installed, want)); err != nil {
			t.Errorf("the wheel has no %s", want)
		}
	}
	runPytest(t, python, installed)
	cmd := command(t.Context(), installed, python, "-m", "mypy", "--strict", "--cache-dir", t.TempDir(), "cognate_test")
	mustRun(t, cmd)
}

// runPytest runs the tests of clients/python. The package is in folder.
func runPytest(t *testing.T, python, folder string, args ...string) {
	t.Helper()
	args = append([]string{"-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"}, args...)
	cmd := command(t.Context(), filepath.Join("clients", "python"), python, args...)
	cmd.Env = append(withoutEndpoint(), "PYTHONPATH="+folder, "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pytest: %v\n%s", err, out)
	}
}

// mustCopy copies a folder without its node_modules.
func mustCopy(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(to, "node_modules")); err != nil {
		t.Fatal(err)
	}
}
