package oauth_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/tokens"
)

// fetch returns the status, the header and the JSON object at an address.
func fetch(t *testing.T, method, address string) (int, http.Header, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
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
	document := make(map[string]any)
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &document); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
	}
	return response.StatusCode, response.Header, document
}

// Both documents are the same at the issuer and at the domain, at each path that clients try.
func TestMetadata(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	domain := p.URL + "/domains/login"
	addresses := map[string]bool{ // whether the document is at the domain
		p.URL + "/" + p.PoolID + "/.well-known/openid-configuration":       false,
		p.URL + "/" + p.PoolID + "/.well-known/oauth-authorization-server": false,
		p.URL + "/.well-known/oauth-authorization-server/" + p.PoolID:      false,
		p.URL + "/.well-known/openid-configuration/" + p.PoolID:            false,
		p.URL + "/.well-known/oauth-authorization-server/auth/" + p.PoolID: false,
		domain + "/.well-known/openid-configuration":                       true,
		domain + "/.well-known/oauth-authorization-server":                 true,
		p.URL + "/.well-known/oauth-authorization-server/domains/login":    true,
		p.URL + "/.well-known/openid-configuration/domains/login":          true,
	}
	for address, atDomain := range addresses {
		status, header, document := fetch(t, http.MethodGet, address)
		keys := p.URL + "/" + p.PoolID + "/.well-known/jwks.json"
		if atDomain {
			keys = domain + "/.well-known/jwks.json"
		}
		if status != http.StatusOK || header.Get("Access-Control-Allow-Origin") != "*" || document["issuer"] != p.URL+"/"+p.PoolID ||
			document["jwks_uri"] != keys {
			t.Errorf("GET %s = %d %v, issuer %v, keys %v, want those of the pool", address, status, header, document["issuer"], document["jwks_uri"])
		}
		if status, header, _ := fetch(t, http.MethodOptions, address); status != http.StatusNoContent || header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("OPTIONS %s = %d %v, want 204 for every origin", address, status, header)
		}
	}
	for _, address := range []string{
		p.URL + "/.well-known/oauth-authorization-server/none", p.URL + "/.well-known/oauth-authorization-server/domains/none",
		p.URL + "/.well-known/oauth-authorization-server/", p.URL + "/none/.well-known/oauth-authorization-server",
	} {
		if status, _, _ := fetch(t, http.MethodGet, address); status != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", address, status)
		}
	}
}

// A document names the endpoints that the server has, and every endpoint that it names answers.
func TestAdvertisedEndpoints(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	_, _, document := fetch(t, http.MethodGet, p.URL+"/domains/login/.well-known/openid-configuration")
	for name, value := range document {
		address, isText := value.(string)
		if !isText || name == "issuer" {
			continue
		}
		if status, _, _ := fetch(t, http.MethodGet, address); status == http.StatusNotFound {
			t.Errorf("%s names %s, which does not exist", name, address)
		}
	}
}

// mustDocument returns the document of a pool on a server at a public URL, whose domains have these endpoints.
func mustDocument(t *testing.T, p *cognatetest.UserPool, publicURL, host string, paths ...string) map[string]any {
	t.Helper()
	endpoints := new(oauth.Endpoints)
	for _, path := range paths {
		endpoints.Handle("POST "+path, func(http.ResponseWriter, *http.Request, *oauth.Site) {})
	}
	mux := http.NewServeMux()
	(&oauth.Discovery{
		Store: p.Store, Keys: tokens.NewKeyring(p.Store, nil, p.Clock.Now), Issuer: tokens.Issuer{PublicURL: publicURL},
		Hosts: &oauth.Hosts{Store: p.Store, PublicURL: publicURL}, Endpoints: endpoints, Languages: func() []string { return []string{"en", "pt-BR"} },
	}).Mount(mux)
	request := httptest.NewRequest(http.MethodGet, "/"+p.PoolID+"/.well-known/openid-configuration", http.NoBody)
	request.Host = host
	response := httptest.NewRecorder()
	mux.ServeHTTP(response, request)
	document := make(map[string]any)
	if err := json.Unmarshal(response.Body.Bytes(), &document); err != nil {
		t.Fatalf("document = %d %s: %v", response.Code, response.Body, err)
	}
	return document
}

func TestDocument(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	const public = "https://id.example.com"
	got := mustDocument(t, p, public, "id.example.com", "/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke",
		"/oauth2/introspect", "/oauth2/register", "/oauth2/par", "/logout")
	claims, _ := got["claims_supported"].([]any)
	if !slices.Contains(claims, any("email")) || !slices.Contains(claims, any("acr")) {
		t.Errorf("claims_supported = %v", claims)
	}
	delete(got, "claims_supported")
	const domain = "https://login.auth.id.example.com"
	methods := []any{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := []any{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	want := map[string]any{
		"acr_values_supported":                                     []any{"urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"},
		"authorization_endpoint":                                   domain + "/oauth2/authorize",
		"authorization_response_iss_parameter_supported":           true,
		"backchannel_logout_session_supported":                     true,
		"backchannel_logout_supported":                             true,
		"code_challenge_methods_supported":                         []any{"S256"},
		"display_values_supported":                                 []any{"page", "popup", "touch", "wap"},
		"end_session_endpoint":                                     domain + "/logout",
		"grant_types_supported":                                    []any{"authorization_code", "implicit", "refresh_token", "client_credentials"},
		"id_token_signing_alg_values_supported":                    []any{"RS256"},
		"introspection_endpoint":                                   domain + "/oauth2/introspect",
		"introspection_endpoint_auth_methods_supported":            methods,
		"introspection_endpoint_auth_signing_alg_values_supported": algorithms,
		"revocation_endpoint_auth_signing_alg_values_supported":    algorithms,
		"token_endpoint_auth_signing_alg_values_supported":         algorithms,
		"claims_parameter_supported":                               true,
		"dpop_signing_alg_values_supported":                        algorithms,
		"issuer":                                                   public + "/" + p.PoolID,
		"jwks_uri":                                                 public + "/" + p.PoolID + "/.well-known/jwks.json",
		"prompt_values_supported":                                  []any{"none", "login", "consent", "select_account", "create"},
		"pushed_authorization_request_endpoint":                    domain + "/oauth2/par",
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
		"require_pushed_authorization_requests":                    false,
		"response_modes_supported":                                 []any{"query", "fragment", "form_post"},
		"response_types_supported":                                 []any{"code", "token"},
		"revocation_endpoint":                                      domain + "/oauth2/revoke",
		"revocation_endpoint_auth_methods_supported":               append(slices.Clone(methods), "none"),
		"scopes_supported":                                         []any{"openid", "email", "phone", "profile"},
		"subject_types_supported":                                  []any{"public"},
		"token_endpoint":                                           domain + "/oauth2/token",
		"token_endpoint_auth_methods_supported":                    append(slices.Clone(methods), "none"),
		"ui_locales_supported":                                     []any{"en", "pt-BR"},
		"userinfo_endpoint":                                        domain + "/oauth2/userInfo",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}

	// The document names only what exists, at the address that the client can reach.
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{
		UserPoolId: p.PoolID, Domain: "sso.example.org", CustomDomainConfig: &api.CustomDomainConfigType{CertificateArn: certificate},
	})
	for _, tt := range []struct{ public, host, want string }{
		{"https://id.example.com:8443/auth", "id.example.com", "https://sso.example.org:8443/logout"},
		{"https://id.example.com", "localhost:8229", "http://localhost:8229/domains/sso.example.org/logout"},
		{"http://127.0.0.1:8229", "127.0.0.1:8229", "http://127.0.0.1:8229/domains/sso.example.org/logout"},
		{"http://localhost:8229", "localhost:8229", "http://localhost:8229/domains/sso.example.org/logout"},
		{"http://cognate:8229", "cognate:8229", "http://cognate:8229/domains/sso.example.org/logout"},
	} {
		got := mustDocument(t, p, tt.public, tt.host, "/logout")
		if got["end_session_endpoint"] != tt.want || got["authorization_endpoint"] != nil || got["prompt_values_supported"] != nil {
			t.Errorf("document of %s at %s = %v, want only %s", tt.public, tt.host, got, tt.want)
		}
	}

	lite := p.Pool(t, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) { in.UserPoolTier = api.UserPoolTierTypeLite }),
		cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil }))
	lite.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: lite.PoolID, Domain: "lite"})
	if got := mustDocument(t, lite, public, "id.example.com", "/oauth2/authorize"); got["acr_values_supported"] != nil {
		t.Errorf("acr_values_supported of LITE = %v, want none", got["acr_values_supported"])
	}
	registering := p.Pool(t, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) { in.DcrConfiguration = new(api.DcrConfigurationType) }))
	registering.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: registering.PoolID, Domain: "register"})
	if got := mustDocument(t, registering, public, "id.example.com", "/oauth2/register"); got["registration_endpoint"] == nil {
		t.Error("a pool that registers clients names no registration_endpoint")
	}
	devices := p.Pool(t, cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserPoolTags = map[string]string{"cognate:client/tv/device-grant": "on"}
	}))
	devices.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: devices.PoolID, Domain: "devices"})
	for pool, has := range map[*cognatetest.UserPool]bool{devices: true, lite: false} {
		got := mustDocument(t, pool, public, "id.example.com", "/oauth2/device_authorization", "/oauth2/token")
		types, _ := got["grant_types_supported"].([]any)
		if _, ok := got["device_authorization_endpoint"]; ok != has || slices.Contains(types, any(deviceGrant)) != has {
			t.Errorf("device_authorization_endpoint %v, grant_types_supported %v, want the device grant: %t", got["device_authorization_endpoint"], types, has)
		}
	}
}

// Pages of any origin may call the endpoints that need no cookie, and no others.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	endpoints := new(oauth.Endpoints)
	open := map[string]bool{
		"/oauth2/par": true, "/oauth2/token": true, "/oauth2/revoke": true, "/oauth2/userInfo": true, "/oauth2/register": true, "/.well-known/jwks.json": true,
		"/oauth2/authorize": false, "/login": false, "/logout": false, "/oauth2/introspect": false,
	}
	for path := range open {
		endpoints.Handle("POST "+path, func(w http.ResponseWriter, _ *http.Request, _ *oauth.Site) { w.WriteHeader(http.StatusBadRequest) })
	}
	open["/oauth2/register/none"] = false
	for path, want := range open {
		for _, method := range []string{http.MethodOptions, http.MethodPost, http.MethodDelete} {
			request := httptest.NewRequest(method, path, http.NoBody)
			request.Header.Set("Access-Control-Request-Headers", "authorization,dpop")
			response := httptest.NewRecorder()
			endpoints.ServeSite(response, request, new(oauth.Site))
			if got := response.Header().Get("Access-Control-Allow-Origin") == "*"; got != want {
				t.Errorf("%s %s = %d, open to browsers %v, want %v", method, path, response.Code, got, want)
			}
			if method != http.MethodOptions || !want {
				continue
			}
			if response.Code != http.StatusNoContent || response.Header().Get("Access-Control-Allow-Headers") != "authorization,dpop" {
				t.Errorf("OPTIONS %s = %d %v", path, response.Code, response.Header())
			}
		}
	}
}
