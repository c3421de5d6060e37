package oauth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/tokens"
)

// get returns the status, the header and the body of a document below a pool.
func get(t *testing.T, p *cognatetest.UserPool, name string) (int, http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/"+p.PoolID+"/.well-known/"+name, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	status, header, body := get(t, p, "openid-configuration")
	if status != http.StatusOK || header.Get("Content-Type") != "application/json" ||
		header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("GET openid-configuration = %d %v, want 200, JSON, open to browsers", status, header)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	issuer := p.URL + "/" + p.PoolID
	want := map[string]any{
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"response_types_supported":              []any{"code", "token"},
		"scopes_supported":                      []any{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []any{"public"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("openid-configuration (-want +got):\n%s", diff)
	}
	for name, value := range got { // every address in the document exists
		address, _ := value.(string)
		if name == "issuer" || !strings.HasPrefix(address, "http") {
			continue
		}
		response, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusNotFound {
			t.Errorf("%s names %s, which does not exist", name, address)
		}
	}
}

// The Host header never changes the issuer. It changes the address of the keys only to a host that the server knows.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	const (
		publicURL = "https://id.example.com/auth"
		shared    = "public, max-age=60"
		private   = "no-store"
	)
	awsIssuer := "https://cognito-idp.us-east-1.amazonaws.com/" + p.PoolID
	for _, c := range []struct {
		aws                   bool
		host, issuer, jwksURI string
		caching               string
	}{
		{false, "id.example.com", publicURL + "/", publicURL + "/", shared},
		{false, "ID.example.com:8229", publicURL + "/", publicURL + "/", shared}, // a proxy that keeps the host
		{false, "evil.example", publicURL + "/", publicURL + "/", shared},
		{false, "evil.example:8229", publicURL + "/", publicURL + "/", shared},
		{false, "cognate:8229@evil.example", publicURL + "/", publicURL + "/", shared},
		{false, "cognate.evil.example", publicURL + "/", publicURL + "/", shared},
		// HTTP/2 lets a client send any text as the host.
		{false, "evil.example/.localhost", publicURL + "/", publicURL + "/", shared},
		{false, "evil.example?.localhost", publicURL + "/", publicURL + "/", shared},
		{false, "evil.example#.localhost:8229", publicURL + "/", publicURL + "/", shared},
		{false, "user@a.localhost", publicURL + "/", publicURL + "/", shared},
		{false, "[::1%25evil.example/]", publicURL + "/", publicURL + "/", shared},
		{false, "192.0.2.1:8229", publicURL + "/", publicURL + "/", shared},
		{false, "cognate:8229", publicURL + "/", "http://cognate:8229/", private},
		{false, "Cognate", publicURL + "/", "http://Cognate/", private},
		{false, "172.17.0.1:8229", publicURL + "/", "http://172.17.0.1:8229/", private},
		{false, "localhost:8229", publicURL + "/", "http://localhost:8229/", private},
		{false, "[::1]:8229", publicURL + "/", "http://[::1]:8229/", private},
		{true, "id.example.com", awsIssuer, publicURL + "/", shared},
		{true, "cognate:8229", awsIssuer, "http://cognate:8229/", private},
		{true, "evil.example", awsIssuer, publicURL + "/", shared},
	} {
		mux := http.NewServeMux()
		(&oauth.Discovery{
			Store: p.Store, Keys: tokens.NewKeyring(p.Store, nil, p.Clock.Now), Issuer: tokens.Issuer{PublicURL: publicURL, AWS: c.aws},
			Hosts: &oauth.Hosts{Store: p.Store, PublicURL: publicURL, HostNames: []string{"cognate", "172.17.0.1"}},
		}).Mount(mux)
		get := func(name string) *httptest.ResponseRecorder {
			request := httptest.NewRequest(http.MethodGet, "/"+p.PoolID+"/.well-known/"+name, http.NoBody)
			request.Host = c.host
			response := httptest.NewRecorder()
			mux.ServeHTTP(response, request)
			return response
		}
		response := get("openid-configuration")
		var got struct {
			Issuer  string `json:"issuer"`
			JWKSURI string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
			t.Fatalf("GET openid-configuration at %s = %d %s: %v", c.host, response.Code, response.Body, err)
		}
		wantIssuer, wantURI := c.issuer, c.jwksURI+p.PoolID+"/.well-known/jwks.json"
		if !c.aws {
			wantIssuer += p.PoolID
		}
		if got.Issuer != wantIssuer || got.JWKSURI != wantURI || response.Header().Get("Cache-Control") != c.caching {
			t.Errorf("at %s: %+v, %v, want issuer %s, jwks_uri %s, %s", c.host, got, response.Header(), wantIssuer, wantURI, c.caching)
		}
		if response := get("jwks.json"); response.Code != http.StatusOK || !strings.Contains(response.Body.String(), `"RS256"`) {
			t.Errorf("GET jwks.json at %s = %d %s, want the keys", c.host, response.Code, response.Body)
		}
	}
}

// The published keys verify the tokens of the pool, and not those of another pool.
func TestJWKS(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := s.Pool(t), s.Pool(t)
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.IdToken
	verify := func(of *cognatetest.UserPool) error {
		status, _, body := get(t, of, "jwks.json")
		if status != http.StatusOK {
			t.Fatalf("GET jwks.json = %d, want 200", status)
		}
		var keys jose.JSONWebKeySet
		if err := json.Unmarshal(body, &keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range keys.Keys {
			if !key.IsPublic() || key.Algorithm != "RS256" || key.Use != "sig" || key.KeyID == "" {
				t.Errorf("jwks.json has the key %+v, want a named public key for RS256 signatures", key)
			}
		}
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Claims(keys, new(map[string]any))
	}
	if err := verify(p); err != nil {
		t.Errorf("the keys of the pool reject its ID token: %v", err)
	}
	if verify(other) == nil {
		t.Error("the keys of another pool verify the ID token")
	}
}

func TestUnknownPool(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	if status, _, _ := get(t, p, "jwks.json"); status != http.StatusOK { // the keys are in the cache now
		t.Fatalf("GET jwks.json = %d, want 200", status)
	}
	p.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: p.PoolID})
	for _, name := range []string{"jwks.json", "openid-configuration"} {
		if status, header, _ := get(t, p, name); status != http.StatusNotFound || header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("GET %s(deleted pool) = %d %v, want 404 that a page can read", name, status, header)
		}
	}
}
