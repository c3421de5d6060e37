package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cognate/config"
)

// mustTextLog returns the logger of cognate dev for people, which writes to w.
func mustTextLog(w io.Writer) *slog.Logger {
	return newLog(w, &config.Config{Mode: config.Dev, LogFormat: "text"})
}

func TestTextLog(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"a request": {
			func(l *slog.Logger) {
				l.Info("request", "operation", "SignUp", "pool", "", "client", "1abc", "client_name", "web", "username", "bob",
					"outcome", "CodeMismatchException", "took", 812*time.Microsecond, "request", "0b6d")
			}, "SignUp web bob → CodeMismatchException 0.8 ms\n",
		},
		"a request of an administrator": {
			func(l *slog.Logger) {
				l.Info("request", "operation", "AdminGetUser", "pool", "us-east-1_a", "client", "", "username", "bob", "outcome", "ok", "took", 1500*time.Millisecond)
			}, "AdminGetUser us-east-1_a bob → ok 1500.0 ms\n",
		},
		"an unknown client": {
			func(l *slog.Logger) {
				l.Info("request", "operation", "SignUp", "client", "1abc", "outcome", "ResourceNotFoundException", "took", time.Duration(0))
			}, "SignUp 1abc → ResourceNotFoundException 0.0 ms\n",
		},
		"no operation": {
			func(l *slog.Logger) { l.Info("request", "operation", "", "outcome", "UnknownOperationException") },
			"unknown operation → UnknownOperationException 0.0 ms\n",
		},
		"an internal error": {
			func(l *slog.Logger) {
				l.Error("request", "operation", "SignUp", "outcome", "InternalErrorException", "request", "0b6d", "error", "panic: \x1b[2J\n\tmain.go:1")
			}, "SignUp → InternalErrorException 0.0 ms\n  request 0b6d\n  panic: \\x1b[2J\n  \\tmain.go:1\n",
		},
		"a username that imitates a line": {
			func(l *slog.Logger) {
				l.Info("request", "operation", "SignUp", "username", "bob → ok\r\x1b[2K\u202e\x9b", "outcome", "ok")
			}, `SignUp "bob → ok\r\x1b[2K\u202e\x9b" → ok 0.0 ms` + "\n",
		},
		"a sent message": {
			func(l *slog.Logger) {
				l.Info("message sent", "text", "email to ann@example.com: SignUp code 123456", "pool", "us-east-1_a")
			}, "email to ann@example.com: SignUp code 123456 pool=us-east-1_a\n",
		},
		"a password with an escape sequence": {
			func(l *slog.Logger) { l.Info("message sent", "text", "password a\x1b]0;b\a\"\n", "pool", "") },
			`password a\x1b]0;b\a\"\n pool=` + "\n",
		},
		"a function": {
			func(l *slog.Logger) {
				l.With("function", "pre-sign-up").Info("function wrote to standard error", "text", "hello\x1b[31m world")
			}, `pre-sign-up: hello\x1b[31m world` + "\n",
		},
		"another record": {
			func(l *slog.Logger) {
				l.With("a", "1 \x1b").WithGroup("g").Warn("up\x1b", "b", errors.New("x"), "time", 3)
			},
			`warning: up\x1b a="1 \x1b" g.b=x g.time=3` + "\n",
		},
		"an error":         {func(l *slog.Logger) { l.Error("down") }, "error: down\n"},
		"a secret":         {func(l *slog.Logger) { l.Info("x", "password", "hunter2") }, "x password=(masked)\n"},
		"below the level":  {func(l *slog.Logger) { l.Debug("x") }, ""},
		"a group, no text": {func(l *slog.Logger) { l.Info("x", slog.Group("g", "k", 1)) }, "x g.k=1\n"},
	} {
		var out strings.Builder
		tc.log(mustTextLog(&out))
		got := out.String()
		if got != "" {
			at, rest, _ := strings.Cut(got, " ")
			if _, err := time.Parse(time.TimeOnly, at); err != nil {
				t.Errorf("the line of %s begins with %q, want a time", name, at)
			}
			got = rest
		}
		if got != tc.want {
			t.Errorf("the line of %s is %q, want %q", name, got, tc.want)
		}
	}
}

// The colour of a request shows its outcome. Without a terminal there are no colours.
func TestTextLogColours(t *testing.T) {
	t.Parallel()
	for want, attrs := range map[string][]any{
		green + "ok" + reset:                        {"outcome", "ok"},
		yellow + "CodeMismatchException" + reset:    {"outcome", "CodeMismatchException"},
		red + "InternalErrorException" + reset:      {"outcome", "InternalErrorException", "error", "disk full"},
		bold + "GetUser" + reset + " " + "→ " + red: {"operation", "GetUser", "outcome", "InternalErrorException", "error", "x"},
	} {
		var out strings.Builder
		l := newTextLog(&out, &slog.HandlerOptions{ReplaceAttr: mask})
		l.out.console.coloured = true
		slog.New(l).Info("request", attrs...)
		if !strings.Contains(out.String(), want) {
			t.Errorf("the line of %v is %q, want %q in it", attrs, &out, want)
		}
	}
}

// The format depends on the command, the setting and the terminal. The output of a test is no terminal.
func TestLogFormats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		mode         config.Mode
		format, want string
	}{
		{config.Dev, "", "level=INFO"},
		{config.Dev, "logfmt", "level=INFO"},
		{config.Dev, "text", " → ok"},
		{config.Dev, "json", `"level":"INFO"`},
		{config.Serve, "text", "level=INFO"},
		{config.Serve, "logfmt", "level=INFO"},
		{config.Serve, "json", `"level":"INFO"`},
	} {
		var out strings.Builder
		newLog(&out, &config.Config{Mode: tc.mode, LogFormat: tc.format}).Info("request", "outcome", "ok")
		if !strings.Contains(out.String(), tc.want) {
			t.Errorf("cognate %s with format %q logs %q, want %s in it", tc.mode, tc.format, &out, tc.want)
		}
	}
}
