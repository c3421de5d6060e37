package login_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const challengeS256 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// mustRegister registers a client at the site and makes it the client of the site. It returns the token of its registration.
func (s *site) mustRegister(name string, redirects ...string) string {
	s.t.Helper()
	s.Must(s.t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: s.PoolID, DcrConfiguration: &api.DcrConfigurationType{OpenDcrEnabled: new(true)},
	})
	made := s.registration(http.MethodPost, "", "", map[string]any{
		"client_name": name, "redirect_uris": redirects, "token_endpoint_auth_method": "none",
	})
	s.ClientID = made["client_id"].(string)
	return made["registration_access_token"].(string)
}

func (s *site) registration(method, path, token string, body map[string]any) map[string]any {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+"/oauth2/register"+path, strings.NewReader(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var made map[string]any
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || response.StatusCode > http.StatusCreated {
		s.t.Fatalf("%s register %v = %d %v, %v", method, body, response.StatusCode, made, err)
	}
	return made
}

// Users are asked before a client gets access that registered itself, once for each host and scope.
func TestConsentForRegisteredClients(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	token := s.mustRegister("Photos", callback)
	pkce := []string{"code_challenge", challengeS256, "code_challenge_method", "S256", "scope", "openid email"}
	address := func(extra ...string) string { return s.address("/oauth2/authorize", append(pkce, extra...)...) }

	b := s.browser()
	b.open(address())
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Allow access?", "")
	if warning := b.warning(); !strings.Contains(warning, "unverified") || !strings.Contains(warning, "app.example.com") || !strings.Contains(b.body, "Photos") {
		t.Errorf("the page says %q, want the host and that the app is unverified", warning)
	}
	b.open(b.at.String()) // loads the page again
	b.submit()
	if got := b.at.Query().Get("error"); got != "access_denied" {
		t.Errorf("not allowed: error = %q", got)
	}
	b.open(address("prompt", "none"))
	b.wantPage(leaving, "")
	b.open(address("max_age", "0")) // a sign-in is needed, and then the consent
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Allow access?", "")
	b.submit("do", "allow")
	b.wantCode()
	for _, extra := range [][]string{nil, {"prompt", "none"}} {
		b.open(address(extra...))
		b.wantCode()
	}
	b.open(address("prompt", "none", "scope", "openid email phone"))
	if got := b.at.Query().Get("error"); got != "consent_required" {
		t.Errorf("prompt=none with another scope: error = %q", got)
	}
	b.open(address("prompt", "consent"))
	b.wantPage("Allow access?", "")
	b.open(address("scope", "openid email phone"))
	b.wantPage("Allow access?", "")
	b.submit("do", "allow")
	b.wantCode()
	b.open(address("scope", "phone openid"))
	b.wantCode()
	for _, more := range [][]string{{"claims", `{"userinfo":{"name":null}}`}, {"scope", "openid"}} { // openid alone shows all attributes
		b.open(address(more...))
		b.wantPage("Allow access?", "")
		b.wantText("Your profile")
	}

	other := s.browser()
	s.MustUser("bob")
	other.open(address())
	other.submit("username", "bob", "password", cognatetest.Password)
	other.wantPage("Allow access?", "") // the consent of ann is not that of bob

	const elsewhere = "https://elsewhere.example/cb"
	s.registration(http.MethodPut, "/"+s.ClientID, token, map[string]any{
		"client_id": s.ClientID, "client_name": "Photos", "redirect_uris": []string{callback, elsewhere},
	})
	b.open(address())
	b.wantCode()
	b.open(address("redirect_uri", elsewhere))
	b.wantPage("Allow access?", "")
	if warning := b.warning(); !strings.Contains(warning, "elsewhere.example") {
		t.Errorf("the page says %q, want the other host", warning)
	}
}

// A page that was shown to one user is not the answer of another one, who has signed in since in the same browser.
func TestAnotherUserSignsInMeanwhile(t *testing.T) {
	t.Parallel()
	for prompt, heading := range map[string]string{"consent": "Allow access?", "select_account": "Choose an account"} {
		s := mustSite(t)
		s.MustUser("ann")
		s.MustUser("bob")
		b := s.browser()
		b.signIn("ann")
		b.open(s.address("/oauth2/authorize", "prompt", prompt))
		b.wantPage(heading, "")
		action, fields := b.form("do", map[string]string{"consent": "allow", "select_account": "continue"}[prompt])

		b.open(s.address("/login", "prompt", "login"))
		b.submit("username", "bob", "password", cognatetest.Password)
		b.wantCode()
		b.open(b.resolve(b.post(action, fields, "same-origin")))
		b.wantPage(heading, "")
		if !strings.Contains(b.body, "bob") {
			t.Errorf("prompt=%s: the page is shown again without the new user", prompt)
		}
	}
}

// A client that registered itself cannot sign users out without asking them.
func TestLogoutOfRegisteredClients(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	verified := s.ClientID
	b := s.browser()
	b.signIn("ann")
	b.wantCode()
	token := s.mustRegister("Photos", callback)
	const after = "https://app.example.com/out"
	s.registration(http.MethodPut, "/"+s.ClientID, token, map[string]any{
		"client_id": s.ClientID, "client_name": "Photos", "redirect_uris": []string{callback}, "post_logout_redirect_uris": []string{after},
	})
	b.open(s.base + "/logout?client_id=" + s.ClientID + "&logout_uri=" + after)
	b.wantPage("Sign out?", "")
	verifiedAddress := s.address("/login", "prompt", "none", "client_id", verified)
	b.open(verifiedAddress)
	b.wantCode() // still signed in
	b.open(s.base + "/logout?client_id=" + s.ClientID + "&logout_uri=" + after)
	b.submit("do", "continue")
	b.wantPage(leaving, "") // ann has not allowed anything to this client
	if to := b.first(linkTarget); to != after {
		t.Errorf("after the confirmation the page leads to %s, want %s", to, after)
	}
	b.open(verifiedAddress)
	if got := b.at.Query().Get("error"); got != "login_required" {
		t.Errorf("after the logout: error = %q, want login_required", got)
	}
}

const leaving = "You are leaving this site"

// The address of a client that registered itself gets errors, and browsers after a logout, without a question only if the user has
// allowed the client something at this host. Otherwise a link to the server could lead users anywhere.
func TestRegisteredClientsAreNoRedirectors(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	const elsewhere, app, after = "https://elsewhere.example/cb", "com.example.app:/cb", "https://elsewhere.example/out"
	token := s.mustRegister("Photos", callback, elsewhere, app)
	s.registration(http.MethodPut, "/"+s.ClientID, token, map[string]any{
		"client_id": s.ClientID, "client_name": "Photos", "redirect_uris": []string{callback, elsewhere, app},
		"post_logout_redirect_uris": []string{after, "https://app.example.com/out"},
	})
	address := func(extra ...string) string {
		return s.address("/oauth2/authorize", append([]string{"code_challenge", challengeS256, "code_challenge_method", "S256"}, extra...)...)
	}
	b := s.browser()
	for _, tt := range []struct {
		extra []string
		to    string
	}{
		{[]string{"scope", "none"}, callback + "&error=invalid_request&error_description=invalid_scope&state="},
		{[]string{"prompt", "none"}, callback + "&error=login_required&state="},
		{[]string{"prompt", "none", "redirect_uri", elsewhere}, elsewhere + "?error=login_required&state="},
		{[]string{"prompt", "none", "response_mode", "fragment", "redirect_uri", app}, app + "#error=login_required&state="},
		{[]string{"request", "a"}, callback + "&error=request_not_supported&state="},
	} {
		b.open(address(tt.extra...))
		b.wantPage(leaving, "")
		b.wantText("Photos", "unverified")
		if to := b.first(linkTarget); !strings.HasPrefix(to, tt.to) {
			t.Errorf("%v leads to %s, want %s", tt.extra, to, tt.to)
		}
	}
	b.open(address("prompt", "none", "response_mode", "form_post"))
	b.wantPage(leaving, "")
	if to, fields := b.form(); to != callback || fields.Get("error") != "login_required" || strings.Contains(b.body, "<script") {
		t.Errorf("form_post: a form to %s with %v", to, fields)
	}
	logout := s.base + "/logout?client_id=" + s.ClientID + "&logout_uri="
	b.open(logout + after)
	b.wantPage(leaving, "")
	if to := b.first(linkTarget); to != after {
		t.Errorf("a logout without a session leads to %s", to)
	}

	b.open(address())
	b.submit("username", "ann", "password", cognatetest.Password)
	b.submit("do", "allow")
	b.wantCode()
	b.open(address("scope", "none"))
	if b.at.Query().Get("error") != "invalid_request" {
		t.Errorf("after the consent the browser is at %s", b.at)
	}
	b.open(address("scope", "none", "redirect_uri", elsewhere)) // ann has allowed nothing at this host
	b.wantPage(leaving, "")
	for to, direct := range map[string]bool{after: false, "https://app.example.com/out": true} {
		b.open(logout + to)
		b.wantPage("Sign out?", "")
		b.submit("do", "continue")
		if direct != (b.at.String() == to) || !direct && (b.heading() != leaving || b.first(linkTarget) != to) {
			t.Errorf("the logout to %s leads to %s (%s)", to, b.at, b.heading())
		}
		b.open(address())
		b.submit("username", "ann", "password", cognatetest.Password)
	}
}
