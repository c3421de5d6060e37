package login_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"testing"

	"cognate/server"
)

// A request that does not reach its endpoint is answered as the endpoint answers: applications get JSON, users a page.
func TestRefusedBeforeTheEndpoint(t *testing.T) {
	t.Parallel()
	s := limitedSite(t, func(l *server.AddressLimits) { l.Requests, l.Burst = 1, 2 })
	const long = 70 << 10
	addresses := 0
	send := func(pattern, query, body string) (status int, header http.Header, text string) {
		t.Helper()
		method, path, _ := strings.Cut(pattern, " ")
		r, err := http.NewRequestWithContext(t.Context(), method, s.base+path+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := from{fmt.Sprintf("192.0.2.%d", addresses)}.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		read, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, answer.Header, string(read)
	}
	for _, refused := range []struct {
		status            int
		query, body       string
		before            int // requests
		code, description string
		alert             string
	}{
		{
			http.StatusRequestURITooLong, "?x=" + strings.Repeat("a", 17<<10), "", 0,
			"invalid_request", "the request is too long", "The application sent a request that is not valid.",
		},
		{
			http.StatusRequestEntityTooLarge, "", "x=" + strings.Repeat("a", long), 0,
			"invalid_request", "the request is too long", "Go back to the application and try again.",
		},
		{http.StatusTooManyRequests, "", "", 2, "temporarily_unavailable", "too many requests", tooMany},
	} {
		for pattern, isPage := range map[string]bool{
			"POST /oauth2/token": false, "POST /oauth2/revoke": false, "POST /oauth2/introspect": false, "POST /oauth2/par": false,
			"POST /oauth2/device_authorization": false, "POST /oauth2/register": false, "POST /oauth2/userInfo": false,
			"GET /.well-known/jwks.json": false,
			"GET /login":                 true, "POST /login": true, "GET /oauth2/authorize": true, "POST /signup": true, "GET /nowhere": true,
		} {
			if refused.body != "" && strings.HasPrefix(pattern, "GET") {
				continue
			}
			addresses++
			for range refused.before {
				send(pattern, "", "")
			}
			status, header, text := send(pattern, refused.query, refused.body)
			if status != refused.status {
				t.Errorf("%s = %d, want %d", pattern, status, refused.status)
			}
			if retry := header.Get("Retry-After"); (retry != "") != (refused.status == http.StatusTooManyRequests) {
				t.Errorf("%s = %d with Retry-After %q", pattern, status, retry)
			}
			if isPage {
				if !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(html.UnescapeString(text), refused.alert) ||
					header.Get("Content-Security-Policy") == "" {
					t.Errorf("%s = %d %v, want a page with %q:\n%s", pattern, status, header, refused.alert, text)
				}
				continue
			}
			var got map[string]string
			err := json.Unmarshal([]byte(text), &got)
			if err != nil || len(got) != 2 || got["error"] != refused.code || got["error_description"] != refused.description ||
				!strings.HasPrefix(header.Get("Content-Type"), "application/json") || !strings.Contains(header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s = %d %v %s, want %s", pattern, status, header, text, refused.code)
			}
			wantChallenge := pattern == "POST /oauth2/userInfo" && refused.code == "invalid_request"
			if got := header.Get("WWW-Authenticate"); (got != "") != wantChallenge {
				t.Errorf("%s = %d with WWW-Authenticate %q", pattern, status, got)
			}
		}
	}
}
