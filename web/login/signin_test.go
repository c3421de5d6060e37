package login_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/oauth2/authorize"))
	b.wantPage("Sign in", "")
	b.submit("username", "ann", "password", "wrong")
	b.wantPage("Sign in", "The username or the password is not correct.")
	b.open(b.at.String()) // loads the page again
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantCode()

	b.open(s.address("/oauth2/authorize"))
	b.wantCode() // the session signs in
	b.open(s.address("/login", "prompt", "none"))
	b.wantCode()
	b.open(s.address("/login", "prompt", "login"))
	b.wantPage("Sign in", "")

	other := s.browser()
	other.open(s.address("/oauth2/authorize", "prompt", "none"))
	if got := other.at.Query().Get("error"); got != "login_required" {
		t.Errorf("prompt=none without a session: error = %q, want login_required", got)
	}
}

// TestSessionEnds checks when the session no longer signs in without a page.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	for _, tt := range []struct {
		name  string
		extra []string
		end   func()
	}{
		{"after its time", nil, func() { s.Clock.Advance(time.Hour) }},
		{"max_age", []string{"max_age", "60"}, func() { s.Clock.Advance(61 * time.Second) }},
		{"a disabled user", nil, func() {
			s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: s.PoolID, Username: "ann"})
		}},
	} {
		b := s.browser()
		b.signIn("ann")
		b.wantCode()
		tt.end()
		b.open(s.address("/login", tt.extra...))
		if b.heading() != "Sign in" {
			t.Errorf("%s: the browser is at %s, want the page", tt.name, b.at)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.HideUsers())
	s.MustUser("ann")
	s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: s.PoolID, Username: "temporary", TemporaryPassword: cognatetest.Password, MessageAction: api.MessageActionTypeSuppress,
	})
	s.Clock.Advance(8 * 24 * time.Hour)
	s.MustUser("locked")
	s.MustUser("disabled")
	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: s.PoolID, Username: "disabled"})
	for range 6 {
		_, _ = s.SignIn("nobody")
		b := s.browser()
		b.open(s.address("/login"))
		b.submit("username", "locked", "password", "wrong")
	}
	const incorrect = "The username or the password is not correct."
	for _, tt := range []struct{ name, username, password, alert string }{
		{"wrong", "ann", "wrong", incorrect},
		{"unknown", "nobody-else", "wrong", incorrect},
		{"temporary password that has expired", "temporary", cognatetest.Password, "Your temporary password has expired. Ask your administrator for a new one."},
		{"no password", "ann", "", "Fill in all fields."},
		{"no username", " ", "x", "Fill in all fields."},
		{"markup", "<script>alert(1)</script>", "x", incorrect},
		{"locked", "locked", cognatetest.Password, "There were too many attempts. Wait a while, then try again."},
		{"disabled, wrong password", "disabled", "wrong", incorrect},
		{"disabled", "disabled", cognatetest.Password, "This account is disabled. Ask your administrator."},
		{"too long", strings.Repeat("a", 2000), "x", incorrect},
	} {
		b := s.browser()
		b.open(s.address("/login"))
		b.submit("username", tt.username, "password", tt.password)
		if b.alert() != tt.alert {
			t.Errorf("%s: alert = %q, want %q", tt.name, b.alert(), tt.alert)
		}
		if strings.Contains(b.body, "<script") || strings.Contains(b.at.String(), cognatetest.Password) {
			t.Errorf("%s: the page or its address has what it must not have:\n%s", tt.name, b.body)
		}
	}
}

// TestForgedForms checks that a form counts only in the browser, and for the request, that it was made for.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	other := &site{s.WithClient(s.MustClient(cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows = new(true), []api.OAuthFlowType{api.OAuthFlowTypeCode}
		in.AllowedOAuthScopes, in.CallbackURLs = []string{"openid"}, []string{callback}
	}))), t, s.base}
	credentials := []string{"username", "ann", "password", cognatetest.Password}

	attacker, victim := s.browser(), s.browser()
	attacker.open(s.address("/login"))
	victim.open(s.address("/login"))
	address, fields := attacker.form(credentials...)
	const late = "flow="
	for _, tt := range []struct {
		name string
		post func() string
	}{
		{"of another browser", func() string { return victim.post(address, fields, "same-origin") }},
		{"of no browser", func() string { return s.browser().post(address, fields, "same-origin") }},
		{"of another client", func() string {
			to := other.address("/login")
			return attacker.post(to, fields, "same-origin")
		}},
		{"with another state", func() string { return attacker.post(s.address("/login", "state", "x"), fields, "same-origin") }},
		{"of another page", func() string {
			return attacker.post(strings.Replace(address, "/login?", "/mfa?", 1), fields, "same-origin")
		}},
	} {
		to := tt.post()
		if !strings.HasPrefix(to, s.base+"/login?") || !strings.Contains(to, late) {
			t.Errorf("a form %s leads to %q, want the first page with a message", tt.name, to)
		}
	}
	if attacker.post(address, fields, "cross-site"); attacker.status != http.StatusForbidden {
		t.Errorf("a form of another site = %d, want 403", attacker.status)
	}
	fields.Set("flow", "x"+fields.Get("flow")[1:])
	if to := attacker.post(address, fields, "same-origin"); !strings.Contains(to, late) {
		t.Errorf("a changed flow leads to %q, want the first page with a message", to)
	}
	fields.Del("flow")
	to := attacker.post(address, fields, "cross-site")
	if attacker.status != http.StatusSeeOther || !strings.HasPrefix(to, s.base+"/login?") || strings.Contains(to, "password") {
		t.Errorf("an authorization request in a form = %d to %q, want 303 to the page, without other fields", attacker.status, to)
	}
}

// TestBlockedAddress checks that the session of a browser whose address the pool blocks signs in nobody.
func TestBlockedAddress(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeEnforced))
	s.MustUser("ann")
	b := s.browser()
	b.signIn("ann")
	b.wantCode()
	s.Must(t).SetRiskConfiguration(&api.SetRiskConfigurationInput{
		UserPoolId: s.PoolID, RiskExceptionConfiguration: &api.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"127.0.0.0/8"}},
	})
	b.open(s.address("/oauth2/authorize", "prompt", "none"))
	if got := b.at.Query().Get("error"); got != "login_required" {
		t.Errorf("prompt=none from a blocked address: error = %q, want login_required", got)
	}
	b.open(s.address("/login"))
	b.submit("username", "ann", "password", cognatetest.Password)
	if b.at.Query().Has("code") || b.heading() != "Sign in" {
		t.Errorf("a sign-in from a blocked address leads to %s", b.at)
	}
}

// TestLate checks that a sign-in that took too long starts again with the same request.
func TestLate(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/login"))
	s.Clock.Advance(5 * time.Minute)
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Sign in", "This took too long. Sign in again.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantCode()
}

// TestDoubleClick checks that a form that is sent twice has one answer.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/login"))
	address, fields := b.form("username", "ann", "password", cognatetest.Password)
	first := b.post(address, fields, "same-origin")
	if second := b.post(address, fields, "same-origin"); second != first || !strings.HasPrefix(first, "https://app.example.com/cb?") {
		t.Errorf("a form twice leads to %q and %q, want the application with one code", first, second)
	}
}

// TestDoubleClickClosesConnection checks that the second of two equal forms gets the answer, although the browser has closed the
// connection of the first one.
func TestDoubleClickClosesConnection(t *testing.T) {
	t.Parallel()
	server := cognatetest.Start(t)
	s := newSite(t, server, cognatetest.WithTriggers(cognate.TriggerPreAuthentication))
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/login"))
	address, fields := b.form("username", "ann", "password", cognatetest.Password)
	ctx, closeConnection := context.WithCancel(t.Context())
	server.Triggers.On(cognate.TriggerPreAuthentication, func(*cognatetest.TriggerEvent) (any, error) {
		closeConnection()
		time.Sleep(20 * time.Millisecond) // the server learns it meanwhile
		return nil, nil
	})
	first, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	first.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	first.Header.Set("Sec-Fetch-Site", "same-origin")
	if response, err := b.http.Do(first); err == nil {
		_ = response.Body.Close()
		t.Error("the first form has an answer, want a closed connection")
	}
	if to := b.post(address, fields, "same-origin"); !strings.HasPrefix(to, "https://app.example.com/cb?") {
		t.Errorf("the second form = %d to %q, want the application", b.status, to)
	}
}

// TestNoCookies checks that a browser without cookies gets a page, and no redirects without end.
func TestNoCookies(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	b := s.browser()
	b.http.Jar = nil
	b.open(s.address("/login"))
	b.submit("username", "ann", "password", "x")
	b.wantPage("Sign in", "This took too long. Sign in again.")
}

// TestMalformedText checks that text that no database can hold gets an error that is not the server's.
func TestMalformedText(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	b := s.browser()
	for _, bad := range []string{"\xff", "a\x00b"} {
		for _, path := range []string{"/login", "/oauth2/authorize", "/signup", "/logout", "/error"} {
			for _, name := range []string{"client_id", "login_hint", "state", "flow", "confirmation_code", bad} {
				b.open(s.address(path, name, bad))
				if b.status != http.StatusBadRequest {
					t.Errorf("%s with %s=%q = %d, want 400", path, name, bad, b.status)
				}
			}
		}
		for _, name := range []string{"username", "password", "do", "flow"} {
			b.open(s.address("/login"))
			b.submit("username", "ann", "password", "x", name, bad)
			if b.status != http.StatusBadRequest {
				t.Errorf("a form with %s=%q = %d, want 400", name, bad, b.status)
			}
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/"+url.PathEscape(bad), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.send(request); b.status != http.StatusNotFound {
			t.Errorf("a path with %q = %d, want 404", bad, b.status)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	b := s.browser()
	b.open(s.address("/login", "lang", "en"))
	csp := b.header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' https://app.example.com;", "style-src 'sha256-",
	} {
		if !strings.Contains(csp+";", want) {
			t.Errorf("Content-Security-Policy = %s, want %s", csp, want)
		}
	}
	if strings.Contains(csp, "script-src") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy = %s, want no script on this page", csp)
	}
	if len(b.body) > 30<<10 {
		t.Errorf("the page has %d bytes, want 30 KiB at most", len(b.body))
	}
	var names []string
	for _, c := range b.header.Values("Set-Cookie") {
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path="+strings.TrimPrefix(s.base, s.URL)+"/") {
			t.Errorf("Set-Cookie: %s", c)
		}
		names = append(names, c[:strings.IndexByte(c, '=')])
	}
	if len(names) != 2 {
		t.Errorf("the page sets the cookies %v, want that of the language and that of the browser", names)
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	b := s.browser()
	b.open(s.address("/login", "redirect_uri", "https://evil.example.com/"))
	b.wantPage("An error was encountered with the requested page.",
		"The application sent an address that is not registered for it. Tell the people who run the application.")
	if b.status != http.StatusBadRequest || strings.Contains(b.body, "evil") || b.at.Query().Get("error") != "redirect_mismatch" {
		t.Errorf("the error page = %d at %s", b.status, b.at)
	}
	b.open(s.base + "/error?error=" + strings.Repeat("<b>", 10) + "&client_id=x")
	if b.status != http.StatusBadRequest || strings.Contains(b.body, "<b>") {
		t.Errorf("the error page shows what the address has:\n%s", b.body)
	}
}

// TestAlwaysAsks checks a client whose sessions end immediately: the pages that follow the sign-in still know the user.
func TestAlwaysAsks(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.Must(t).SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
		UserPoolId: s.PoolID, UserSessionTracking: api.UserSessionTrackingTypeEnabled,
		TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(5)},
	})
	s.Must(t).SetUserPoolClientSessionConfiguration(&api.SetUserPoolClientSessionConfigurationInput{
		UserPoolId: s.PoolID, ClientId: s.ClientID, SSOSession: &api.ClientSSOSessionConfigType{MaxValidityMinutes: new(0)},
	})
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/login", "prompt", "consent"))
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Allow access?", "")
	b.submit("do", "allow")
	b.wantCode()
	b.open(s.address("/login"))
	b.wantPage("Sign in", "")
}

// TestLongState checks that a state of 4 KB comes back byte for byte, also after a page with a flow.
func TestLongState(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	state := strings.Repeat(`{"%+/&=ü`, 4096/9)
	b := s.browser()
	b.open(s.address("/oauth2/authorize", "state", state))
	b.submit("username", "ann", "password", "wrong")
	b.submit("username", "ann", "password", cognatetest.Password)
	if got := b.at.Query().Get("state"); got != state {
		t.Errorf("state comes back with %d bytes, want %d: %.80s", len(got), len(state), got)
	}
}

// TestEncodedState checks that a state comes back as the application encoded it, also after the choice of a language.
func TestEncodedState(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	for _, state := range []string{"a%20b", "a+b", "%7b%22a%22%3A+1%7D", "~!$*,:@/?%2B", "%41b"} {
		address := strings.Replace(s.address("/oauth2/authorize"), "state=", "x=", 1) + "&state=" + state
		b := s.browser()
		for _, mode := range []string{"&response_mode=fragment", ""} {
			b.open(address + mode + "&prompt=none")
			b.open(address + mode)
			if b.at.Host != "app.example.com" { // the first time
				b.submit("username", "ann", "password", "wrong")
				b.submit("username", "ann", "password", cognatetest.Password)
			}
			if got := b.at.RawQuery + "&" + b.at.EscapedFragment(); !strings.Contains(got, "&state="+state+"&") {
				t.Errorf("the state %s comes back in %s", state, got)
			}
		}
	}
}

// TestSemicolons checks that semicolons in addresses and forms are characters like others.
func TestSemicolons(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann;x")
	b := s.browser()
	b.open(strings.Replace(s.address("/oauth2/authorize", "unknown", "1"), "state=", "y=;&state=a;b", 1))
	b.submit("username", "ann;x", "password", cognatetest.Password)
	if got := b.at.Query(); got.Get("code") == "" || !strings.HasPrefix(got.Get("state"), "a;b{") {
		t.Errorf("the application gets %v, want a code and a state with a;b", got)
	}
}

// TestAuditedRefusals checks that the log says why a page has refused a request.
func TestAuditedRefusals(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann")
	b := s.browser()
	b.open(s.address("/login"))
	b.submit("username", "ann", "password", "wrong-password")
	if log := s.Log.String(); !strings.Contains(log, "NotAuthorizedException") || strings.Contains(log, "wrong-password") || strings.Contains(log, "flow=") {
		t.Errorf("the log does not say why the sign-in was refused, or has a secret:\n%s", log)
	}
}

// noKeys is a source of signing keys that fails.
type noKeys struct{}

var errNoKeys = errors.New("there are no signing keys")

func (noKeys) TakeReady(int) []*rsa.PrivateKey { return nil }

func (noKeys) Take(context.Context) (*rsa.PrivateKey, error) { return nil, errNoKeys }

func (noKeys) Next(context.Context) (*rsa.PrivateKey, error) { return nil, errNoKeys }

// The application gets an internal error of /oauth2/authorize as server_error (docs/behaviour.md §7.1).
func TestServerError(t *testing.T) {
	t.Parallel()
	s := newSite(t, cognatetest.Start(t, func(c *server.Config) { c.SigningKeys = noKeys{} }), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeImplicit}
	}))
	s.MustUser("ann")
	b := s.browser()
	b.signIn("ann")
	b.wantCode()
	for _, extra := range [][]string{{}, {"prompt", "none"}} {
		b.open(s.address("/oauth2/authorize", append(extra, "response_type", "token")...))
		got, err := url.ParseQuery(b.at.EscapedFragment())
		if err != nil || b.at.Host != "app.example.com" || got.Get("error") != "server_error" || got.Get("state") != `{"a":"b+c%"}` || got.Has("error_description") {
			t.Errorf("%v: the browser is at %s, want the application with server_error", extra, b.at)
		}
	}
	if log := s.Log.String(); !strings.Contains(log, errNoKeys.Error()) || !strings.Contains(log, `"outcome":"server_error"`) {
		t.Errorf("the log does not have the error:\n%s", log)
	}
}
