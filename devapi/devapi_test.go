package devapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"cognate/cognatetest"
)

// call sends a request to a server's development API and returns the status and the body.
func call(t *testing.T, s *cognatetest.Server, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/_cognate/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// mustCall sends a request that must succeed, and decodes the answer into a T.
func mustCall[T any](t *testing.T, s *cognatetest.Server, method, path, body string) (v T) {
	t.Helper()
	status, answer := call(t, s, method, path, body)
	if status != http.StatusOK && status != http.StatusNoContent {
		t.Fatalf("%s %s = %d %s, want 200 or 204", method, path, status, answer)
	}
	if answer != "" {
		if err := json.Unmarshal([]byte(answer), &v); err != nil {
			t.Fatalf("%s %s = %s: %v", method, path, answer, err)
		}
	}
	return v
}

func TestGuard(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	s.HostNames = []string{"cognate"}
	for _, c := range []struct {
		what, method, path string
		header             []string
		status             int
	}{
		{"no page", "POST", "clock/freeze", nil, 200},
		{"a page of this machine", "POST", "clock/freeze", []string{"Origin", "http://localhost:5173"}, 200},
		{"another loopback address", "POST", "clock/freeze", []string{"Origin", "http://[::1]:3000"}, 200},
		{"a page elsewhere", "POST", "clock/freeze", []string{"Origin", "https://evil.example"}, 403},
		{"a page without an origin", "POST", "clock/freeze", []string{"Origin", "null"}, 403},
		{"a name that begins with localhost", "POST", "clock/freeze", []string{"Origin", "http://localhost.evil.example"}, 403},
		{"a cross-site image", "GET", "messages", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a form", "POST", "clock/freeze", []string{"Content-Type", "text/plain"}, 415},
		{"a form of the other kind", "POST", "clock/freeze", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"no content type", "POST", "clock/freeze", []string{"Content-Type", ""}, 415},
		{"a rebound name", "GET", "messages", []string{"Host", "evil.example:8229"}, 403},
		{"a rebound name, same origin", "POST", "clock/freeze", []string{"Host", "evil.example", "Origin", "http://evil.example"}, 403},
		{"a host name of the server", "GET", "messages", []string{"Host", "cognate:8229"}, 200},
		{"localhost by name", "GET", "messages", []string{"Host", "localhost:8229"}, 200},
		{"an address", "GET", "messages", []string{"Host", "192.0.2.1:8229"}, 200},
		{"a preflight from elsewhere", "OPTIONS", "clock", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "PUT"}, 403},
		{"a preflight of this machine", "OPTIONS", "clock", []string{"Origin", "http://localhost:5173", "Access-Control-Request-Method", "PUT"}, 204},
		{"nothing there", "GET", "users", nil, 404},
	} {
		if status, body := call(t, s, c.method, c.path, "", c.header...); status != c.status {
			t.Errorf("%s: %s %s = %d %s, want %d", c.what, c.method, c.path, status, body, c.status)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for _, c := range []struct{ method, path, body string }{
		{"PUT", "clock", `{"now":"2030-01-01T00:00:00Z"}`},
		{"PUT", "clock", `{"Now":"tomorrow"}`},
		{"PUT", "clock", `{"Now":"1969-12-31T23:59:59Z"}`},
		{"PUT", "clock", `{"Now":"2200-01-01T00:00:00Z"}`},
		{"PUT", "clock", `{}`},
		{"PUT", "clock", `[`},
		{"POST", "clock/advance", `{}`},
		{"POST", "clock/advance", `{"Seconds":1e300}`},
		{"POST", "clock/advance", `{"Seconds":"30"}`},
		{"GET", "messages?destinations=ann@example.com", ""},
		{"GET", "messages/next?timeout=51", ""},
		{"GET", "messages/next?timeout=NaN", ""},
		{"GET", "messages/next?after=x", ""},
		{"POST", "messages/failures", `{"Medium":"PIGEON"}`},
		{"POST", "messages/failures", `{"Cuont":2}`},
	} {
		if status, body := call(t, s, c.method, c.path, c.body); status != http.StatusBadRequest {
			t.Errorf("%s %s %s = %d %s, want 400", c.method, c.path, c.body, status, body)
		}
	}
	if status, _ := call(t, s, "POST", "messages/failures", `{"Text":"`+strings.Repeat("x", 5<<20)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 5 MiB = %d, want 413", status)
	}
	if status, _ := call(t, s, "POST", "messages/failures", `{"Text":"`+strings.Repeat("x", 64<<10)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of more than 64 KiB = %d, want 413", status)
	}
	if status, body := call(t, s, "POST", "seed", "pools: []\n"+strings.Repeat("#\n", 1<<20)); status != http.StatusNoContent {
		t.Errorf("a seed of 2 MiB = %d %s, want 204", status, body)
	}
}
