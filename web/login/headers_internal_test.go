package login

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/oauth"
)

func TestSetHeaders(t *testing.T) {
	t.Parallel()
	h := make(http.Header)
	setHeaders(h, policy{
		styles: []string{"b{}", ""}, scripts: []string{"x()"}, images: []string{"https://id.example.com/logo.png", ""},
		redirects: []string{"https://app.example.com:8443/cb?a=b", "myapp:/cb"},
	})
	const want = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		"form-action 'self' https://app.example.com:8443 myapp:; " +
		"style-src 'sha256-jZKAf/XICBzNdYGYyFLkJC8CqcMbw8Y2eVrBqIhCsrE='; " +
		"script-src 'sha256-/Ixd4Tr06dY24I1hwi6ZBQcMyd51EYKNYYKrA2p4sDQ='; img-src https://id.example.com/logo.png"
	got := h.Get("Content-Security-Policy")
	if strings.Count(got, "sha256-") != 2 || hashless(got) != hashless(want) {
		t.Errorf("Content-Security-Policy = %s, want %s", got, want)
	}
	for name, value := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
	} {
		if h.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, h.Get(name), value)
		}
	}
}

// hashless returns a policy without its hashes.
func hashless(policy string) string {
	var out []string
	for word := range strings.FieldsSeq(policy) {
		if !strings.HasPrefix(word, "'sha256-") {
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ address, want string }{
		{"https://a.example/cb", "https://a.example"},
		{"http://localhost:3000/cb", "http://localhost:3000"},
		{"http://[::1]:3000/cb", "http://[::1]:3000"},
		{"com.example.app://cb", "com.example.app:"},
		{"https://a.example;script-src *", ""},
		{"https:///", ""},
		{"", ""},
		{"%", ""},
	} {
		if got := strings.Join(origins([]string{tt.address}), " "); got != tt.want {
			t.Errorf("origins(%q) = %q, want %q", tt.address, got, tt.want)
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	domain := &cognate.Domain{Name: "login"}
	for _, tt := range []struct {
		name string
		site oauth.Site
		want string
	}{
		{"own host", oauth.Site{Domain: domain, Secure: true}, "__Host-cognate=v; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{
			"path",
			oauth.Site{Domain: domain, Path: "/domains/login", Secure: true},
			"__Secure-cognate-login=v; Path=/domains/login/; HttpOnly; Secure; SameSite=Lax",
		},
		{"loopback host", oauth.Site{Domain: domain}, "cognate=v; Path=/; HttpOnly; SameSite=Lax"},
		{
			"loopback path",
			oauth.Site{Domain: domain, Path: "/domains/login"},
			"cognate-login=v; Path=/domains/login/; HttpOnly; SameSite=Lax",
		},
	} {
		if diff := cmp.Diff(tt.want, cookie(&tt.site, sessionCookie, "v").String()); diff != "" {
			t.Errorf("cookie(%s) (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestBrowserCookie(t *testing.T) {
	t.Parallel()
	site := &oauth.Site{Domain: &cognate.Domain{Name: "login"}, Secure: true}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	first := browser(w, r, site)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	if again := browser(w, r, site); string(again) != string(first) || len(w.Result().Cookies()) != 0 {
		t.Errorf("browser(with its cookie) = %x and %d cookies, want %x and none", again, len(w.Result().Cookies()), first)
	}
	other := browser(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), site)
	if string(other) == string(first) {
		t.Errorf("browser(two browsers) = %x for both", first)
	}
}
