package login_test

import (
	"net/http"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

var passwords = []string{"new-password", cognatetest.Password, "repeat-password", cognatetest.Password}

func TestSignUp(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	b := s.browser()
	b.open(s.address("/signup"))
	b.wantPage("Create an account", "")
	b.submit(append([]string{"username", "ann", "attribute-email", "ann"}, passwords...)...)
	b.wantPage("Create an account", "Enter a complete email address, for example ann@example.com.")
	b.submit(append([]string{"username", "ann", "attribute-email", "ann@example.com"}, passwords...)...)
	b.wantPage("Confirm your account", "")
	if !strings.Contains(b.body, "a***@e***") {
		t.Errorf("the page does not say where the code went:\n%s", b.body)
	}
	b.submit("code", cognatetest.ChangeAt(b.code("ann@example.com"), 0))
	b.wantPage("Confirm your account", "The code is not correct. Try again.")
	b.submit("do", "resend")
	b.submit("code", b.code("ann@example.com"))
	b.wantCode() // signed in

	taken := s.browser()
	taken.open(s.address("/signup"))
	taken.submit(append([]string{"username", "ann", "attribute-email", "x@example.com"}, passwords...)...)
	taken.wantPage("Create an account", "There is already an account with this name. Sign in, or choose another name.")
}

// TestSignUpElsewhere confirms an account in another browser, which is not signed in then.
func TestSignUpElsewhere(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail))
	b := s.browser()
	b.open(s.address("/signup"))
	b.submit(append([]string{"username", "ann", "attribute-email", "ann@example.com"}, passwords...)...)
	b.signIn("ann")
	b.wantPage("Confirm your account", "")
	if b.notice() != "Your account is not confirmed yet. Enter the code that we sent you, or request a new one." {
		t.Errorf("notice = %q", b.notice())
	}
	other := s.browser()
	other.open(s.address("/confirmUser"))
	other.submit("username", "ann", "code", b.code("ann@example.com"))
	other.wantPage("Sign in", "")
	if other.notice() != "Your account is confirmed." {
		t.Errorf("notice = %q", other.notice())
	}
	b.submit("code", "123456")
	b.wantPage("Sign in", "")
	if b.notice() != "Your account is already confirmed." {
		t.Errorf("notice = %q", b.notice())
	}
}

// TestSignUpHidesUsers compares what a new name and the name of another user lead to.
func TestSignUpHidesUsers(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.UsernameIsEmail(), cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.HideUsers())
	s.MustUser("ann@example.com", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	var bodies []string
	for _, name := range []string{"amy@example.com", "ann@example.com"} {
		b := s.browser()
		b.open(s.address("/signup"))
		b.submit(append([]string{"username", name}, passwords...)...)
		b.wantPage("Confirm your account", "")
		flow, _, _ := strings.Cut(b.at.Query().Get("flow"), "&")
		body := strings.ReplaceAll(strings.ReplaceAll(b.body, flow, ""), name, "NAME")
		for _, m := range hiddenField.FindAllStringSubmatch(body, -1) {
			body = strings.ReplaceAll(body, m[2], "FLOW")
		}
		for _, m := range linkTarget.FindAllStringSubmatch(body, -1) {
			body = strings.ReplaceAll(body, m[1], "LINK")
		}
		bodies = append(bodies, body)
		b.submit("code", "000000")
		b.wantPage("Confirm your account", "The code is not correct. Try again.")
		b.submit("do", "resend")
		if b.notice() != "We sent a new code." || !strings.Contains(b.body, "a***@e***") {
			t.Errorf("a new code for %s: notice %q\n%s", name, b.notice(), b.body)
		}
	}
	if bodies[0] != bodies[1] {
		t.Errorf("the pages of a new name and of a taken one differ:\n%s\n%s", bodies[0], bodies[1])
	}
	if m, _ := s.Mailbox.Last("ann@example.com"); m.Kind != notify.KindAlreadySignedUp {
		t.Errorf("the owner got %q, want the notice", m.Kind)
	}
}

func TestSignUpStates(t *testing.T) {
	t.Parallel()
	server := cognatetest.Start(t)
	closed := newSite(t, server, cognatetest.AdminCreateOnly())
	b := closed.browser()
	b.open(closed.address("/signup"))
	b.wantPage("Create an account", "You cannot create an account here. Ask your administrator for one.")
	b.open(closed.address("/login"))
	if strings.Contains(b.body, "/signup") {
		t.Errorf("the page offers a sign-up that is closed:\n%s", b.body)
	}

	confirming := newSite(t, server, cognatetest.WithTriggers(cognate.TriggerPreSignUp))
	server.Triggers.On(cognate.TriggerPreSignUp, cognatetest.Answer(map[string]any{"autoConfirmUser": true}))
	b = confirming.browser()
	b.open(confirming.address("/login", "prompt", "create"))
	b.submit(append([]string{"username", "ann"}, passwords...)...)
	b.wantCode()
}

// TestLink follows the link in a message, for a client without OAuth.
func TestLink(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.VerificationMessageTemplate = &api.VerificationMessageTemplateType{DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithLink}
	}))
	plain := s.WithClient(s.MustClient(cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows, in.AllowedOAuthScopes, in.CallbackURLs = nil, nil, nil, nil
	})))
	_, err := plain.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: plain.ClientID, Username: "ann", Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", "ann@example.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := s.Mailbox.Last("ann@example.com")
	status := func() api.UserStatusType {
		return s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: s.PoolID, Username: "ann"}).UserStatus
	}
	b := s.browser()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, m.Link, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.send(request)
	if status() != api.UserStatusTypeUnconfirmed {
		t.Errorf("status after HEAD = %s, want UNCONFIRMED", status())
	}
	b.open(strings.Replace(m.Link, m.Code, cognatetest.ChangeAt(m.Code, 0), 1))
	b.wantPage("Confirm your account", "The code is not correct. Try again.")
	b.open(m.Link)
	b.wantPage("Confirm your account", "")
	if status() != api.UserStatusTypeConfirmed || b.notice() != "Your account is confirmed." {
		t.Errorf("after the link: status %s, notice %q", status(), b.notice())
	}
	b.open(m.Link)
	if b.notice() != "Your account is already confirmed." {
		t.Errorf("notice of the second click = %q", b.notice())
	}
	b.open(strings.Replace(m.Link, plain.ClientID, "unknown", 1))
	if b.status != http.StatusBadRequest {
		t.Errorf("the link with another client = %d, want 400", b.status)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	s := mustSite(t)
	s.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	s.MustUser("bob")
	b := s.browser()
	b.open(s.address("/forgotPassword"))
	b.submit("username", "bob")
	b.wantPage("Reset your password", "We cannot reset your password, because we have no confirmed email address or phone number of yours. Ask your administrator.")
	b.submit("username", "ann")
	b.wantPage("Choose a new password", "")
	const next = "Other-horse-7"
	b.submit("code", cognatetest.ChangeAt(b.code("ann@example.com"), 0), "new-password", next, "repeat-password", next)
	b.wantPage("Choose a new password", "The code is not correct. Try again.")
	b.submit("code", b.code("ann@example.com"), "new-password", next, "repeat-password", next)
	b.wantPage("Sign in", "")
	if b.notice() != "Your password is changed. Sign in with the new one." {
		t.Errorf("notice = %q", b.notice())
	}
	b.submit("username", "ann", "password", next)
	b.wantCode()

	b.open(s.address("/confirmforgotPassword"))
	b.wantPage("Choose a new password", "")
	s.Must(t).AdminResetUserPassword(&api.AdminResetUserPasswordInput{UserPoolId: s.PoolID, Username: "ann"})
	b = s.browser()
	b.open(s.address("/login"))
	b.submit("username", "ann", "password", next)
	b.wantPage("Choose a new password", "")
	b.submit("code", b.code("ann@example.com"), "new-password", next, "repeat-password", next)
	b.wantPage("Sign in", "")
}
