package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// parent runs a program and waits for it, as a test runner does. Its first argument is "pipe" if standard input of the
// program is a pipe that this process has, and "null" if it is the null device.
func parent() {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if os.Args[1] == "pipe" {
		if _, err := cmd.StdinPipe(); err != nil {
			panic(err)
		}
	}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A server ends after its parent was killed.
func TestExitWithParent(t *testing.T) {
	t.Parallel()
	server := []string{"cognate", "dev", "--listen", "127.0.0.1:0", "--exit-with-parent"}
	wrapped := []string{"sh", "-c", strings.Join(server, " ") + "; exit 1"} // the shell waits for the server
	for _, c := range []struct {
		name    string
		stdin   string
		program []string
	}{
		{"pipe", "pipe", server},
		{"pipe and wrapper", "pipe", wrapped},
		{"no pipe", "null", server},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := startWith("parent", t.TempDir(), nil, append([]string{c.stdin}, c.program...)...)
			if err != nil {
				t.Fatal(err)
			}
			p.kill() // returns when the server has closed its output, too
			if log := p.stderr.String(); !strings.Contains(log, "the parent process has ended") {
				t.Errorf("log of the server = %s, want a line about the parent", log)
			}
		})
	}
}

// A server runs as long as its parent.
func TestRunsWithParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("cognate", "dev", "--listen", "127.0.0.1:0", "--exit-with-parent")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	output := bufio.NewReader(stdout)
	if _, err := output.ReadString('\n'); err != nil { // the line that says that the server is ready
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case <-ended:
		t.Error("the server ended before its parent")
	case <-time.After(2 * parentCheck):
	}
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	if err := cmd.Wait(); err != nil {
		t.Errorf("after the end of standard input: %v, want exit status 0", err)
	}
}
