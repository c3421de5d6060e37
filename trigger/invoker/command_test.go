//go:build unix

package invoker_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate/trigger"
	"cognate/trigger/invoker"
)

func shell(script string, arguments ...string) *invoker.Command {
	return &invoker.Command{Arguments: append([]string{"/bin/sh", "-c", script, "function"}, arguments...), Slots: make(chan struct{}, 1)}
}

func TestCommand(t *testing.T) {
	t.Setenv("COGNATE_MASTER_KEY", "a secret of the server")
	for name, tc := range map[string]struct {
		command *invoker.Command
		want    string
		err     string
	}{
		"echoes":                      {shell("cat"), `{"request":{}}`, ""},
		"takes arguments as they are": {shell(`printf %s "$1"`, "$(id); *"), "$(id); *", ""},
		"has a small environment":     {shell("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort"), "LANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\n", ""},
		"stands at the root":          {shell("pwd"), "/\n", ""},
		"does not read":               {shell("echo {}"), "{}\n", ""},
		"fails":                       {shell("exit 129"), "", "Error: Runtime exited with error: exit status 129"},
		"fails in its words":          {shell(`echo '{"errorMessage":"no"}'; exit 1`), "", "no"},
		"is killed":                   {shell("kill -9 $$"), "", "Error: Runtime exited with error: signal: killed"},
		"floods":                      {shell("yes"), "", "Response payload size exceeded maximum allowed payload size"},
		"is not there":                {&invoker.Command{Arguments: []string{"/nowhere/at all"}, Slots: make(chan struct{}, 1)}, "", "The function could not be run: fork/exec /nowhere/at all: no such file or directory"},
	} {
		got, err := tc.command.Invoke(t.Context(), "", []byte(`{"request":{}}`))
		if string(got) != tc.want || (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("Invoke(%s) = %q, %v, want %q, %q", name, got, err, tc.want, tc.err)
		}
	}
}

func TestCommandDiesWithItsChildren(t *testing.T) {
	t.Parallel()
	// The program and its child hold the pipe open until they end.
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	c := shell(`exec 3> "$1"; (sleep 600) & echo running >&3; sleep 600`, pipe)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Invoke(ctx, "", nil)
		ended <- err
	}()
	alive, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	lines := bufio.NewReader(alive)
	if line, err := lines.ReadString('\n'); line != "running\n" {
		t.Fatalf("the program wrote %q, %v", line, err)
	}
	cancel(trigger.ErrTimedOut)
	if err := alive.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := lines.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("a process of the program outlived it: %v", err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, trigger.ErrTimedOut) {
			t.Errorf("Invoke(hanging program) = %v, want ErrTimedOut", err)
		}
	case <-time.After(time.Minute):
		t.Error("Invoke(hanging program) did not return")
	}
}

func TestCommandsTakeTurns(t *testing.T) {
	t.Parallel()
	c := shell("cat")
	c.Slots <- struct{}{} // another program is running
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, trigger.ErrTimedOut)
	defer cancel()
	if err := c.Start(ctx, "", nil); !errors.Is(err, trigger.ErrTimedOut) {
		t.Errorf("Start(while another runs) = %v, want it to wait", err)
	}
	<-c.Slots
	if err := c.Start(t.Context(), "", []byte(strings.Repeat("x", 1<<20))); err != nil {
		t.Errorf("Start(its turn) = %v", err)
	}
	if len(c.Slots) != 0 {
		t.Error("a turn was not given back")
	}
}
