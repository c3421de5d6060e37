package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const afterLogout = "https://app.example.com/bye?from=logout"

func mustLogoutSite(t *testing.T) *site {
	t.Helper()
	return newLogoutSite(t, cognatetest.Start(t))
}

func newLogoutSite(t *testing.T, server *cognatetest.Server) *site {
	t.Helper()
	s := newSite(t, server, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeImplicit}
		in.LogoutURLs = []string{afterLogout}
	}))
	s.MustUser("ann")
	s.MustUser("bob")
	return s
}

// idToken returns the ID token of the user who is signed in.
func (b *browser) idToken() string {
	b.t.Helper()
	b.open(b.address("/oauth2/authorize", "response_type", "token"))
	fragment, err := url.ParseQuery(b.at.EscapedFragment())
	if err != nil || fragment.Get("id_token") == "" {
		b.t.Fatalf("no ID token at %s, %v", b.at, err)
	}
	return fragment.Get("id_token")
}

// isSignedIn reports whether the browser still has a session.
func (b *browser) isSignedIn() bool {
	b.t.Helper()
	b.open(b.address("/oauth2/authorize", "prompt", "none"))
	return b.at.Query().Get("code") != ""
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := mustLogoutSite(t)
	bob := s.browser()
	bob.signIn("bob")
	bobs := bob.idToken()
	query := func(pairs ...string) string {
		q := make(url.Values)
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return s.base + "/logout?" + q.Encode()
	}
	for what, tt := range map[string]struct {
		address func(hint string) string
		asks    bool
		at      string // where the browser is after the logout; "" at a page
		heading string
	}{
		"the service's form": {address: func(string) string { return query("client_id", s.ClientID, "logout_uri", afterLogout, "state", "s") }, at: afterLogout},
		"a hint":             {address: func(hint string) string { return query("id_token_hint", hint, "post_logout_redirect_uri", afterLogout) }, at: afterLogout},
		"a hint and a state": {
			address: func(hint string) string {
				return query("id_token_hint", hint, "post_logout_redirect_uri", afterLogout, "state", "a+b %")
			},
			at: afterLogout + "&state=a%2Bb+%25",
		},
		"a hint alone":        {address: func(hint string) string { return query("id_token_hint", hint) }, heading: "You are signed out"},
		"no hint":             {address: func(string) string { return query("client_id", s.ClientID, "post_logout_redirect_uri", afterLogout) }, asks: true, at: afterLogout},
		"another user's hint": {address: func(string) string { return query("id_token_hint", bobs, "post_logout_redirect_uri", afterLogout) }, asks: true, at: afterLogout},
		"a modified hint": {
			address: func(hint string) string {
				hint = cognatetest.ChangeAt(hint, (strings.LastIndex(hint, ".")+len(hint))/2) // in the middle of the signature
				return query("id_token_hint", hint, "client_id", s.ClientID, "post_logout_redirect_uri", afterLogout)
			},
			asks: true, at: afterLogout,
		},
		"no parameters": {address: func(string) string { return query() }, asks: true, heading: "You are signed out"},
		"only a state":  {address: func(string) string { return query("state", "s") }, asks: true, heading: "You are signed out"},
		"a bad URL":     {address: func(string) string { return query("client_id", s.ClientID, "logout_uri", "https://evil.example") }, heading: "An error was encountered with the requested page."},
		"a missing URL": {address: func(string) string { return query("client_id", s.ClientID) }, heading: "An error was encountered with the requested page."},
		"a bad URL of RP": {address: func(hint string) string {
			return query("id_token_hint", hint, "post_logout_redirect_uri", afterLogout+"&a=b")
		}, heading: "An error was encountered with the requested page."},
	} {
		b := s.browser()
		b.signIn("ann")
		b.open(tt.address(b.idToken()))
		if tt.asks {
			b.wantPage("Sign out?", "")
			if address := b.at.String(); !b.isSignedIn() {
				t.Errorf("%s: the user is signed out before the confirmation", what)
			} else {
				b.open(address)
			}
			address, fields := b.form("do", "continue")
			next := b.post(address, fields, "same-origin")
			switch next {
			case "":
			case tt.at:
				b.at, b.body = cognatetest.Try(url.Parse(next)).Of(t), ""
			default:
				b.open(next)
			}
		}
		if tt.at != "" && b.at.String() != tt.at || tt.at == "" && b.heading() != tt.heading {
			t.Errorf("%s: the browser is at %s (%s), want %s (%s)", what, b.at, b.heading(), tt.at, tt.heading)
		}
		if tt.heading == "An error was encountered with the requested page." && b.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", what, b.status)
		}
		if b.isSignedIn() {
			t.Errorf("%s: the user is still signed in", what)
		}
	}
	if !bob.isSignedIn() {
		t.Error("the logout of ann ended the session of bob")
	}
}

// A logout can lead to the next sign-in.
func TestLogoutToLogin(t *testing.T) {
	t.Parallel()
	s := mustLogoutSite(t)
	b := s.browser()
	b.signIn("ann")
	b.open(s.address("/logout"))
	b.wantPage("Sign in", "")
	b.submit("username", "bob", "password", cognatetest.Password)
	b.wantCode()
}

// A page of another site cannot confirm a logout. Its form is a request, which the browser repeats with its cookies.
func TestForgedLogout(t *testing.T) {
	t.Parallel()
	s := mustLogoutSite(t)
	b := s.browser()
	b.signIn("ann")
	next := b.post(s.base+"/logout", url.Values{"client_id": {s.ClientID}, "post_logout_redirect_uri": {afterLogout}, "state": {"s"}}, "cross-site")
	b.open(next)
	b.wantPage("Sign out?", "")
	address, fields := b.form("do", "continue")
	if b.post(address, fields, "cross-site"); b.status != http.StatusForbidden {
		t.Errorf("a form of another site = %d, want 403", b.status)
	}
	other := s.browser()
	other.signIn("bob")
	if next := other.post(address, fields, "same-origin"); next != address || !other.isSignedIn() {
		t.Errorf("a form of another browser leads to %s, want %s", next, address)
	}
	if !b.isSignedIn() {
		t.Error("a forged form signed ann out")
	}
}
