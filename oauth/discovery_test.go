package oauth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
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
		"authorization_endpoint":                issuer + "/oauth2/authorize",
		"end_session_endpoint":                  issuer + "/logout",
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"response_types_supported":              []any{"code", "token"},
		"revocation_endpoint":                   issuer + "/oauth2/revoke",
		"scopes_supported":                      []any{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []any{"public"},
		"token_endpoint":                        issuer + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},
		"userinfo_endpoint":                     issuer + "/oauth2/userInfo",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("openid-configuration (-want +got):\n%s", diff)
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
		if status, _, _ := get(t, p, name); status != http.StatusNotFound {
			t.Errorf("GET %s(deleted pool) = %d, want 404", name, status)
		}
	}
}
