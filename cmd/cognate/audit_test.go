//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate/api"
	"cognate/config"
)

// A server opens audit_file again after SIGHUP, and cognate audit --follow prints the records of a running server until it is interrupted.
func TestAuditOfRunningServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustWriteFile(t, filepath.Join(dir, "admin.secret"), "first-horse-battery")
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), `listen: 127.0.0.1:0
metrics_listen: ""
data: data
audit_file: audit.jsonl
access_keys: [{id: ADMIN, secret_file: admin.secret}]
`)
	env := append(os.Environ(), "COGNATE_MASTER_KEY=cognate-master-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	p, err := start(dir, env, "serve", "--config", "cognate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	follow := exec.CommandContext(t.Context(), "cognate", "audit", "--config", "cognate.yaml", "--follow", "--output", "jsonl")
	var followed, problems output
	follow.Dir, follow.Env, follow.Stdout, follow.Stderr = dir, env, &followed, &problems
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	client := &api.Client{Endpoint: p.url + "/", Sign: signer(config.AccessKey{ID: "ADMIN", Secret: "first-horse-battery"}, "eu-west-1", time.Now)}
	create := func(pool string) {
		t.Helper()
		if _, err := client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: pool}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "audit.jsonl")
	has := func(path, text string) bool {
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Contains(string(content), text)
	}

	create("first")
	eventually(t, "the first record in the file", func() bool { return has(file, `"poolName":"first"`) })
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new file", func() bool { _, err := os.Stat(file); return err == nil })
	create("second")
	eventually(t, "the second record in the new file", func() bool { return has(file, `"poolName":"second"`) })
	if has(file, `"poolName":"first"`) || has(file+".1", `"poolName":"second"`) {
		t.Error("a record is in both files, or in the wrong one")
	}

	eventually(t, "both records from --follow", func() bool {
		return strings.Count(followed.String(), `"eventName":"CreateUserPool"`) == 2
	})
	if err := follow.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := follow.Wait(); err != nil || problems.String() != "" {
		t.Errorf("audit --follow after SIGINT = %v, with %q", err, problems.String())
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}
