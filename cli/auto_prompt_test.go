package cli_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/cli"
)

// runOnTerminal runs a command line on a terminal with keys as its input.
func runOnTerminal(ctx context.Context, keys io.Reader, args []string) (got result, restored bool) {
	var stdout, stderr bytes.Buffer
	command := &cli.Command{
		Stdout: &stdout, Stderr: &stderr, Version: "test", Now: time.Now, Sleep: noSleep, Terminal: true, TerminalWidth: 100, Stdin: keys,
		RawStdin: func() (func() error, error) { return func() error { restored = true; return nil }, nil },
	}
	status := command.Run(ctx, args)
	return result{stdout.String(), stderr.String(), status}, restored
}

func TestAutoPrompt(t *testing.T) {
	setEnvironment(t)
	server := startServer(t, 200, `{"UserPools":[]}`)
	t.Setenv("AWS_ENDPOINT_URL", server)
	tests := []struct {
		name        string
		environment string
		args        []string
		keys        string
		status      int
		stdout      []string // parts of it, in order
	}{
		{"from nothing", "", []string{"--cli-auto-prompt"}, "list-user-pools --max-r\t1\r", 0, []string{"> cognate cognito-idp ", "> cognate cognito-idp list-user-pools --max-results 1\n", `"UserPools"`}},
		{"a command", "", []string{"cognito-idp", "list-user-pools", "--cli-auto-prompt"}, "\r1\r", 0, []string{"  --max-results ", "[required] The largest", "--max-results is required: The largest", "> cognate cognito-idp list-user-pools --max-results 1\n", `"UserPools"`}},
		{"selected with Tab", "", []string{"cognito-idp", "list-user-pools", "--cli-auto-prompt"}, "\t 1\r", 0, []string{"  --max-results ", "> cognate cognito-idp list-user-pools --max-results 1\n", `"UserPools"`}},
		{"a secret", "", []string{"cognito-idp", "get-user", "--cli-auto-prompt"}, "\rhunter2\r", 0, []string{"--access-token: \r\n", "> cognate cognito-idp get-user --access-token '(hidden)'\n"}},
		{"a token or a session", "", []string{"cognito-idp", "verify-software-token", "--cli-auto-prompt"}, "\rhunter2\r123456\r", 0, []string{"--access-token is required: ", "in place of a session", "--user-code: 123456"}},
		{"a session", "", []string{"cognito-idp", "associate-software-token", "--session", "abcdefghijklmnopqrstuvwxyz", "--cli-auto-prompt"}, "\r", 0, []string{"> cognate cognito-idp associate-software-token --session abcdefghijklmnopqrstuvwxyz\n"}},
		{"valid values", "", []string{"cognito-idp", "initiate-auth", "--auth-flow", "--cli-auto-prompt"}, "USER_PA\t--client-id abcd\r", 0, []string{"--auth-flow USER_PASSWORD_AUTH --client-id abcd\n"}},
		{"by the environment", "ON", []string{"cognito-idp", "list-user-pools"}, "\r1\r", 0, []string{"> cognate cognito-idp list-user-pools --max-results 1\n"}},
		{"partial, whole", "on-partial", []string{"cognito-idp", "list-user-pools", "--max-results", "1"}, "", 0, []string{"{\n    \"UserPools\": []\n}\n"}},
		{"partial, incomplete", "on-partial", []string{"cognito-idp", "list-user-pools"}, "\r1\r", 0, []string{"> cognate cognito-idp list-user-pools --max-results 1\n"}},
		{"other value", "always", []string{"cognito-idp", "list-user-pools", "--max-results", "1"}, "", 0, []string{"{\n    \"UserPools\": []\n}\n"}},
		{"not with help", "on", []string{"cognito-idp", "help"}, "", 0, []string{"COGNITO-IDP\n"}},
		{"not with --no-cli-auto-prompt", "on", []string{"cognito-idp", "list-user-pools", "--no-cli-auto-prompt"}, "", 252, nil},
		{"left", "", []string{"cognito-idp", "list-user-pools", "--cli-auto-prompt"}, "\x03", 130, []string{"> cognate cognito-idp list-user-pools "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("AWS_CLI_AUTO_PROMPT", tt.environment)
			got, restored := runOnTerminal(t.Context(), strings.NewReader(tt.keys), tt.args)
			rest := got.Stdout
			for _, part := range tt.stdout {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("no %q in %+v", part, got)
				}
				rest = after
			}
			if got.Status != tt.status || strings.Contains(got.Stdout, "hunter2") || restored != (tt.keys != "") {
				t.Errorf("%+v, terminal restored: %v", got, restored)
			}
		})
	}
}

func TestAutoPromptOfProfile(t *testing.T) {
	folder := setEnvironment(t)
	t.Setenv("AWS_ENDPOINT_URL", startServer(t, 200, `{"UserPools":[]}`))
	mustWrite(t, filepath.Join(folder, "config"), "[default]\ncli_auto_prompt = on-partial\n")
	got, _ := runOnTerminal(t.Context(), strings.NewReader("\r1\r"), []string{"cognito-idp", "list-user-pools"})
	if got.Status != 0 || !strings.Contains(got.Stdout, "> cognate cognito-idp list-user-pools --max-results 1\n") {
		t.Errorf("cli_auto_prompt of the profile: %+v", got)
	}
}

// TestAutoPromptEnds checks that the prompt ends when the context ends, although the user types nothing.
func TestAutoPromptEnds(t *testing.T) {
	setEnvironment(t)
	ctx, cancel := context.WithCancel(t.Context())
	silent, _ := io.Pipe()
	defer silent.Close()
	cancel()
	if got, restored := runOnTerminal(ctx, silent, []string{"cognito-idp", "list-users", "--cli-auto-prompt"}); got.Status != 130 || !restored {
		t.Errorf("stopped: %+v, terminal restored: %v", got, restored)
	}
}

// TestAutoPromptWithoutTerminal expects the messages and the status of AWS CLI 2.9, without what that draws on stdout.
func TestAutoPromptWithoutTerminal(t *testing.T) {
	setEnvironment(t)
	var stdout, stderr bytes.Buffer
	command := &cli.Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now}
	status := command.Run(t.Context(), []string{"cognito-idp", "list-users", "--cli-auto-prompt"})
	// The warning, and an error without a text.
	if want := "Warning: Input is not a terminal (fd=0).\n\n\n"; status != 255 || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("without a terminal: %d, %q, %q; want 255, %q", status, stdout.String(), stderr.String(), want)
	}
}

func TestScanOnTerminal(t *testing.T) {
	setEnvironment(t)
	t.Setenv("AWS_ENDPOINT_URL", startServer(t, 200, `{"SecretCode":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}`))
	run := func(stdoutTerminal, stderrTerminal bool, more ...string) result {
		var stdout, stderr bytes.Buffer
		command := &cli.Command{Stdout: &stdout, Stderr: &stderr, Now: time.Now, Terminal: stdoutTerminal, StderrTerminal: stderrTerminal}
		status := command.Run(t.Context(), append([]string{"cognito-idp", "associate-software-token", "--access-token", "x"}, more...))
		return result{stdout.String(), stderr.String(), status}
	}
	plain, seen := run(false, false), run(true, true)
	if plain.Status != 0 || plain.Stderr != "" || seen.Stdout != plain.Stdout {
		t.Errorf("without a terminal %+v, with one %+v: want the same stdout", plain, seen)
	}
	if !strings.Contains(seen.Stderr, "█") && !strings.Contains(seen.Stderr, "▀") || !strings.Contains(seen.Stderr, "verify-software-token") || strings.Contains(seen.Stderr, "JBSWY3DP") {
		t.Errorf("on a terminal stderr = %q, want a QR code", seen.Stderr)
	}
	for name, got := range map[string]result{
		"stdout is a file": run(false, true), "stderr is a file": run(true, false), "output qr": run(true, true, "--output", "qr"),
		"output off": run(true, true, "--output", "off"),
	} {
		if got.Status != 0 || got.Stderr != "" {
			t.Errorf("%s: %+v, want nothing on stderr", name, got)
		}
	}
}
