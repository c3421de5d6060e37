package oauth_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/store"
)

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1f2e3d4c-0000-4000-8000-000000000000"

// mustDomains gives a pool a prefix and a custom domain.
func mustDomains(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{
		UserPoolId: p.PoolID, Domain: "sso.example.org", CustomDomainConfig: &api.CustomDomainConfigType{CertificateArn: certificate},
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	mustDomains(t, p)
	const public, dev = "https://id.example.com:8443/auth", "http://127.0.0.1:8229"
	for _, tt := range []struct {
		public, host, path string
		https              bool
		url, below         string // "" for the error
		err                error
	}{
		{public, "login.auth.id.example.com:8443", "/login", true, "https://login.auth.id.example.com:8443", "/login", nil},
		{public, "Login.Auth.ID.example.com", "/", false, "https://login.auth.id.example.com:8443", "/", nil}, // a proxy ends TLS
		{public, "login.auth.cognate:80", "/", false, "http://login.auth.cognate:80", "/", nil},
		{public, "login.auth.localhost:8229", "/login", false, "http://login.auth.localhost:8229", "/login", nil},
		{public, "sso.example.org", "/oauth2/token", true, "https://sso.example.org:8443", "/oauth2/token", nil},
		{public, "id.example.com:8443", "/domains/login/oauth2/token", true, "https://id.example.com:8443/auth/domains/login", "/oauth2/token", nil},
		{public, "evil.example", "/domains/login/", true, "https://id.example.com:8443/auth/domains/login", "/", nil},
		{public, "evil.example.net", "/domains/sso.example.org/login", true, "https://id.example.com:8443/auth/domains/sso.example.org", "/login", nil},
		{public, "localhost:80", "/domains/login", true, "https://localhost:80/domains/login", "/", nil},
		{dev, "127.0.0.1:8229", "/domains/login/login", false, dev + "/domains/login", "/login", nil},
		{dev, "localhost:8229", "/domains/login/login", false, "http://localhost:8229/domains/login", "/login", nil},
		{dev, "login.auth.localhost:8229", "/login", false, "http://login.auth.localhost:8229", "/login", nil},
		{dev, "sso.example.org:8229", "/login", false, "http://sso.example.org:8229", "/login", nil},

		{public, "none.auth.id.example.com", "/", true, "", "", store.ErrNotFound},
		{public, "none.auth.id.example.com", "/domains/login/", true, "", "", store.ErrNotFound},
		{public, "sso.example.org.auth.id.example.com", "/", true, "", "", store.ErrNotFound},
		{public, ".auth.id.example.com", "/", true, "", "", store.ErrNotFound},
		{public, "a.login.auth.id.example.com", "/", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/domains/none/login", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/domains/", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/domains/%00/login", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/domains/%ff/login", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/domains/LOGIN/", true, "", "", store.ErrNotFound},
		{public, "id.example.com", "/", true, "", "", oauth.ErrNoSite},
		{public, "id.example.com", "/domains", true, "", "", oauth.ErrNoSite},
		{public, "auth.id.example.com", "/", true, "", "", oauth.ErrNoSite},
		{public, "login.auth.evil.example", "/login", true, "", "", oauth.ErrNoSite},
		{public, "login", "/login", true, "", "", oauth.ErrNoSite},
		{public, "a.sso.example.org", "/login", true, "", "", oauth.ErrNoSite},
		{public, "192.0.2.1", "/login", true, "", "", oauth.ErrNoSite},
		{public, "", "/login", true, "", "", oauth.ErrNoSite},
	} {
		hosts := &oauth.Hosts{Store: p.Store, PublicURL: tt.public, HostNames: []string{"cognate"}}
		r := httptest.NewRequest(http.MethodGet, tt.path, http.NoBody)
		r.Host, r.TLS = tt.host, nil
		if tt.https {
			r.TLS = new(tls.ConnectionState)
		}
		site, below, err := hosts.Find(r)
		if !errors.Is(err, tt.err) || (tt.err == nil) != (err == nil) {
			t.Errorf("Find(%s%s) = %v, want %v", tt.host, tt.path, err, tt.err)
			continue
		}
		if err == nil && (site.URL != tt.url || below.URL.Path != tt.below || site.Pool.ID != p.PoolID || r.URL.Path != tt.path) {
			t.Errorf("Find(%s%s) = %s and %s, want %s and %s", tt.host, tt.path, site.URL, below.URL.Path, tt.url, tt.below)
		}
	}
}

// Cookies are not secure by HTTP at a loopback address only.
func TestSiteCookies(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	mustDomains(t, p)
	for _, tt := range []struct {
		public, host string
		path         string
		secure       bool
	}{
		{"https://id.example.com", "login.auth.id.example.com", "", true},
		{"https://id.example.com/auth", "id.example.com", "/auth/domains/login", true},
		{"http://id.example.com", "id.example.com", "/domains/login", true},
		{"http://192.168.0.2", "192.168.0.2", "/domains/login", true},
		{"http://127.0.0.1:80", "127.0.0.1", "/domains/login", false},
		{"https://localhost", "localhost", "/domains/login", true},
		{"http://[::1]:80", "[::1]:80", "/domains/login", false},
		{"http://127.0.0.1:80", "login.auth.localhost", "", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/domains/login/", http.NoBody)
		r.Host = tt.host
		site, _, err := (&oauth.Hosts{Store: p.Store, PublicURL: tt.public}).Find(r)
		if err != nil || site.Path != tt.path || site.Secure != tt.secure {
			t.Errorf("Find(%s at %s) = %+v, %v, want path %q, secure %v", tt.host, tt.public, site, err, tt.path, tt.secure)
		}
		h := make(http.Header)
		site.RequireHTTPS(h)
		if (h.Get("Strict-Transport-Security") != "") != (strings.HasPrefix(tt.public, "https:") && tt.host != "localhost") {
			t.Errorf("header at %s = %v, want Strict-Transport-Security with https, except at localhost", site.URL, h)
		}
	}
}

// A new, a renamed and a deleted domain act in the next request.
func TestDomainChanges(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	status := func() int {
		response, err := http.Get(p.URL + "/domains/login/none")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return len(response.Header.Get("X-Amz-Cognito-Request-Id"))
	}
	if status() != 0 {
		t.Error("a domain that does not exist answers")
	}
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	if status() == 0 {
		t.Error("a new domain does not answer")
	}
	p.Must(t).DeleteUserPoolDomain(&api.DeleteUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	if status() != 0 {
		t.Error("a deleted domain answers")
	}
}

func FuzzFind(f *testing.F) {
	s, err := cognatetest.Open(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	hosts := &oauth.Hosts{Store: s.Store, PublicURL: "https://id.example.com/auth", HostNames: []string{"cognate"}}
	for _, host := range []string{"login.auth.id.example.com:1", "[::1]:80", ".auth.", "a.b.c", "evil.example/.localhost", "\x00"} {
		f.Add(host, "/domains/login/a")
	}
	f.Fuzz(func(t *testing.T, host, path string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Host, r.URL.Path = host, path
		site, below, err := hosts.Find(r)
		if err == nil || site != nil || below != nil {
			t.Errorf("Find(%q, %q) = %v, want an error: no pool has a domain", host, path, site)
		}
		if !errors.Is(err, oauth.ErrNoSite) && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Find(%q, %q) = %v", host, path, err)
		}
	})
}
