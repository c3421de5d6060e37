//go:build unix

package invoker_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/trigger"
	"cognate/trigger/invoker"
)

func shell(script string, arguments ...string) *invoker.Command {
	return command(append([]string{"/bin/sh", "-c", script, "function"}, arguments...)...)
}

func command(arguments ...string) *invoker.Command {
	return &invoker.Command{
		Arguments: arguments, Slots: make(chan struct{}, 1), Output: trigger.OutputLog{Log: slog.New(slog.DiscardHandler)},
	}
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
		"is not there":                {command("/nowhere/at all"), "", "The function could not be run: fork/exec /nowhere/at all: no such file or directory"},
	} {
		got, err := tc.command.Invoke(t.Context(), "", []byte(`{"request":{}}`))
		if string(got) != tc.want || (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("Invoke(%s) = %q, %v, want %q, %q", name, got, err, tc.want, tc.err)
		}
	}
}

// The log has the lines of standard error, and output that is not JSON where it would be lost.
func TestCommandLogs(t *testing.T) {
	t.Parallel()
	const (
		lines   = `level=INFO msg="function wrote to standard error" function=log text=`
		notJSON = `level=WARN msg="the output of the function is not JSON: a program must write only the event to standard output, ` +
			`and its own messages (console.log, print) to standard error" function=log `
	)
	flood := strings.Repeat(strings.Repeat("x", 1<<10)+"\n", 65)
	logged := strings.Repeat(lines+strings.Repeat("x", 1<<10)+"\n", 64)
	for name, tc := range map[string]struct {
		script string
		start  bool // the program sends a code
		want   string
	}{
		"quiet":             {`cat`, false, ""},
		"standard error":    {`printf 'one\n\ntwo \033[31m' >&2; cat`, false, lines + "one\n" + lines + `"two \x1b[31m"` + "\n"},
		"a flood":           {`printf %s "$1" >&2; cat`, false, logged + `level=WARN msg="function wrote more to standard error than is logged" function=log limit=65536` + "\n"},
		"a failure":         {`echo hello; exit 1`, false, notJSON + `bytes=6 output="hello\n"` + "\n"},
		"a failure in JSON": {`echo '{"errorMessage":"no"}'; exit 1`, false, ""},
		"a code is sent":    {`echo sent`, true, notJSON + `bytes=5 output="sent\n"` + "\n"},
		"a silent sender":   {`cat >/dev/null`, true, ""},
	} {
		var log strings.Builder
		c := shell(tc.script, flood)
		c.Output = trigger.OutputLog{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		})), Quote: true}
		if tc.start {
			_ = c.Start(t.Context(), arnPrefix+"log", []byte("{}"))
		} else {
			_, _ = c.Invoke(t.Context(), arnPrefix+"log", []byte("{}"))
		}
		if diff := cmp.Diff(tc.want, log.String()); diff != "" {
			t.Errorf("log of a program (%s) (-want +got):\n%s", name, diff)
		}
	}
}

// A child process may hold standard error open. The answer does not wait for it, and the child is not killed.
func TestCommandLeavesItsChildRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"go", "done"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := shell(`cd "$1"; (read line <go; echo later >&2 && echo alive >done) >/dev/null <&- & cat`, dir)
	if answer, err := c.Invoke(t.Context(), "", []byte("{}")); string(answer) != "{}" || err != nil {
		t.Fatalf("Invoke(a program with a child) = %q, %v, want its answer", answer, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("go\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "done")); string(got) != "alive\n" {
		t.Errorf("the child wrote %q, %v, want it to live", got, err)
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
