package cli_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"cognate/api"
	"cognate/cli"
	"cognate/cognatetest"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	tests := []struct {
		words  []string
		prefix string
		want   string
	}{
		{nil, "associate-", "associate-software-token\tAssociateSoftwareToken"},
		{[]string{"associate-software-token"}, "--acce", "--access-token"},
		{[]string{"associate-software-token"}, "--acco", "--account"},
		{[]string{"list-users", "--output"}, "yaml-", "yaml-stream"},
		{[]string{"list-users"}, "--output=yaml-", "yaml-stream"},
		{[]string{"update-user-pool", "--mfa-configuration"}, "OP", "OPTIONAL"},
		{[]string{"update-user-pool"}, "--mfa-configuration=OP", "OPTIONAL"},
		{[]string{"list-users"}, "he", "help"},
		{[]string{"list-users", "--debug"}, "--deb", ""},
		{[]string{"none"}, "--", ""},
		{[]string{"none"}, "", ""},
		{[]string{"--region", "x"}, "associate-", "associate-software-token\tAssociateSoftwareToken"},
		{[]string{"--region", "x", "list-users", "--output"}, "yaml-", "yaml-stream"},
		{[]string{"--output"}, "yaml-", "yaml-stream"},
		{[]string{"--region"}, "l", ""},
		{[]string{"--debug"}, "--regi", "--region"},
	}
	for _, tt := range tests {
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		if got := new(cli.Command).Complete(t.Context(), tt.words, tt.prefix); !slices.Equal(got, want) {
			t.Errorf("Complete(%q, %q) = %q, want %q", tt.words, tt.prefix, got, want)
		}
	}
}

// TestCompleteIdentifiers completes the IDs of user pools and app clients, also beyond the first page.
func TestCompleteIdentifiers(t *testing.T) {
	setEnvironment(t)
	server := cognatetest.Start(t)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	var last string
	for range 61 {
		out, err := server.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "my people"})
		if err != nil {
			t.Fatal(err)
		}
		last = out.UserPool.Id
	}
	out, err := server.Client.CreateUserPoolClient(t.Context(), &api.CreateUserPoolClientInput{UserPoolId: last, ClientName: "app"})
	if err != nil {
		t.Fatal(err)
	}
	client := out.UserPoolClient.ClientId
	command := &cli.Command{Now: time.Now, CompletionTimeout: time.Minute} // also on a busy machine
	complete := func(prefix string, words ...string) []string { return command.Complete(t.Context(), words, prefix) }

	if got := complete("", "list-users", "--user-pool-id"); len(got) != 61 || !slices.Contains(got, last+"\tmy people") {
		t.Errorf("--user-pool-id: %q, want 61 with %s", got, last)
	}
	if got := complete(last, "list-users", "--query", "a", "--user-pool-id"); !slices.Equal(got, []string{last + "\tmy people"}) {
		t.Errorf("--user-pool-id %s: %q", last, got)
	}
	want := []string{client + "\tapp"}
	for _, words := range [][]string{
		{"describe-user-pool-client", "--user-pool-id", last, "--client-id"},
		{"describe-user-pool-client", "--user-pool-id=" + last, "--region", "us-east-1", "--client-id"},
	} {
		if got := complete("", words...); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
	if got := complete("--client-id=", "describe-user-pool-client", "--user-pool-id", last); !slices.Equal(got, want) {
		t.Errorf("--client-id=: %q, want %q", got, want)
	}
	for _, words := range [][]string{
		{"describe-user-pool-client", "--client-id"},
		{"describe-user-pool-client", "--user-pool-id", "none", "--client-id"},
		{"list-users", "--endpoint-url", "http://127.0.0.1:1", "--user-pool-id"},
		{"list-users", "--endpoint-url", "x", "--user-pool-id"},
		{"list-users", "--profile", "none", "--user-pool-id"},
		{"list-users", "--output", "x", "--user-pool-id"},
	} {
		if got := complete("", words...); len(got) != 0 {
			t.Errorf("%q: %q, want nothing", words, got)
		}
	}
}

// TestCompleteHostileIdentifiers expects no ID with characters of a shell, and names in one line.
func TestCompleteHostileIdentifiers(t *testing.T) {
	setEnvironment(t)
	t.Setenv("AWS_ENDPOINT_URL", startServer(t, 200, `{"UserPools":[{"Id":"$(reboot)","Name":"a"},{"Id":"us-east-1_a","Name":"b\nc\td\u202ee"},{"Id":5},7]}`))
	command := &cli.Command{Now: time.Now, CompletionTimeout: time.Minute} // also on a busy machine
	got := command.Complete(t.Context(), []string{"list-users", "--user-pool-id"}, "")
	if want := []string{"us-east-1_a\tb c d e"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCompleteEnds checks that a server that does not answer delays a completion for a short time only.
func TestCompleteEnds(t *testing.T) {
	setEnvironment(t)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	start := time.Now()
	got := (&cli.Command{Now: time.Now}).Complete(t.Context(), []string{"list-users", "--user-pool-id"}, "")
	if took := time.Since(start); len(got) != 0 || took > 10*time.Second {
		t.Errorf("%q after %v", got, took)
	}
}
