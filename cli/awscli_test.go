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

// envOriginal names another AWS CLI than /usr/bin/aws, where Debian puts it; a version manager's shim on the PATH may be
// version 1.
const envOriginal = "COGNATE_TEST_AWS"

// original is the real AWS CLI version 2.
type original struct {
	path string
	idle chan runner // as many as run at once: each keeps a core busy
}

// runner runs the original once.
type runner interface {
	run(args []string) (result, error)
}

// mustFindOriginal skips the test where there is no AWS CLI version 2, or fails it where no test may skip.
func mustFindOriginal(t *testing.T) *original {
	t.Helper()
	path := os.Getenv(envOriginal)
	if path == "" {
		path = "/usr/bin/aws"
	}
	out, err := exec.Command(path, "--version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "aws-cli/2.") {
		message := fmt.Sprintf("%s is no AWS CLI version 2 (%v): install Debian's awscli, as `make test` does, or name one in %s",
			path, err, envOriginal)
		if os.Getenv(pgtest.EnvRequire) == "1" {
			t.Fatalf("%s; and %s=1", message, pgtest.EnvRequire)
		}
		t.Skip(message)
	}
	const atOnce = 2
	o := &original{path: path, idle: make(chan runner, atOnce)}
	for range atOnce {
		o.idle <- mustStart(t, path)
	}
	return o
}

func (o *original) run(t *testing.T, args []string) result {
	t.Helper()
	r := <-o.idle
	defer func() { o.idle <- r }()
	got, err := r.run(args)
	if err != nil {
		t.Fatalf("%s %q: %v", o.path, args, err)
	}
	return got
}

// mustStart prepares to run the program at path: what is a Python script is loaded ahead of time.
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

// pythonOf reads who runs a script, and whether that is Python.
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

// preloaded is a Python that forks for each run; see testdata/preload.py.
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
