package devapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// answer is an answer to a browser.
type answer struct {
	status int
	header http.Header
	body   string
}

// browse requests the page as a browser does.
func browse(t *testing.T, s *cognatetest.Server, method, path string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	if body := browse(t, s, "GET", "/").body; !strings.Contains(body, "There are no user pools yet.") || !strings.Contains(body, "There are no messages yet.") {
		t.Errorf("the page of an empty server is\n%s", body)
	}
	p := s.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	for _, name := range []string{"bob", "<script>eve"} {
		cognatetest.Try(p.Client.SignUp(t.Context(), &api.SignUpInput{
			ClientId: p.ClientID, Username: name, Password: cognatetest.Password,
			UserAttributes: []api.AttributeType{{Name: "email", Value: "bob@example.com"}},
		})).Of(t)
	}
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "bob"})
	newest, _ := s.Mailbox.Last("bob@example.com")
	authenticator := cognatetest.Try(s.Authenticator(t.Context(), p.PoolID, "ann")).Of(t)
	page := browse(t, s, "GET", "/")
	body := page.body
	for _, want := range []string{
		`<html lang="en">`, "AWS_ENDPOINT_URL=" + s.URL, "AWS_REGION=us-east-1", "User pool <bdi>people</bdi> <code>" + p.PoolID,
		"<code>" + p.ClientID + "</code></td><td><bdi>app</bdi>", "<bdi>ann</bdi>", "UNCONFIRMED, disabled", "bob@example.com",
		"&lt;script&gt;eve", "email with a code: SignUp", `<span class="code">` + newest.Code + "<", `<span class="code">` + authenticator.Active.NextCode + "<",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not contain %s", want)
		}
	}
	for _, secret := range []string{"<script", cognatetest.Password, secret} {
		if strings.Contains(body, secret) {
			t.Errorf("the page contains %s", secret)
		}
	}
	_, style, _ := strings.Cut(body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	wantPolicy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
	for name, want := range map[string]string{
		"Content-Security-Policy": wantPolicy, "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		"Cross-Origin-Opener-Policy": "same-origin", "Access-Control-Allow-Origin": "", "Refresh": "",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s of the page = %q, want %q", name, got, want)
		}
	}
	if got := browse(t, s, "GET", "/?refresh"); got.header.Get("Refresh") != "5" || !strings.Contains(got.body, "Stop that") {
		t.Errorf("Refresh of the page = %q, want 5 and a link that stops it", got.header.Get("Refresh"))
	}
	if got := browse(t, s, "HEAD", "/"); got.status != http.StatusOK || got.body != "" {
		t.Errorf("HEAD / = %d %q, want 200 without a body", got.status, got.body)
	}
}

// The page lists a part of a large server, and says so.
func TestPageHasLimits(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	for range 20 {
		if other := s.Pool(t); other.PoolID < p.PoolID { // the page is in order of IDs, and leaves out the last pool
			p = other
		}
	}
	for range 20 {
		p.MustClient()
	}
	for i := range 51 {
		p.MustUser(fmt.Sprintf("user-%02d", i))
	}
	body := browse(t, s, "GET", "/").body
	for want, times := range map[string]int{
		"<bdi>user-49</bdi>": 1, "user-50": 0, "There are more users.": 1, "There are more app clients.": 1, "There are more user pools.": 1, "<h2": 22,
	} {
		if got := strings.Count(body, want); got != times {
			t.Errorf("the page contains %q %d times, want %d", want, got, times)
		}
	}
}

// Only pages of this machine can read the page, as below /_cognate/, and only a browser's request gets it.
func TestPageIsGuarded(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	const unknown = api.CodeUnknownOperationException
	for _, c := range []struct {
		what, method string
		header       []string
		status       int
		body         string
	}{
		{"a user", "GET", []string{"Sec-Fetch-Site", "none"}, 200, "<h1>"},
		{"localhost by name", "GET", []string{"Host", "localhost:8229"}, 200, "<h1>"},
		{"a page of this machine", "GET", []string{"Origin", "http://localhost:5173"}, 200, "<h1>"},
		{"a rebound name", "GET", []string{"Host", "evil.example:8229"}, 403, "unknown host"},
		{"a page elsewhere", "GET", []string{"Origin", "https://evil.example"}, 403, "other sites"},
		{"a link elsewhere", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 403, "other sites"},
		{"a program", "GET", []string{"Accept", "*/*"}, 404, "not found"},
		{"no Accept", "GET", []string{"Accept", ""}, 404, "not found"},
		{"the API", "POST", nil, 400, unknown},
		{"another method", "PUT", nil, 400, unknown},
	} {
		got := browse(t, s, c.method, "/", c.header...)
		if got.status != c.status || !strings.Contains(got.body, c.body) {
			t.Errorf("%s / of %s = %d %.200s, want %d and %s", c.method, c.what, got.status, got.body, c.status, c.body)
		}
	}
}
