package federation_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/federation"
	"cognate/internal/outgoing"
)

var errSlow = errors.New("slow")

var errNoDiscovery = api.InvalidParameterException("Unable to contact well-known endpoint")

// serveTLS serves with a certificate that the client trusts. The rules of the client allow only the server's own address, as
// if it were public.
func serveTLS(t *testing.T, handler http.HandlerFunc) (string, *http.Client) {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	return s.URL, s.Client()
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	document := func(issuer string) string {
		return `{"issuer":"` + issuer + `","authorization_endpoint":"https://a.example.com/a","token_endpoint":"https://a.example.com/t",` +
			`"userinfo_endpoint":"https://a.example.com/u","jwks_uri":"https://a.example.com/k"}`
	}
	var address string
	var answer func(w http.ResponseWriter)
	address, client := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tenant/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		answer(w)
	})
	issuer := address + "/tenant"
	text := func(s string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = w.Write([]byte(s)) }
	}
	mismatch := api.InvalidParameterException("The issuer in the discovery document is not the oidc_issuer.")
	incomplete := api.InvalidParameterException("The discovery document does not have all endpoints.")
	for _, tc := range []struct {
		name, issuer string
		answer       func(http.ResponseWriter)
		want         error
	}{
		{"right", issuer, text(document(issuer)), nil},
		{"slash in the settings", issuer + "/", text(document(issuer)), nil},
		{"slash in the document", issuer, text(document(issuer + "/")), nil},
		{"another issuer", issuer, text(document("https://other.example.com")), mismatch},
		{"another path", issuer, text(document(address)), mismatch},
		{"no issuer", issuer, text("{}"), mismatch},
		{"no document", address, text(""), errNoDiscovery},
		{"no JSON", issuer, text("<html>"), errNoDiscovery},
		{"no token endpoint", issuer, text(strings.Replace(document(issuer), "token_endpoint", "x", 1)), incomplete},
		{"an endpoint without TLS", issuer, text(strings.Replace(document(issuer), "https://a.example.com/t", "http://a.example.com/t", 1)), incomplete},
		{"an endpoint of a script", issuer, text(strings.Replace(document(issuer), "https://a.example.com/a", "javascript:alert(1)", 1)), incomplete},
		{"an error", issuer, func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }, errNoDiscovery},
		{"1 MiB", issuer, text(document(issuer) + strings.Repeat(" ", 1<<20-len(document(issuer)))), nil},
		{"more than 1 MiB", issuer, text(document(issuer) + strings.Repeat(" ", 1<<20)), errNoDiscovery},
	} {
		answer = tc.answer
		err := federation.CheckDiscovery(t.Context(), client, tc.issuer, false)
		if tc.want == nil && err != nil || tc.want != nil && (err == nil || err.Error() != tc.want.Error()) {
			t.Errorf("%s: checkDiscovery() = %v, want %v", tc.name, err, tc.want)
		}
	}
}

// The server connects to no address that the rules forbid, directly or by redirects, and does not say why.
func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a forbidden address got a request")
		w.WriteHeader(http.StatusTeapot)
	}))
	defer secret.Close()
	secretTLS := strings.Replace(secret.URL, "http:", "https:", 1)
	var to string
	redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to, http.StatusFound)
	}))
	defer redirecting.Close()
	for name, rules := range map[string]*outgoing.Rules{
		"serve":                 {},
		"serve with exceptions": {Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Hosts: []string{"idp.internal"}},
	} {
		for _, address := range []string{
			secret.URL, secretTLS, strings.Replace(secretTLS, "127.0.0.1", "localhost", 1), "https://169.254.169.254/", "https://[::1]:1/",
			"http://example.com/", redirecting.URL,
		} {
			cognatetest.WantError(t, name+": "+address, federation.CheckDiscovery(t.Context(), rules.Client(), address, true), errNoDiscovery)
			_, err := federation.FetchMetadata(t.Context(), rules.Client(), address, now)
			cognatetest.WantError(t, name+": metadata at "+address, err, api.InvalidParameterException("Unable to retrieve metadata from "+address))
		}
	}
	// `cognate dev` reaches its own machine, but no other special address, and no public one without TLS.
	dev := (&outgoing.Rules{Private: true}).Client()
	for _, to = range []string{"http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "http://8.8.8.8:1/", "http://0.0.0.0:1/", "file:///etc/passwd"} {
		_, err := federation.Fetch(t.Context(), dev, redirecting.URL)
		if failure, ok := errors.AsType[*url.Error](err); !ok || failure.URL == redirecting.URL {
			t.Errorf("fetch(redirected to %s) = %v, want an error at the redirect", to, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	hops := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hops == 0 {
			_, _ = w.Write([]byte("found"))
			return
		}
		hops--
		http.Redirect(w, r, "/next", http.StatusFound)
	}))
	defer s.Close()
	dev := (&outgoing.Rules{Private: true}).Client()
	for _, tc := range []struct {
		hops  int
		works bool
	}{{1, true}, {5, true}, {6, false}, {1000, false}} {
		hops = tc.hops
		body, err := federation.Fetch(t.Context(), dev, s.URL)
		if (string(body) == "found") != tc.works || (err == nil) != tc.works {
			t.Errorf("fetch() with %d redirects = %q, %v, want success: %v", tc.hops, body, err, tc.works)
		}
	}
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTimeout(t *testing.T) {
	t.Parallel()
	_, err := federation.Fetch(t.Context(), &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if at, ok := r.Context().Deadline(); !ok || time.Until(at) > 5*time.Second {
			t.Errorf("the request ends at %s, want at most 5 seconds from now", at)
		}
		return nil, errSlow
	})}, "https://idp.example.com")
	if !errors.Is(err, errSlow) {
		t.Errorf("fetch() = %v, want %v", err, errSlow)
	}
}
