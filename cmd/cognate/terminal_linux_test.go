package main

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cognate/api"
)

// mustTerminal opens a pseudoterminal: screen is the end of the person, program that of the program.
func mustTerminal(t *testing.T) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, program
}

// On a terminal, cognate dev shows the start screen and coloured lines, unless NO_COLOR is set.
func TestDevOnATerminal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ env, request string }{
		{"TERM=xterm", "\x1b[1mListUsers\x1b[0m → \x1b[33mMissingAuthenticationTokenException\x1b[0m "},
		{"NO_COLOR=1", " ListUsers → MissingAuthenticationTokenException "},
	} {
		screen, program := mustTerminal(t)
		cmd := exec.Command("cognate", "dev", "--listen", "127.0.0.1:0")
		cmd.Stdout, cmd.Stderr, cmd.Env = program, program, []string{tc.env, "TMPDIR=" + t.TempDir()}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = program.Close() // so that the screen ends with the process
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		lines, url := bufio.NewScanner(screen), ""
		for url == "" || !strings.Contains(lines.Text(), "Help ") {
			if !lines.Scan() {
				t.Fatalf("the screen ended after %q: %v", lines.Text(), lines.Err())
			}
			if rest, ok := strings.CutPrefix(lines.Text(), "cognate: listening on "); ok {
				url = rest
			}
		}
		op, _ := api.Lookup("ListUsers")
		_, _ = (&api.Client{Endpoint: url + "/"}).Send(t.Context(), op, []byte("{}"))
		for lines.Scan() && lines.Text() == "" { // the empty line after the start screen
			continue
		}
		if !strings.Contains(lines.Text(), tc.request) {
			t.Errorf("with %s the screen shows %q, want %q in it", tc.env, lines.Text(), tc.request)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("cognate dev = %v", err)
		}
		late.Stop()
	}
}
