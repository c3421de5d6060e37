package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cognate/internal/pgtest"
)

// envAWSCLI is the variable with the path of the AWS CLI. The default is /usr/bin/aws, as in Debian. PATH is not
// searched, because it may contain a version manager's shim for version 1.
const envAWSCLI = "COGNATE_TEST_AWS"

// awsCLI is the real AWS CLI version 2.
type awsCLI struct {
	path string
	idle chan runner // one for each parallel run, because each run keeps a core busy
}

// runner runs the AWS CLI once.
type runner interface {
	run(args []string) (result, error)
}

// mustFindAWSCLI skips the test if there is no AWS CLI version 2. If tests must not skip, it fails the test.
func mustFindAWSCLI(t *testing.T) *awsCLI {
	t.Helper()
	path := os.Getenv(envAWSCLI)
	if path == "" {
		path = "/usr/bin/aws"
	}
	out, err := exec.Command(path, "--version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "aws-cli/2.") {
		message := fmt.Sprintf("%s is no AWS CLI version 2 (%v): install Debian's awscli, as `make test` does, or set %s to one",
			path, err, envAWSCLI)
		if os.Getenv(pgtest.EnvRequire) == "1" {
			t.Fatalf("%s; and %s=1", message, pgtest.EnvRequire)
		}
		t.Skip(message)
	}
	const parallel = 2
	a := &awsCLI{path: path, idle: make(chan runner, parallel)}
	for range parallel {
		a.idle <- mustStart(t, path)
	}
	return a
}

func (a *awsCLI) run(t *testing.T, args []string) result {
	t.Helper()
	r := <-a.idle
	defer func() { a.idle <- r }()
	got, err := r.run(args)
	if err != nil {
		t.Fatalf("%s %q: %v", a.path, args, err)
	}
	return got
}

// mustStart prepares to run the program at path. It loads a Python script in advance.
func mustStart(t *testing.T, path string) runner {
	t.Helper()
	interpreter, ok := pythonOf(t, path)
	if !ok {
		return process(path)
	}
	cmd := exec.Command(interpreter, filepath.Join("testdata", "preload.py"), path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil {
			t.Errorf("end %s: %v", path, err)
		}
	})
	folder := t.TempDir()
	return &preloaded{stdin, bufio.NewReader(stdout), filepath.Join(folder, "stdout"), filepath.Join(folder, "stderr")}
}

// pythonOf returns the interpreter of a script, and whether it is Python.
func pythonOf(t *testing.T, path string) (string, bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	interpreter, ok := strings.CutPrefix(string(line), "#!")
	return interpreter, ok && strings.HasPrefix(filepath.Base(interpreter), "python")
}

// preloaded is a Python process that forks for each run; see testdata/preload.py.
type preloaded struct {
	requests       io.Writer
	answers        *bufio.Reader
	stdout, stderr string // files
}

func (p *preloaded) run(args []string) (result, error) {
	env := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	request, err := json.Marshal(map[string]any{"args": args, "env": env, "stdout": p.stdout, "stderr": p.stderr})
	if err != nil {
		return result{}, err
	}
	if _, err := p.requests.Write(append(request, '\n')); err != nil {
		return result{}, err
	}
	var got result
	if _, err := fmt.Fscanln(p.answers, &got.Status); err != nil {
		return result{}, err
	}
	stdout, err := os.ReadFile(p.stdout)
	if err != nil {
		return result{}, err
	}
	stderr, err := os.ReadFile(p.stderr)
	got.Stdout, got.Stderr = string(stdout), string(stderr)
	return got, err
}

// process is a program that is started for each run.
type process string

func (p process) run(args []string) (result, error) {
	cmd := exec.Command(string(p), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	got := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	if _, exited := errors.AsType[*exec.ExitError](err); exited {
		err = nil
	}
	return got, err
}
