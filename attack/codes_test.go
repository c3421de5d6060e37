package attack_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// mustAuthorize signs a user in on the page and returns the authorization code.
func mustAuthorize(t *testing.T, p *cognatetest.UserPool, domain, username string) string {
	t.Helper()
	v := newVisitor(t)
	v.open(authorize(p, domain, "/login"))
	v.submit(nil, "username", username, "password", cognatetest.Password)
	to, err := url.Parse(v.page.header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		t.Fatalf("the sign-in of %s leads to %q (%q)", username, v.page.header.Get("Location"), v.alert())
	}
	return to.Query().Get("code")
}

// exchangeCode exchanges an authorization code at a domain.
func exchangeCode(t *testing.T, domain, clientID, code, redirect string) reply {
	t.Helper()
	return post(t, domain+"/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "code": {code}, "redirect_uri": {redirect}}, nil)
}

// An authorization code works once, for its own client, at its own domain and redirect address. A token of a page works at its own pool.
func TestForeignCodes(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient)
	domain := mustDomain(t, p)
	sibling, foreign := p.WithClient(p.MustClient(oauthClient)), p.Pool(t, oauthClient)
	foreignDomain := mustDomain(t, foreign)
	inspector, _ := mustMachine(t, p) // public clients cannot introspect
	foreignInspector, _ := mustMachine(t, foreign)
	p.MustUser("ann")
	code := mustAuthorize(t, p, domain, "ann")
	for what, got := range map[string]func(code string) reply{
		"another client":              func(code string) reply { return exchangeCode(t, domain, sibling.ClientID, code, callback) },
		"a client of another pool":    func(code string) reply { return exchangeCode(t, foreignDomain, foreign.ClientID, code, callback) },
		"this client at another pool": func(code string) reply { return exchangeCode(t, foreignDomain, p.ClientID, code, callback) },
		"another redirect address":    func(code string) reply { return exchangeCode(t, domain, p.ClientID, code, callback+"/") },
		"no redirect address":         func(code string) reply { return exchangeCode(t, domain, p.ClientID, code, "") },
		"another case of the code":    func(code string) reply { return exchangeCode(t, domain, p.ClientID, strings.ToUpper(code), callback) },
		"the code and a space":        func(code string) reply { return exchangeCode(t, domain, p.ClientID, code+" ", callback) },
		"the code as a refresh token": func(code string) reply {
			return post(t, domain+"/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {p.ClientID}, "refresh_token": {code}}, nil)
		},
		"the code as a device code": func(code string) reply {
			return post(t, domain+"/oauth2/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {p.ClientID}, "device_code": {code}}, nil)
		},
	} {
		if answer := got(code); answer.status != http.StatusBadRequest && answer.status != http.StatusUnauthorized {
			t.Errorf("a code with %s = %d %s, want a refusal", what, answer.status, answer.body)
		}
	}
	granted := exchangeCode(t, domain, p.ClientID, code, callback)
	var tokens struct {
		Access  string `json:"access_token"`
		ID      string `json:"id_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(granted.body), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("the right exchange after the attacks = %d %s", granted.status, granted.body)
	}
	userInfo := func(at, token string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/oauth2/userInfo", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return do(t, r).status
	}
	if status := userInfo(domain, tokens.Access); status != http.StatusOK {
		t.Errorf("userInfo of the own pool = %d, want 200", status)
	}
	if got := post(t, domain+"/oauth2/introspect", url.Values{"token": {tokens.Access}}, basic(inspector)); !strings.Contains(got.body, `"active":true`) {
		t.Fatalf("introspection at the own pool = %d %s", got.status, got.body)
	}
	for what, token := range map[string]string{"the access token": tokens.Access, "the ID token": tokens.ID, "the refresh token": tokens.Refresh} {
		if status := userInfo(foreignDomain, token); status == http.StatusOK {
			t.Errorf("userInfo of another pool takes %s", what)
		}
		got := post(t, foreignDomain+"/oauth2/introspect", url.Values{"token": {token}}, basic(foreignInspector))
		if got.body != `{"active":false}` {
			t.Errorf("introspection of %s at another pool = %d %s, want that it is not active", what, got.status, got.body)
		}
		_ = post(t, foreignDomain+"/oauth2/revoke", url.Values{"client_id": {foreign.ClientID}, "token": {token}}, nil)
		_ = post(t, domain+"/oauth2/revoke", url.Values{"client_id": {sibling.ClientID}, "token": {token}}, nil)
	}
	if got := call(t, p.Server, "GetUser", sprintf(`{"AccessToken":%q}`, tokens.Access), nil); got.code != api.CodeNotAuthorizedException {
		t.Errorf("GetUser with a token without its scope = %d %s, want NotAuthorizedException", got.status, got.body)
	}
	if status := userInfo(domain, tokens.Access); status != http.StatusOK {
		t.Errorf("userInfo after foreign revocations = %d, want 200", status)
	}
	if got := exchangeCode(t, domain, p.ClientID, code, callback); got.status == http.StatusOK {
		t.Error("the code works twice")
	}
	if status := userInfo(domain, tokens.Access); status == http.StatusOK {
		t.Error("the sign-in goes on although its code was used twice")
	}
}
