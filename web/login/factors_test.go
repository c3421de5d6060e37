package login_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

var secretText = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)

// secret returns the secret that the page shows.
func (b *browser) secret() string {
	b.t.Helper()
	groups := strings.Fields(b.first(secretText))
	for i, g := range groups {
		if len(g) != 4 && i != len(groups)-1 {
			b.t.Errorf("the secret is in the groups %v, want groups of four", groups)
		}
	}
	return strings.Join(groups, "")
}

// TestSetUpToken sets up a software token and signs in with it. The secret stays the same until the code is right.
func TestSetUpToken(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	s.MustUser("ann")
	b := s.browser()
	b.signIn("ann")
	b.wantPage("Set up your authenticator app", "")
	secret := b.secret()
	b.submit("code", s.WrongCode(secret))
	b.wantPage("Set up your authenticator app", "The code is not correct. Try again.")
	b.open(b.at.String())
	if again := b.secret(); again != secret || secret == "" {
		t.Errorf("the secret is %q after a wrong code and a reload, want %q", again, secret)
	}
	if !strings.Contains(b.body, "<svg") || !strings.Contains(b.body, "otpauth://totp/") {
		t.Errorf("the page has no QR code or no link:\n%s", b.body)
	}
	code := s.Code(secret)
	b.submit("code", code[:3]+" "+code[3:])
	b.wantCode()

	b = s.browser()
	b.signIn("ann")
	b.wantPage("Enter the code from your authenticator app", "")
	b.submit("code", code)
	b.wantPage("Enter the code from your authenticator app", "This code was already used. Wait for the next one.")
	b.submit("code", s.WrongCode(secret))
	b.wantPage("Enter the code from your authenticator app", "The code is not correct. Try again.")
	s.NextStep()
	b.submit("code", s.Code(secret))
	b.wantCode()
}

// A page shows the start of a long name of a software token: the state of a page in its address is limited.
func TestLongNameOfToken(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	s.MustUser("ann")
	session := s.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session
	a := s.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: session})
	s.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		Session: a.Session, UserCode: s.Code(a.SecretCode), FriendlyDeviceName: strings.Repeat("Wide phone ", 1000),
	})
	s.NextStep()
	b := s.browser()
	b.signIn("ann")
	b.wantPage("Enter the code from your authenticator app", "")
	if !strings.Contains(b.body, "Wide phone W…") {
		t.Errorf("the page does not show the start of the name:\n%s", b.body)
	}
	b.submit("code", s.Code(a.SecretCode))
	b.wantCode()
}

// TestSetUpPhone asks a user without a phone number for one, where the pool requires codes by SMS.
func TestSetUpPhone(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: s.PoolID, MfaConfiguration: api.UserPoolMfaTypeOn, SmsMfaConfiguration: &api.SmsMfaConfigType{
			SmsConfiguration: &api.SmsConfigurationType{SnsCallerArn: cognatetest.SMSRole},
		},
	})
	s.MustUser("ann")
	b := s.browser()
	b.signIn("ann")
	b.wantPage("Add your phone number", "")
	b.submit("attribute-phone_number", "555 123")
	b.wantPage("Add your phone number", "Enter the phone number with + and the country code, for example +14155550100.")
	b.submit("attribute-phone_number", "+14155550100")
	b.wantPage("Enter your code", "")
	b.submit("code", cognatetest.ChangeAt(b.code("+14155550100"), 0))
	b.wantPage("Enter your code", "The code is not correct. Try again.")
	b.submit("code", b.code("+14155550100"))
	b.wantCode()
	user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: s.PoolID, Username: "ann"})
	if !slices.Contains(user.UserAttributes, api.AttributeType{Name: "phone_number_verified", Value: "true"}) {
		t.Errorf("attributes = %v, want a verified phone number", user.UserAttributes)
	}

	b = s.browser()
	b.signIn("ann")
	b.wantPage("Enter your code", "")
	old := b.code("+14155550100")
	b.submit("do", "resend")
	if b.notice() != "We sent a new code." {
		t.Errorf("notice = %q", b.notice())
	}
	if fresh := b.code("+14155550100"); fresh != old {
		b.submit("code", old)
		b.wantPage("Enter your code", "The code is not correct. Try again.")
	}
	b.submit("code", b.code("+14155550100"))
	b.wantCode()
}

// A request for another code answers no second factor, so the event of the sign-in says nothing about one.
func TestEventOfAnotherCode(t *testing.T) {
	t.Parallel()
	const number = "+14155550100"
	s := mustSite(t, cognatetest.ThreatProtection(api.AdvancedSecurityModeTypeAudit))
	s.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: s.PoolID, MfaConfiguration: api.UserPoolMfaTypeOn, SmsMfaConfiguration: &api.SmsMfaConfigType{
			SmsConfiguration: &api.SmsConfigurationType{SnsCallerArn: cognatetest.SMSRole},
		},
	})
	s.MustUser("ann", cognatetest.Attributes("phone_number", number, "phone_number_verified", "true")...)
	wantAnswers := func(when string, want ...api.ChallengeName) {
		t.Helper()
		out := s.Must(t).AdminListUserAuthEvents(&api.AdminListUserAuthEventsInput{UserPoolId: s.PoolID, Username: "ann"})
		var got []api.ChallengeName
		for _, r := range out.AuthEvents[0].ChallengeResponses {
			got = append(got, r.ChallengeName)
		}
		if len(out.AuthEvents) != 1 || !slices.Equal(got, want) {
			t.Errorf("events after %s = %+v, want one with answers of %v", when, out.AuthEvents, want)
		}
	}
	b := s.browser()
	b.signIn("ann")
	b.submit("do", "resend")
	wantAnswers("a request for another code", api.ChallengeNamePassword)
	b.submit("code", b.code(number))
	b.wantCode()
	wantAnswers("the code", api.ChallengeNamePassword, api.ChallengeNameMfa)
}

func TestChooseFactor(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.UsernameIsEmail(), cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail),
		cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeWebAuthn),
		cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth), cognatetest.HideUsers())
	const name = "ann@example.com"
	s.MustUser(name, cognatetest.Attributes("email", name, "email_verified", "true")...)
	b := s.browser()
	b.open(s.address("/login", "login_hint", name))
	if !strings.Contains(b.body, `value="`+name+`"`) || !strings.Contains(b.body, `autocomplete="username webauthn"`) || strings.Contains(b.body, `type="password"`) {
		t.Errorf("the page does not ask for the name first, with the hint and passkeys:\n%s", b.body)
	}
	b.submit("username", name)
	b.wantPage("Choose how to sign in", "")
	b.submit("do", "PASSWORD_SRP") // not a choice of the page
	b.wantPage("Choose how to sign in", "Something that you entered is not valid. Check it and try again.")
	b.submit("do", "EMAIL_OTP")
	b.wantPage("Enter your code", "")
	for _, l := range linkTarget.FindAllStringSubmatch(b.body, -1)[:1] {
		b.open(s.URL + strings.ReplaceAll(l[1], "&amp;", "&"))
	}
	b.wantPage("Choose how to sign in", "")
	b.submit("do", "PASSWORD")
	b.wantPage("Enter your password", "")
	if !strings.Contains(b.body, `autocomplete="username"`) || !strings.Contains(b.body, `autocomplete="current-password"`) {
		t.Errorf("the form has no username for password managers:\n%s", b.body)
	}
	b.submit("password", cognatetest.Password)
	b.wantCode()

	b = s.browser()
	b.open(s.address("/login"))
	b.submit("username", name)
	b.submit("do", "EMAIL_OTP")
	b.submit("code", " "+b.code(name)[:4]+" "+b.code(name)[4:])
	b.wantCode()

	unknown := s.browser()
	unknown.open(s.address("/login"))
	unknown.submit("username", "nobody@example.com")
	if h := unknown.heading(); h != "Choose how to sign in" && h != "Enter your password" && h != "Sign in with your passkey" {
		t.Errorf("an unknown name leads to %q (%q), want what a user gets", h, unknown.alert())
	}
}

// TestNewPassword replaces a temporary password, and asks for what the pool requires.
func TestNewPassword(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.Schema(
		api.SchemaAttributeType{Name: "given_name", Required: new(true), Mutable: new(true)},
		api.SchemaAttributeType{Name: "email", Required: new(true), Mutable: new(true)},
	))
	s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: s.PoolID, Username: "ann", TemporaryPassword: cognatetest.Password, MessageAction: api.MessageActionTypeSuppress,
		UserAttributes: cognatetest.Attributes("email", "ann@example.com"),
	})
	b := s.browser()
	b.signIn("ann")
	b.wantPage("Choose a new password", "")
	if !strings.Contains(b.body, `autocomplete="new-password"`) || !strings.Contains(b.body, `value="ann" autocomplete="username"`) {
		t.Errorf("the form has no username or no new password for password managers:\n%s", b.body)
	}
	b.submit("new-password", "Other-horse-7", "repeat-password", "Other-horse-8", "attribute-given_name", "Ann <b>")
	b.wantPage("Choose a new password", "The two passwords are not the same.")
	if !strings.Contains(b.body, `value="Ann &lt;b&gt;"`) || strings.Contains(b.body, "Other-horse") {
		t.Errorf("the form does not keep the name, or keeps the password:\n%s", b.body)
	}
	b.submit("new-password", "short", "repeat-password", "short", "attribute-given_name", "Ann")
	b.wantPage("Choose a new password", "The password does not meet all requirements.")
	b.submit("new-password", "Other-horse-7", "repeat-password", "Other-horse-7", "attribute-given_name", "")
	b.wantPage("Choose a new password", "Something that you entered is not valid. Check it and try again.")
	b.submit("new-password", "Other-horse-7", "repeat-password", "Other-horse-7", "attribute-given_name", "Ann")
	b.wantCode()
}

// TestStepUp asks a signed-in user only for what the session has not proven.
func TestStepUp(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
	s.MustUser("ann")
	secret := s.MustEnrolWith(s.MustSignIn("ann", "").AuthenticationResult.AccessToken)
	b := s.browser()
	b.signIn("ann")
	b.wantCode()
	const level = "urn:cognito:loa:4"
	b.open(s.address("/oauth2/authorize", "acr_values", level))
	b.wantPage("Confirm that it is you", "")
	b.submit()
	b.wantPage("Enter the code from your authenticator app", "")
	s.NextStep()
	b.submit("code", s.Code(secret))
	b.wantCode()
	b.open(s.address("/oauth2/authorize", "acr_values", level))
	b.wantCode() // the session has the level now

	b.open(s.address("/oauth2/authorize", "acr_values", level, "prompt", "login"))
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Enter the code from your authenticator app", "")

	s.MustUser("bob")
	other := s.browser()
	other.open(s.address("/login", "acr_values", level))
	other.submit("username", "bob", "password", cognatetest.Password)
	if got := other.at.Query().Get("error"); got != "unmet_authentication_requirements" {
		t.Errorf("a level that the user cannot reach leads to %s (%q), want unmet_authentication_requirements", other.at, other.alert())
	}
}
