package login_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate/cognatetest"
)

// idClaims exchanges the code at which the browser has arrived, and returns the claims of the ID token.
func (b *browser) idClaims() map[string]any {
	b.t.Helper()
	response, err := http.PostForm(b.base+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {b.ClientID}, "redirect_uri": {callback}, "code": {b.at.Query().Get("code")},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		b.t.Fatal(err)
	}
	parts := strings.Split(answer.IDToken, ".")
	if len(parts) != 3 {
		b.t.Fatalf("the token endpoint answered %d without an ID token", response.StatusCode)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		b.t.Fatal(err)
	}
	claims := make(map[string]any)
	if err := json.Unmarshal(payload, &claims); err != nil {
		b.t.Fatal(err)
	}
	return claims
}

// answer returns what the application gets: the query of the redirect URI, or the form of form_post. It is nil if the browser shows
// another page.
func (b *browser) answer() url.Values {
	b.t.Helper()
	if b.at.Host == "app.example.com" {
		return b.at.Query()
	}
	if b.first(formAction) != callback {
		return nil
	}
	_, fields := b.form()
	return fields
}

// TestConformance has the requests of the Basic profile of the OpenID Connect conformance suite that concern the authorization
// endpoint: what the browser gets with and without a session.
func TestConformance(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { testConformance(t, s) })
}

// TestConformanceFormPost has the same requests with response_mode=form_post.
func TestConformanceFormPost(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { testConformance(t, s, "response_mode", "form_post") })
}

func testConformance(t *testing.T, server *cognatetest.Server, mode ...string) {
	t.Helper()
	const code, page = "code", "page" // the application gets a code; the user gets a page
	s := newLogoutSite(t, server)
	anns := s.browser()
	anns.signIn("ann")
	anns.open(s.address("/oauth2/authorize", "response_type", "token"))
	fragment, err := url.ParseQuery(anns.at.EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	bob := s.browser()
	bob.signIn("bob")
	bobs := bob.idToken()
	for _, tt := range []struct {
		what    string
		extra   []string
		out, in string // without and with a session of one minute
	}{
		{"plain", nil, page, code},
		{"display=page", []string{"display", "page"}, page, code},
		{"display=popup", []string{"display", "popup"}, page, code},
		{"prompt=login", []string{"prompt", "login"}, page, page},
		{"prompt=none", []string{"prompt", "none"}, "login_required", code},
		{"prompt=none with another", []string{"prompt", "none login"}, "invalid_request", "invalid_request"},
		{"max_age=1", []string{"max_age", "1"}, page, page},
		{"max_age=10000", []string{"max_age", "10000"}, page, code},
		{"max_age=1 and prompt=none", []string{"max_age", "1", "prompt", "none"}, "login_required", "login_required"},
		{"unknown parameter", []string{"extra", "foobar"}, page, code},
		{"id_token_hint", []string{"id_token_hint", fragment.Get("id_token"), "prompt", "none"}, "login_required", code},
		{"id_token_hint of another user", []string{"id_token_hint", bobs, "prompt", "none"}, "login_required", "login_required"},
		{"id_token_hint of another user on a page", []string{"id_token_hint", bobs}, page, page},
		{"login_hint", []string{"login_hint", "ann"}, page, code},
		{"ui_locales", []string{"ui_locales", "se de"}, page, code},
		{"claims_locales", []string{"claims_locales", "se"}, page, code},
		{"acr_values", []string{"acr_values", "urn:cognito:loa:4 urn:cognito:loa:1"}, page, code},
		{"essential claims", []string{"claims", `{"userinfo":{"name":{"essential":true}}}`}, page, code},
		{"another order of scopes", []string{"scope", "email openid"}, page, code},
		{"response_type missing", []string{"response_type", ""}, "invalid_request", "invalid_request"},
		{"request object", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported", "request_not_supported"},
	} {
		for name, b := range map[string]*browser{"out": s.browser(), "in": s.browser()} {
			want := tt.out
			if name == "in" {
				b.signIn("ann")
				s.Clock.Advance(time.Minute)
				want = tt.in
			}
			b.open(s.address("/oauth2/authorize", append(mode, tt.extra...)...))
			answer := b.answer()
			got := answer.Get("error")
			switch {
			case answer == nil:
				got = page
			case answer.Get("code") != "":
				got = code
			}
			if got != want {
				t.Errorf("%s, %s: the browser gets %q, want %q", tt.what, name, got, want)
			}
			if got == page && want == page && name == "out" {
				b.submit("username", "ann", "password", cognatetest.Password)
				answer = b.answer()
				if answer.Get("code") == "" && !strings.Contains(tt.what, "another user") {
					t.Errorf("%s: the browser is at %s after the sign-in, want a code", tt.what, b.at)
				}
			}
			if answer != nil && (answer.Get("state") != `{"a":"b+c%"}` || answer.Get("iss") != s.URL+"/"+s.PoolID || (len(mode) > 0) != (b.body != "")) {
				t.Errorf("%s, %s: the application gets %v, want the state and the issuer", tt.what, name, answer)
			}
		}
	}
}

// The ID token of a request has auth_time, and a nonce only if the request has one. A new sign-in has a new auth_time.
func TestConformanceClaims(t *testing.T) {
	t.Parallel()
	s := mustLogoutSite(t)
	b := s.browser()
	b.signIn("ann")
	first := b.idClaims()
	if _, hasNonce := first["nonce"]; hasNonce || first["auth_time"] == nil || first["sid"] == nil {
		t.Errorf("claims without a nonce in the request = %v", first)
	}
	s.Clock.Advance(2 * time.Minute)
	b.open(s.address("/oauth2/authorize", "max_age", "10000", "nonce", "n+1"))
	if second := b.idClaims(); second["nonce"] != "n+1" || second["auth_time"] != first["auth_time"] || second["sid"] != first["sid"] {
		t.Errorf("claims of a silent sign-in = %v, want the nonce and the time of %v", second, first)
	}
	b.open(s.address("/oauth2/authorize", "max_age", "1"))
	b.submit("username", "ann", "password", cognatetest.Password)
	if third := b.idClaims(); third["auth_time"] == first["auth_time"] {
		t.Errorf("auth_time after max_age=1 = %v, want a new one", third["auth_time"])
	}
}

// An authorization request can be a form.
func TestConformancePost(t *testing.T) {
	t.Parallel()
	s := mustLogoutSite(t)
	b := s.browser()
	address, err := url.Parse(s.address("/oauth2/authorize"))
	if err != nil {
		t.Fatal(err)
	}
	next := b.post(s.base+"/oauth2/authorize", address.Query(), "cross-site")
	if b.status != http.StatusSeeOther {
		t.Errorf("POST /oauth2/authorize = %d, want 303", b.status)
	}
	b.open(next)
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantCode()
}
