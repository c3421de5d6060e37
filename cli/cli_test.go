package cli_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cli"
	"cognate/cognatetest"
)

// startServer starts a server that sends the same response to every request.
func startServer(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func pemOf(certificate []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
}

func TestStatuses(t *testing.T) {
	setEnvironment(t)
	refusing := startServer(t, 400, `{"__type":"NotAuthorizedException","message":"No."}`)
	tests := []struct {
		name   string
		args   []string
		status int
		stderr string // a part of it
	}{
		{"usage", []string{"cognito-idp"}, 252, "the following arguments are required: operation"},
		{"unknown command", []string{"cognito-idp", "list-user-pool"}, 252, "  * list-user-pools"},
		{"unknown output", []string{"cognito-idp", "list-users", "--output", "xml"}, 252, "argument --output: Invalid choice"},
		{
			"refused",
			[]string{"--endpoint-url", refusing, "cognito-idp", "delete-user", "--access-token", "x"},
			254,
			"An error occurred (NotAuthorizedException) when calling the DeleteUser operation: No.",
		},
		{
			"refused connection",
			[]string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", "http://127.0.0.1:1"},
			255,
			"Could not connect to the endpoint URL: \"http://127.0.0.1:1/\"\nNo server listens at this address",
		},
		{"prompt and none", []string{"cognito-idp", "list-users", "--cli-auto-prompt", "--no-cli-auto-prompt"}, 252, "Both --cli-auto-prompt and --no-cli-auto-prompt cannot be specified"},
		{"no image to draw", []string{"cognito-idp", "list-users", "--user-pool-id", "a_b", "--output", "qr"}, 252, "only associate-software-token"},
		{"timeout is no number", []string{"cognito-idp", "list-users", "--cli-read-timeout", "x", "--user-pool-id", "a"}, 255, "invalid literal"},
		{"missing certificates", []string{"cognito-idp", "list-users", "--ca-bundle", "/none", "--user-pool-id", "a_b"}, 255, "certificates"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := runCognate(t.Context(), tt.args)
			if got.Status != tt.status || !strings.Contains(got.Stderr, tt.stderr) {
				t.Errorf("%q = %d, %q; want %d, %q", tt.args, got.Status, got.Stderr, tt.status, tt.stderr)
			}
		})
	}
}

// TestMistypedCommand expects suggestions, and neither a usage text nor a list of all commands.
func TestMistypedCommand(t *testing.T) {
	setEnvironment(t)
	const lists = "\n\n`cognate cognito-idp help` lists the commands.\n"
	const similar = "\ncognate: error: argument operation: Invalid choice: 'list-user-pool', maybe you meant:\n\n  * list-user-pools\n  * delete-user-pool" + lists
	for line, want := range map[string]string{
		"list-user-pool": similar, "list-user-pool help": similar, "list-user-pool --help": similar, "--region x list-user-pool -h": similar,
		"zzz": "\ncognate: error: argument operation: Invalid choice: 'zzz'" + lists,
	} {
		if got := runCognate(t.Context(), append([]string{"cognito-idp"}, strings.Fields(line)...)); got != (result{"", want, 252}) {
			t.Errorf("%s: %+v, want %q", line, got, want)
		}
	}
}

func TestMissingConfiguration(t *testing.T) {
	setEnvironment(t)
	list := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url"}
	args := append(slices.Clone(list), "http://none.invalid")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if got := runCognate(t.Context(), args); got.Status != 253 || !strings.Contains(got.Stderr, "Unable to locate credentials.") {
		t.Errorf("without credentials: %+v", got)
	}
	t.Setenv("AWS_REGION", "")
	if got := runCognate(t.Context(), args); got.Status != 253 || !strings.Contains(got.Stderr, "You must specify a region.") {
		t.Errorf("without region: %+v", got)
	}
	local := append(list, startServer(t, 200, "{}"))
	if got := runCognate(t.Context(), append(local, "--no-sign-request", "--region", "eu-west-1")); got.Status != 0 {
		t.Errorf("without signature: %+v", got)
	}
	if got := runCognate(t.Context(), local); got.Status != 0 {
		t.Errorf("on this machine: %+v", got)
	}
	refusing := append(list, startServer(t, 400, `{"__type":"UnrecognizedClientException","message":"No."}`))
	if got := runCognate(t.Context(), refusing); got.Status != 254 || !strings.Contains(got.Stderr, "\nNo credentials are configured, and this server requires some:") {
		t.Errorf("on this machine, refused: %+v", got)
	}
}

func TestEndpointOfEnvironmentAndProfile(t *testing.T) {
	folder := setEnvironment(t)
	server := startServer(t, 200, `{"UserPools":[{"Name":"x","Id":"1"}],"Unknown":1}`)
	args := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--query", "UserPools[0]"}
	want := "{\n    \"Id\": \"1\",\n    \"Name\": \"x\"\n}\n"
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"} {
		t.Setenv(name, server)
		if got := runCognate(t.Context(), args); got.Stdout != want {
			t.Errorf("by %s: %+v", name, got)
		}
		t.Setenv(name, "")
	}
	mustWrite(t, filepath.Join(folder, "config"), "[profile local]\naws_access_key_id = a\naws_secret_access_key = b\nregion = eu-west-1\nservices = here\noutput = yaml\n\n[services here]\ncognito_identity_provider =\n  endpoint_url = "+server+"\n")
	if got := runCognate(t.Context(), append(args, "--profile", "local")); got.Stdout != "Id: '1'\nName: x\n" {
		t.Errorf("by profile: %+v", got)
	}
}

func TestHints(t *testing.T) {
	setEnvironment(t)
	for message, hint := range map[string]string{
		`"ExpiredTokenException","message":"expired"`:                                   "Your credentials have expired",
		`"InvalidSignatureException","message":"Signature expired: 1 is now earlier"`:   "The clock of this machine says",
		`"UnrecognizedClientException","message":"The security token ... is invalid."`:  "This server does not know the access key",
		`"ResourceNotFoundException","message":"User pool eu-west-1_a does not exist."`: "The user pool is in region eu-west-1",
	} {
		server := startServer(t, 400, `{"__type":`+message+`}`)
		got := runCognate(t.Context(), []string{"cognito-idp", "describe-user-pool", "--user-pool-id", "eu-west-1_a", "--region", "us-east-1", "--endpoint-url", server})
		if got.Status != 254 || !strings.Contains(got.Stderr, "\n"+hint) {
			t.Errorf("%s: %+v, want the hint %q", message, got, hint)
		}
	}
}

func TestInterrupt(t *testing.T) {
	setEnvironment(t)
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	}))
	defer server.Close()
	defer close(release)
	got := runCognate(ctx, []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", server.URL})
	if got != (result{"\n", "", 130}) {
		t.Errorf("interrupted: %+v", got)
	}
}

// TestHostileAnswers expects no control character of a server's answer on the terminal.
func TestHostileAnswers(t *testing.T) {
	setEnvironment(t)
	const hostile = `\u001b]0;title\u0007\u009b31m`
	for name, answer := range map[string]struct {
		status int
		body   string
		args   []string
	}{
		"an error":       {400, `{"__type":"Odd` + hostile + `","message":"` + hostile + `"}`, []string{"--output", "json"}},
		"a name as text": {200, `{"SecretCode":"` + hostile + `"}`, []string{"--output", "text"}},
		"a name as JSON": {200, `{"SecretCode":"` + hostile + `"}`, []string{"--output", "json"}},
		"a session":      {200, `{"SecretCode":"JBSWY3DPEHPK3PXP","Session":"` + hostile + `"}`, []string{"--output", "qr", "--color", "off"}},
	} {
		var out bytes.Buffer
		command := &cli.Command{Stdout: &out, Stderr: &out, Now: time.Now, Terminal: true, StderrTerminal: true}
		command.Run(t.Context(), append([]string{
			"cognito-idp", "associate-software-token", "--access-token", "x", "--endpoint-url", startServer(t, answer.status, answer.body),
			"--no-cli-pager",
		}, answer.args...))
		if text := out.String(); strings.ContainsAny(text, "\x1b\x07\u009b") || !strings.Contains(text, `\u009b31m`) {
			t.Errorf("%s: %q, want escapes", name, text)
		}
	}
}

func TestReadTimeout(t *testing.T) {
	setEnvironment(t)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	got := runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", server.URL, "--cli-read-timeout", "1"})
	if want := "\nRead timeout on endpoint URL: \"" + server.URL + "/\"\n"; got != (result{"", want, 255}) {
		t.Errorf("timeout: %+v, want %q", got, want)
	}
}

func TestCertificates(t *testing.T) {
	folder := setEnvironment(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer server.Close()
	args := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", server.URL}
	if got := runCognate(t.Context(), args); got.Status != 255 || !strings.Contains(got.Stderr, "SSL validation failed for "+server.URL) {
		t.Errorf("an unknown certificate: %+v", got)
	}
	if got := runCognate(t.Context(), append(args, "--no-verify-ssl")); got.Status != 0 {
		t.Errorf("--no-verify-ssl: %+v", got)
	}
	bundle := filepath.Join(folder, "ca.pem")
	mustWrite(t, bundle, pemOf(server.Certificate().Raw))
	if got := runCognate(t.Context(), append(args, "--ca-bundle", bundle)); got.Status != 0 {
		t.Errorf("--ca-bundle: %+v", got)
	}
}

// TestEverySampleIsValid compares the sample responses with the API description, and reads the sample inputs as input
// documents.
func TestEverySampleIsValid(t *testing.T) {
	folder := setEnvironment(t)
	for _, op := range api.Operations() {
		file := filepath.Join(folder, op.CLI+".yaml")
		got := runCognate(t.Context(), []string{"cognito-idp", op.CLI, "--generate-cli-skeleton", "yaml-input"})
		if got.Status != 0 {
			t.Errorf("%s: %+v", op.CLI, got)
		}
		mustWrite(t, file, got.Stdout)
		back := runCognate(t.Context(), []string{"cognito-idp", op.CLI, "--cli-input-yaml", "file://" + file, "--generate-cli-skeleton", "output"})
		if back.Status == 255 || strings.Contains(back.Stderr, "Unknown parameter") || strings.Contains(back.Stderr, "Invalid type") {
			t.Errorf("%s cannot read its own skeleton: %+v", op.CLI, back)
		}
	}
}

func TestHelp(t *testing.T) {
	setEnvironment(t)
	for _, args := range [][]string{{"help"}, {"--help"}, {"list-users", "-h"}, {"list-users", "--user-pool-id", "--help"}, {"associate-software-token", "help"}, {"list-users", "help"}, {"set-risk-configuration", "help"}} {
		got := runCognate(t.Context(), append([]string{"cognito-idp"}, args...))
		for _, heading := range []string{"\nDESCRIPTION\n", "\nSYNOPSIS\n", "\nGLOBAL OPTIONS\n"} {
			if got.Status != 0 || !strings.Contains(got.Stdout, heading) {
				t.Errorf("%q has no %q: status %d", args, heading, got.Status)
			}
		}
	}
}

func TestDryRun(t *testing.T) {
	setEnvironment(t)
	server := cognatetest.Start(t)
	pool := mustFill(t, server)
	got := runCognate(t.Context(), []string{"cognito-idp", "update-user-pool", "--user-pool-id", pool, "--dry-run", "--endpoint-url", server.URL, "--mfa-configuration", "OFF"})
	if got.Status != 0 || !strings.Contains(got.Stdout, `UserPoolTags would be reset; it is {"a": "é ü", "b": "2"}`) || strings.Contains(got.Stdout, "MfaConfiguration") {
		t.Errorf("--dry-run: %+v", got)
	}
	if out, err := server.Client.DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: pool}); err != nil || len(out.UserPool.UserPoolTags) != 2 {
		t.Errorf("--dry-run changed the pool: %v, %v", out, err)
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"cognito-idp list-users": true, "--region x cognito-idp help": true, "cognito-idp": true, "dev": false, "": false,
		"dev --listen cognito-idp": false, "--version": false, "cognito-idp --output": true,
		"__complete cognito-idp list-users --output ya": false, "--output cognito-idp": true,
	} {
		if got := cli.Handles(strings.Fields(line)); got != want {
			t.Errorf("Handles(%q) = %v", line, got)
		}
	}
}

// A command starts fast because packages prepare little before they are used. Allocations are counted, because times depend on
// the machine.
func TestStartsWithLittleWork(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "cognate")
	if out, err := exec.Command("go", "build", "-o", binary, "cognate/cmd/cognate").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "cognito-idp", "associate-software-token", "--generate-cli-skeleton")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &trace)
	}
	initialized := regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) allocs$`).FindAllStringSubmatch(trace.String(), -1)
	if len(initialized) < 50 {
		t.Fatalf("the trace has %d packages:\n%s", len(initialized), &trace)
	}
	total := 0
	for _, match := range initialized {
		allocations, err := strconv.Atoi(match[2])
		if err != nil {
			t.Fatal(err)
		}
		total += allocations
		if allocations > 5_000 {
			t.Errorf("the initialization of %s allocates %d objects: want 5,000 at most", match[1], allocations)
		}
	}
	if total > 20_000 {
		t.Errorf("the initialization of all packages allocates %d objects: want 20,000 at most", total)
	}
}
