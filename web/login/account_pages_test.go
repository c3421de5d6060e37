package login_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

const accountName = "ann@example.com"

// mustAccountSite is mustSite for a pool with account pages and the user ann, whose address is verified.
func mustAccountSite(t *testing.T, options ...cognatetest.Option) *site {
	t.Helper()
	on := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserPoolTags = map[string]string{cognate.TagAccountPage: "on"}
	})
	s := mustSite(t, append([]cognatetest.Option{on, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail)}, options...)...)
	s.MustUser("ann", cognatetest.Attributes("email", accountName, "email_verified", "true")...)
	return s
}

// account returns the address of an account page.
func (s *site) account(page string) string {
	return s.base + "/account" + page + "?client_id=" + s.ClientID
}

// enterAccount opens an account page and signs in.
func (b *browser) enterAccount(page, username string) {
	b.t.Helper()
	b.open(b.account(page))
	b.wantPage("Sign in", "")
	b.submit("username", username, "password", cognatetest.Password)
}

func (b *browser) wantNotice(heading, notice string) {
	b.t.Helper()
	if b.heading() != heading || b.notice() != notice {
		b.t.Errorf("%s = %q with the notice %q (alert %q), want %q with %q", b.at.Path, b.heading(), b.notice(), b.alert(), heading, notice)
	}
}

func (b *browser) wantText(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.body, text) {
			b.t.Errorf("%s does not show %q:\n%s", b.at.Path, text, b.body)
		}
	}
}

func TestAccountPageIsOff(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	b := s.browser()
	for _, page := range []string{"", "/password", "/sessions"} {
		if b.open(s.account(page)); b.status != http.StatusNotFound {
			t.Errorf("GET /account%s without the tag = %d, want 404", page, b.status)
		}
		if b.post(s.account(page), nil, "same-origin"); b.status != http.StatusNotFound {
			t.Errorf("POST /account%s without the tag = %d, want 404", page, b.status)
		}
	}
	b.open(s.base + "/login?then=account&client_id=" + s.ClientID)
	if b.status != http.StatusBadRequest {
		t.Errorf("/login for the account page without the tag = %d, want the error page", b.status)
	}
}

func TestAccountNeedsClient(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	second := s.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{
		UserPoolId: s.PoolID, ClientName: "second", AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode},
		AllowedOAuthScopes: []string{"openid"}, CallbackURLs: []string{callback},
	}).UserPoolClient.ClientId
	s.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{UserPoolId: s.PoolID, ClientName: "without pages"})
	b := s.browser()
	for _, path := range []string{"/account", "/.well-known/change-password"} {
		b.open(s.base + path)
		b.wantNotice("Your account", "Sign in to an application first. Then open this page again.")
		if b.status != http.StatusOK {
			t.Errorf("%s without a client = %d, want 200", path, b.status)
		}
	}
	b.open(s.base + "/account?client_id=unknown")
	if b.at.Path[len(b.at.Path)-6:] != "/error" || b.status != http.StatusBadRequest {
		t.Errorf("an unknown client leads to %s, want the error page", b.at)
	}
	b.signIn("ann")
	b.open(s.base + "/account")
	b.wantPage("Your account", "")
	b.wantText("ann", accountName, "Confirmed", "Change your password")

	// The only client with pages needs no name.
	s.Must(t).DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: s.PoolID, ClientId: second})
	b = s.browser()
	b.open(s.base + "/.well-known/change-password")
	b.wantPage("Sign in", "")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Change your password", "")
}

// TestPagesOfOtherProviders checks a client that names only another identity provider: no page takes the password of a user, and the session
// of another client does not sign in to it.
func TestPagesOfOtherProviders(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t, cognatetest.Tag("cognate:client/other/device-grant", "on"))
	s.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: s.PoolID, ProviderName: "Google", ProviderType: api.IdentityProviderTypeTypeGoogle,
		ProviderDetails: map[string]string{"client_id": "a", "client_secret": "b", "authorize_scopes": "openid"},
	})
	other := s.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{
		UserPoolId: s.PoolID, ClientName: "other", AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode},
		AllowedOAuthScopes: []string{"openid"}, CallbackURLs: []string{callback}, SupportedIdentityProviders: []string{"Google"},
	}).UserPoolClient.ClientId
	b := s.browser()
	b.signIn("ann")
	for _, path := range []string{"/login", "/oauth2/authorize", "/signup", "/forgotPassword", "/passkeys/add"} {
		b.open(s.address(path, "client_id", other))
		if got := b.at.Query().Get("error"); b.at.Host != "app.example.com" || got != "invalid_request" {
			t.Errorf("%s leads to %s, want invalid_request", path, b.at)
		}
	}
	if b.open(s.base + "/account?client_id=" + other); b.status != http.StatusBadRequest {
		t.Errorf("/account = %d, want 400", b.status)
	}
	response, err := http.PostForm(s.base+"/oauth2/device_authorization", url.Values{"client_id": {other}})
	if err != nil {
		t.Fatal(err)
	}
	var device struct {
		UserCode string `json:"user_code"`
	}
	err = json.NewDecoder(response.Body).Decode(&device)
	_ = response.Body.Close()
	if err != nil || device.UserCode == "" {
		t.Fatalf("device_authorization = %d, %v", response.StatusCode, err)
	}
	b.open(s.base + "/device")
	if b.submit("user_code", device.UserCode); b.status != http.StatusBadRequest {
		t.Errorf("the code of a device = %d at %s, want 400", b.status, b.at)
	}
}

// TestAccountSignIn signs in for a page of the account, and gets back to it. An older session is enough to look, not to change.
func TestAccountSignIn(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	b := s.browser()
	b.open(s.account("/password"))
	b.submit("username", "ann", "password", "wrong")
	b.wantPage("Sign in", "The username or the password is not correct.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Change your password", "")
	address, fields := b.form("password", cognatetest.Password, "new-password", "Other-horse-7", "repeat-password", "Other-horse-7")
	s.Clock.Advance(5 * time.Minute)
	b.open(s.account(""))
	b.wantPage("Your account", "")
	b.open(s.account("/password"))
	b.wantNotice("Sign in", "Sign in again to change your account.")
	b.open(b.resolve(b.post(address, fields, "same-origin")))
	b.wantNotice("Sign in", "Sign in again to change your account.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Change your password", "")
}

// resolve returns an address that a post has redirected to.
func (b *browser) resolve(address string) string {
	b.t.Helper()
	if b.status != http.StatusSeeOther {
		b.t.Errorf("status = %d, want 303", b.status)
	}
	return address
}

func TestChangeMyPassword(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	other := s.browser()
	other.enterAccount("", "ann")
	b := s.browser()
	b.enterAccount("/password", "ann")
	change := func(previous, proposed, repeated string) {
		t.Helper()
		b.submit("password", previous, "new-password", proposed, "repeat-password", repeated)
	}
	for _, tt := range []struct{ previous, proposed, repeated, alert string }{
		{"", "Other-horse-7", "Other-horse-7", "Fill in all fields."},
		{cognatetest.Password, "Other-horse-7", "Other-horse-8", "The two passwords are not the same."},
		{"Wrong-horse-7", "Other-horse-7", "Other-horse-7", "The current password is not correct."},
		{cognatetest.Password, "short", "short", "The password does not meet all requirements."},
	} {
		change(tt.previous, tt.proposed, tt.repeated)
		b.wantPage("Change your password", tt.alert)
		if strings.Contains(b.body, "Other-horse") {
			t.Error("the page keeps a password")
		}
	}
	change(cognatetest.Password, "Other-horse-7", "Other-horse-7")
	b.wantNotice("Sign in", "Your change is saved. Sign in again.")
	b.submit("username", "ann", "password", "Other-horse-7")
	b.wantPage("Your account", "")
	other.open(s.account(""))
	other.wantPage("Sign in", "")
}

func TestChangeMyEmail(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	s.MustUser("bob")
	b := s.browser()
	b.enterAccount("/email", "ann")
	b.submit("attribute-email", "ann")
	b.wantPage("Change your email address", "Enter a complete email address, for example ann@example.com.")
	b.submit("attribute-email", "new@example.com")
	b.wantPage("Enter your code", "")
	code := b.code("new@example.com")
	b.submit("code", cognatetest.ChangeAt(code, 0))
	b.wantPage("Enter your code", "The code is not correct. Try again.")
	b.open(s.account(""))
	b.wantText("new@example.com", "Not confirmed")
	b.open(s.account("/email/code"))
	b.submit("do", "resend")
	b.wantNotice("Enter your code", "We sent a new code.")
	if fresh := b.code("new@example.com"); fresh != code {
		b.submit("code", code)
		b.wantPage("Enter your code", "The code is not correct. Try again.")
	}
	b.submit("code", b.code("new@example.com"))
	b.wantNotice("Your account", "Your change is saved.")
	if strings.Contains(b.body, "Not confirmed") {
		t.Error("the address is not confirmed")
	}
	b.open(s.account("/phone"))
	b.submit("attribute-phone_number", "+14155550100")
	b.wantNotice("Your account", "Your change is saved.")
	b.open(s.account("/phone"))
	b.submit("do", "remove")
	b.wantNotice("Your account", "Your change is saved.")
	if strings.Contains(b.body, "+14155550100") {
		t.Error("the phone number is still there")
	}
}

func TestSetUpMyToken(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
	b := s.browser()
	b.enterAccount("/token", "ann")
	b.wantPage("Set up your authenticator app", "")
	b.submit()
	secret := b.secret()
	if secret == "" {
		t.Fatalf("the page has no secret:\n%s", b.body)
	}
	b.submit("code", s.WrongCode(secret))
	b.wantPage("Set up your authenticator app", "The code is not correct. Try again.")
	if again := b.secret(); again != secret {
		t.Errorf("the secret is %q after a wrong code, want %q", again, secret)
	}
	b.submit("code", s.Code(secret))
	b.wantNotice("Sign in", "Your change is saved. Sign in again.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Enter the code from your authenticator app", "")
	s.NextStep()
	b.submit("code", s.Code(secret))
	b.wantPage("Your account", "")

	b.open(s.account("/mfa"))
	b.wantPage("Choose your second step", "")
	b.submit("preferred", "SOFTWARE_TOKEN_MFA")
	b.wantPage("Choose your second step", "The step that you want to be asked for first is turned off. Turn it on, or choose another one.")
	b.submit("preferred", "")
	b.wantNotice("Sign in", "Your change is saved. Sign in again.")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Your account", "")
	b.open(s.account("/mfa"))
	b.submit("preferred", "SOFTWARE_TOKEN_MFA", "factor-SOFTWARE_TOKEN_MFA", "true", "factor-SMS_MFA", "true")
	user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: s.PoolID, Username: "ann"})
	if user.PreferredMfaSetting != "SOFTWARE_TOKEN_MFA" || !slices.Equal(user.UserMFASettingList, []string{"SOFTWARE_TOKEN_MFA"}) {
		t.Errorf("preferred = %q, on = %v, want the software token", user.PreferredMfaSetting, user.UserMFASettingList)
	}

	// The preferred factor is one that the page does not offer.
	s.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: s.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes("phone_number", "+14155550100"),
	})
	s.Must(t).AdminSetUserMFAPreference(&api.AdminSetUserMFAPreferenceInput{
		UserPoolId: s.PoolID, Username: "ann", SMSMfaSettings: &api.SMSMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	b.open(s.account("/mfa"))
	b.submit("username", "ann", "password", cognatetest.Password)
	s.NextStep()
	b.submit("code", s.Code(secret))
	b.open(s.account("/mfa"))
	if !strings.Contains(b.body, `name="preferred" value="" checked`) {
		t.Errorf("no choice of the preferred step is checked:\n%s", b.body)
	}
}

var (
	buttonValue    = regexp.MustCompile(`<button class="plain" name="do" value="([^"]*)"`)
	passkeyOptions = regexp.MustCompile(`data-options="([^"]*)"`)
)

func (b *browser) buttons() (values []string) {
	for _, m := range buttonValue.FindAllStringSubmatch(b.body, -1) {
		values = append(values, m[1])
	}
	return values
}

func TestMyPasskeys(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t, cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn),
		cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth))
	s.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: s.PoolID, MfaConfiguration: api.UserPoolMfaTypeOff,
		WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID},
	})
	s.MustUser("bob")
	s.MustRegister(s.MustSignIn("ann", "").AuthenticationResult.AccessToken, &webauthntest.Authenticator{})
	b := s.browser()
	b.enterAccount("/passkeys", "ann")
	ids := b.buttons()
	if len(ids) != 1 {
		t.Fatalf("buttons = %v, want one for the passkey:\n%s", ids, b.body)
	}
	bob := s.browser()
	bob.enterAccount("/passkeys", "bob")
	for _, id := range []string{ids[0], "AQID", "", "?"} {
		bob.submit("do", id)
		bob.wantPage("Passkeys", "This no longer exists.")
	}
	b.open(s.account("/passkeys/add"))
	b.submit("do", "passkey", "credential", "{}")
	b.wantPage("Add a passkey", "No passkey was added. You can try again.")
	credential := cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, []byte(b.first(passkeyOptions)))).Of(t)
	b.submit("do", "passkey", "credential", string(credential))
	b.wantNotice("Passkeys", "Your change is saved.")
	if all := b.buttons(); len(all) != 2 {
		t.Errorf("buttons = %v, want those of two passkeys", all)
	}
	b.submit("do", ids[0])
	b.wantNotice("Passkeys", "Your change is saved.")
	if left := b.buttons(); len(left) != 1 || left[0] == ids[0] {
		t.Errorf("buttons = %v, want that of the new passkey", left)
	}
}

// TestAddPasskeyNeedsNewSignIn checks that an old session of a browser is not enough to add a passkey.
func TestAddPasskeyNeedsNewSignIn(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn),
		cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth))
	s.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: s.PoolID, MfaConfiguration: api.UserPoolMfaTypeOff,
		WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID},
	})
	s.MustUser("ann")
	b := s.browser()
	b.signIn("ann")
	s.Clock.Advance(4 * time.Minute)
	b.open(s.address("/passkeys/add"))
	b.wantPage("Add a passkey", "")
	credential := cognatetest.Try(new(webauthntest.Authenticator).Create(cognatetest.Page, []byte(b.first(passkeyOptions)))).Of(t)
	s.Clock.Advance(2 * time.Minute)
	b.submit("do", "passkey", "credential", string(credential))
	b.wantPage("Sign in", "This took too long. Sign in again.")
	b.open(s.address("/passkeys/add"))
	b.wantPage("Sign in", "")
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Add a passkey", "")
	s.Clock.Advance(6 * time.Minute)
	b.open(s.address("/login"))
	b.wantCode() // the session itself has not ended
}

func TestMySessions(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	s.Must(t).SetUserPoolSessionConfiguration(&api.SetUserPoolSessionConfigurationInput{
		UserPoolId: s.PoolID, UserSessionTracking: api.UserSessionTrackingTypeEnabled,
		TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(20)},
	})
	s.MustUser("bob")
	bob, phone, b := s.browser(), s.browser(), s.browser()
	bob.enterAccount("/sessions", "bob")
	phone.enterAccount("", "ann")
	s.Clock.Advance(time.Second)
	s.MustSignIn("ann", "")
	s.Clock.Advance(time.Second)
	b.enterAccount("/sessions", "ann")
	b.wantText("This browser", "Sign out there")
	ids := b.buttons()
	if len(ids) != 2 {
		t.Fatalf("buttons = %v, want those of two other sessions", ids)
	}
	for _, id := range append(ids, "", "sso") {
		bob.submit("do", id)
		bob.wantPage("Where you are signed in", "This no longer exists.")
	}
	phone.open(s.account(""))
	phone.wantPage("Your account", "")
	for range ids {
		b.submit("do", b.buttons()[0])
		b.wantNotice("Where you are signed in", "Your change is saved.")
	}
	if left := b.buttons(); len(left) != 0 {
		t.Errorf("buttons = %v, want none", left)
	}
	phone.open(s.account(""))
	phone.wantPage("Sign in", "")
	all := s.Must(t).AdminListUserSessions(&api.AdminListUserSessionsInput{UserPoolId: s.PoolID, Username: "ann"}).Sessions
	if len(all) != 1 {
		t.Fatalf("%d sessions are left, want that of the browser", len(all))
	}
	b.submit("do", all[0].SessionId)
	b.wantPage("Where you are signed in", "Something that you entered is not valid. Check it and try again.")
}

// TestAccountAttacks checks that a form changes nothing for another user, for a session that has ended, from another site and in
// another browser.
func TestAccountAttacks(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	s.MustUser("bob", cognatetest.Attributes("email", "bob@example.com", "email_verified", "true")...)
	b := s.browser()
	b.enterAccount("/email", "ann")
	address, fields := b.form("attribute-email", "evil@example.com")

	if b.post(address, fields, "cross-site"); b.status != http.StatusForbidden {
		t.Errorf("POST from another site = %d, want 403", b.status)
	}
	bob := s.browser()
	bob.enterAccount("", "bob")
	bob.open(bob.resolve(bob.post(address, fields, "same-origin")))
	bob.wantPage("Change your email address", "This page has expired. Nothing was changed. Try again.")

	// Bob uses the browser of ann.
	b.open(b.address("/login", "prompt", "login"))
	b.submit("username", "bob", "password", cognatetest.Password)
	b.open(b.resolve(b.post(address, fields, "same-origin")))
	b.wantPage("Your account", "A different user is now signed in to this browser. Nothing was changed.")
	b.wantText("bob@example.com")

	// The session ends.
	bob.open(s.account("/email"))
	address, fields = bob.form("attribute-email", "evil@example.com")
	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: s.PoolID, Username: "bob"})
	bob.open(bob.resolve(bob.post(address, fields, "same-origin")))
	bob.wantPage("Sign in", "")
	bob.open(s.account(""))
	bob.wantPage("Sign in", "")

	for _, name := range []string{"ann", "bob"} {
		user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: s.PoolID, Username: name})
		if !slices.Contains(user.UserAttributes, api.AttributeType{Name: "email", Value: name + "@example.com"}) {
			t.Errorf("attributes of %s = %v, want the email address unchanged", name, user.UserAttributes)
		}
	}
}

// TestAccountOfAnotherPool sends the cookie of a session to another pool, and a client of another pool.
func TestAccountOfAnotherPool(t *testing.T) {
	t.Parallel()
	s := mustAccountSite(t)
	on := cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.UserPoolTags = map[string]string{cognate.TagAccountPage: "on"}
	})
	other := newSite(t, s.Server, on)
	b := s.browser()
	b.enterAccount("", "ann")
	b.wantPage("Your account", "")
	u := b.at
	cookies := b.http.Jar.Cookies(u)
	from, to := s.base[strings.LastIndex(s.base, "/")+1:], other.base[strings.LastIndex(other.base, "/")+1:]
	thief := other.browser()
	thief.open(other.account(""))
	for _, c := range cookies {
		c.Name, c.Path = strings.ReplaceAll(c.Name, from, to), "/domains/"+to+"/"
	}
	thief.http.Jar.SetCookies(thief.at, cookies)
	thief.open(other.account(""))
	thief.wantPage("Sign in", "")
	thief.open(other.base + "/account?client_id=" + s.ClientID)
	if thief.status != http.StatusBadRequest {
		t.Errorf("the client of another pool = %d, want the error page", thief.status)
	}
}
