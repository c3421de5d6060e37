//go:build unix

package invoker_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/trigger"
	"cognate/trigger/invoker"
)

func shell(script string, arguments ...string) *invoker.Command {
	return &invoker.Command{Arguments: append([]string{"/bin/sh", "-c", script, "function"}, arguments...), Turns: make(chan struct{}, 1)}
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
		"is not there":                {&invoker.Command{Arguments: []string{"/nowhere/at all"}, Turns: make(chan struct{}, 1)}, "", "The function could not be run: fork/exec /nowhere/at all: no such file or directory"},
	} {
		got, err := tc.command.Invoke(t.Context(), "", []byte(`{"request":{}}`))
		if string(got) != tc.want || (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("Invoke(%s) = %q, %v, want %q, %q", name, got, err, tc.want, tc.err)
		}
	}
}

func TestCommandDiesWithItsChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "alive")
	// A child in the background would write the file after the program's time.
	c := shell(`(sleep 0.4; echo still here > "$1") & sleep 60`, file)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, trigger.ErrTimedOut)
	defer cancel()
	begun := time.Now()
	if _, err := c.Invoke(ctx, "", nil); !errors.Is(err, trigger.ErrTimedOut) {
		t.Errorf("Invoke(hanging program) = %v, want ErrTimedOut", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("Invoke(hanging program) took %v", took)
	}
	time.Sleep(600 * time.Millisecond)
	if _, err := os.Stat(file); err == nil {
		t.Error("a child of the program outlived it")
	}
}

func TestCommandsTakeTurns(t *testing.T) {
	t.Parallel()
	c := shell("cat")
	c.Turns <- struct{}{} // another program runs
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, trigger.ErrTimedOut)
	defer cancel()
	if err := c.Start(ctx, "", nil); !errors.Is(err, trigger.ErrTimedOut) {
		t.Errorf("Start(while another runs) = %v, want it to wait", err)
	}
	<-c.Turns
	if err := c.Start(t.Context(), "", []byte(strings.Repeat("x", 1<<20))); err != nil {
		t.Errorf("Start(its turn) = %v", err)
	}
	if len(c.Turns) != 0 {
		t.Error("a turn was not given back")
	}
}
