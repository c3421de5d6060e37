package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow has the parts of a workflow of GitHub Actions that the test runs.
type workflow struct {
	Jobs map[string]struct {
		Env   map[string]string
		Steps []struct {
			Name string
			Run  string
		}
	}
}

// The example of a workflow starts a server, waits until it is ready, and calls it, with the commands and the environment of the
// example. The step Test gets this build's command line, because the machine may have no aws.
func TestActionsExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/examples/github-actions.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	job := w.Jobs["test"]
	steps := make(map[string]string)
	for _, step := range job.Steps {
		steps[step.Name] = step.Run
	}
	address := freeAddress(t)
	script := steps["Start Cognate"] + "\n" + strings.ReplaceAll(steps["Test"], "aws ", "cognate ")
	dir := t.TempDir()
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COGNATE_LISTEN="+address)
	for name, value := range job.Env {
		cmd.Env = append(cmd.Env, name+"="+strings.ReplaceAll(value, defaultListen, address))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := cmd.CombinedOutput()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // the server, which is in the background
	log, logErr := os.ReadFile(filepath.Join(dir, "cognate.log"))
	if err != nil || !strings.Contains(string(output), `"Name": "people"`) || logErr != nil {
		t.Errorf("the steps of the example: %v\n%s\n%s%v", err, output, log, logErr)
	}
}
