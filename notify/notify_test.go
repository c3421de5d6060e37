package notify_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
)

const (
	email = api.DeliveryMediumTypeEmail
	sms   = api.DeliveryMediumTypeSms
)

func TestMask(t *testing.T) {
	t.Parallel()
	for destination, want := range map[string]string{
		"foo@example.com": "f***@e***",
		"élan@ümlaut.de":  "é***@ü***",
		"a@b":             "a***@b***",
		"+15555559934":    "+*******9934",
		"+49":             "+*******+49",
	} {
		if got := notify.Mask(destination); got != want {
			t.Errorf("Mask(%q) = %q, want %q", destination, got, want)
		}
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	template := &api.VerificationMessageTemplateType{
		EmailSubject: "Hello {username}", EmailMessage: "<b>{####}</b>", SmsMessage: "{####} is it",
	}
	tests := []struct {
		name     string
		template *api.VerificationMessageTemplateType
		medium   api.DeliveryMediumType
		subject  string
		body     string
	}{
		{"email without a template", nil, email, "Confirm it is you", "Your confirmation code is 123456."},
		{"email", template, email, "Hello anna{####}", "<b>123456</b>"},
		{"SMS without a template", nil, sms, "", "Your confirmation code is 123456."},
		{"SMS", template, sms, "", "123456 is it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool := &cognate.UserPool{ID: "eu-west-1_A"}
			pool.VerificationMessageTemplate = tt.template
			to := notify.Recipient{Sub: "1", Username: "anna{####}", Medium: tt.medium, Destination: "there"}
			got, err := notify.Verification(pool, notify.KindSignUp, to, "123456", notify.Link{})
			if err != nil {
				t.Fatalf("Verification() = %v, want no error", err)
			}
			want := notify.Message{
				PoolID: "eu-west-1_A", Sub: "1", Username: "anna{####}", Medium: tt.medium, Destination: "there", Kind: notify.KindSignUp,
				Subject: tt.subject, Body: tt.body, Code: "123456",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Verification() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerificationByLink(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{}
	pool.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
		DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithLink,
	}
	to := notify.Recipient{Medium: email, Destination: "a@example.com"}
	_, err := notify.Verification(pool, notify.KindSignUp, to, "123456", notify.Link{})
	noDomain := api.InvalidParameterException("Cannot perform specific action because there does not exist a valid use pool domain associated with the user pool")
	if !errors.Is(err, noDomain) {
		t.Errorf("Verification(by link, without a domain) = %v, want %v", err, noDomain)
	}
	if _, err := notify.Verification(pool, notify.KindForgotPassword, to, "123456", notify.Link{}); err != nil {
		t.Errorf("Verification(for a forgotten password) = %v, want no error: a code is typed there", err)
	}
}

// TestLinks checks what an email with a link contains. The username and the code are part of the address, and the address is HTML.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := notify.Link{Page: "https://login.example.com/confirmUser", ClientID: "client"}
	const address = "https://login.example.com/confirmUser?client_id=client&confirmation_code=123456&user_name=anna%26%22"
	pool := &cognate.UserPool{}
	pool.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
		DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithLink, EmailMessage: "code {####}", EmailSubjectByLink: "Hello {username}",
		EmailMessageByLink: "{##Verify <b>now</b>##} or {##later##}",
	}
	to := notify.Recipient{Username: `anna&"`, Medium: email, Destination: "a@example.com"}
	m, err := notify.Verification(pool, notify.KindResendCode, to, "123456", link)
	if err != nil {
		t.Fatalf("Verification(by link) = %v", err)
	}
	escaped := strings.ReplaceAll(address, "&", "&amp;")
	body := `<a href="` + escaped + `">Verify <b>now</b></a> or <a href="` + escaped + `">later</a>`
	if m.Body != body || m.Link != address || m.Subject != `Hello anna&"` || m.Code != "123456" {
		t.Errorf("Verification(by link) = %q, %q, %q, want the body %q", m.Subject, m.Body, m.Link, body)
	}
	if m, err = notify.Verification(pool, notify.KindVerifyUserAttribute, to, "123456", link); err != nil || m.Body != "code 123456" || m.Link != "" {
		t.Errorf("Verification(of an attribute) = %q, %v, want the code", m.Body, err)
	}
	to.Medium = sms
	if m, err = notify.Verification(pool, notify.KindSignUp, to, "123456", notify.Link{}); err != nil || m.Link != "" {
		t.Errorf("Verification(SMS) = %q, %v, want the code", m.Body, err)
	}
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{}
	to := notify.Recipient{Username: "anna", Medium: email, Destination: "a@example.com"}
	m := notify.Invitation(pool, to, "Secret-1")
	if want := "An account was made for you. Username: anna Temporary password: Secret-1"; m.Body != want || m.Subject == "" {
		t.Errorf("Invitation() = %q, %q, want the body %q", m.Subject, m.Body, want)
	}
	pool.InviteMessageTemplate = &api.MessageTemplateType{
		EmailSubject: "Welcome {username}", EmailMessage: "{username}/{####}", SMSMessage: "sms {username} {####}",
	}
	m = notify.Invitation(pool, to, "Secret-1")
	if m.Subject != "Welcome anna" || m.Body != "anna/Secret-1" {
		t.Errorf("Invitation(with a template) = %q, %q", m.Subject, m.Body)
	}
	to.Medium = sms
	if m = notify.Invitation(pool, to, "Secret-1"); m.Subject != "" || m.Body != "sms anna Secret-1" {
		t.Errorf("Invitation(SMS) = %q, %q", m.Subject, m.Body)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{}
	to := notify.Recipient{Medium: email}
	if m := notify.Authentication(pool, to, "123456"); m.Body != "Your sign-in code is 123456." || m.Subject == "" {
		t.Errorf("Authentication(email) = %q, %q", m.Subject, m.Body)
	}
	pool.MFA.Email = &api.EmailMfaConfigType{Subject: "Code", Message: "Use {####}"}
	if m := notify.Authentication(pool, to, "123456"); m.Subject != "Code" || m.Body != "Use 123456" {
		t.Errorf("Authentication(email with a template) = %q, %q", m.Subject, m.Body)
	}
	pool.SMSAuthenticationMessage = "{####}!"
	to.Medium = sms
	if m := notify.Authentication(pool, to, "123456"); m.Subject != "" || m.Body != "123456!" {
		t.Errorf("Authentication(SMS) = %q, %q", m.Subject, m.Body)
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	user := &cognate.User{Sub: "1", Username: "anna", Attributes: map[string]string{"email": "a@example.com", "phone_number": "+4915"}}
	got := notify.At(&cognate.UserPool{}, user, "phone_number", "+4915")
	if diff := cmp.Diff(notify.Recipient{Sub: "1", Username: "anna", Medium: sms, Destination: "+4915"}, got); diff != "" {
		t.Errorf("At() (-want +got):\n%s", diff)
	}
	user.Username = "1"
	pool := &cognate.UserPool{PoolUsernames: cognate.PoolUsernames{
		UsernameAttributes: []api.UsernameAttributeType{api.UsernameAttributeTypeEmail},
	}}
	if got := notify.At(pool, user, "phone_number", "+4915").Username; got != "a@example.com" {
		t.Errorf("At(username attributes).Username = %q, want the email address", got)
	}
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	box := &notify.Mailbox{Size: 2}
	if _, ok := box.Last(""); ok {
		t.Error("Last() of an empty mailbox found a message")
	}
	for _, m := range []notify.Message{
		{Destination: "a@x", Code: "1"}, {Destination: "b@x", Code: "2"}, {Destination: "a@x", Code: "3"},
	} {
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatalf("Send() = %v", err)
		}
	}
	if got := box.Messages(""); len(got) != 2 || got[0].Code != "2" || got[1].Code != "3" {
		t.Errorf("Messages() = %v, want the newest two", got)
	}
	if got := box.Messages("a@x"); len(got) != 1 || got[0].Code != "3" {
		t.Errorf("Messages(a@x) = %v, want one", got)
	}
	if got, ok := box.Last("b@x"); !ok || got.Code != "2" {
		t.Errorf("Last(b@x) = %v, %v", got, ok)
	}
	box.Clear()
	if got := box.Messages(""); len(got) != 0 {
		t.Errorf("Messages() after Clear = %v, want none", got)
	}
}

func TestNone(t *testing.T) {
	t.Parallel()
	err := notify.None{}.Send(t.Context(), notify.Message{Medium: sms})
	if !errors.Is(err, &api.Error{Code: api.CodeCodeDeliveryFailureException}) {
		t.Errorf("None.Send() = %v, want CodeDeliveryFailureException", err)
	}
}

func TestMessageIsNotLogged(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	m := notify.Message{
		Sub: "1", Destination: "anna@example.com", Kind: notify.KindSignUp, Subject: "subject", Body: "code 123456", Code: "123456",
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("sent", "message", m)
	for _, secret := range []string{"123456", "anna@example.com", "subject"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log has %q: %s", secret, &text)
		}
	}
}

// Users choose their usernames: in an email a username must not become markup.
func TestUsernamesAreNotMarkup(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{PoolMessages: cognate.PoolMessages{InviteMessageTemplate: &api.MessageTemplateType{
		EmailMessage: "<b>{username}</b> {####}", SMSMessage: "{username} {####}",
	}}}
	for medium, want := range map[api.DeliveryMediumType]string{
		api.DeliveryMediumTypeEmail: "<b>&lt;a/href=x&gt;</b> p&amp;w", api.DeliveryMediumTypeSms: "<a/href=x> p&w",
	} {
		to := notify.Recipient{Username: "<a/href=x>", Medium: medium}
		if got := notify.Invitation(pool, to, "p&w").Body; got != want {
			t.Errorf("%s body = %q, want %q", medium, got, want)
		}
	}
}

// A subject is one line for any template, so it cannot start another header.
func TestSubjectsAreOneLine(t *testing.T) {
	t.Parallel()
	pool := &cognate.UserPool{PoolMessages: cognate.PoolMessages{
		InviteMessageTemplate: &api.MessageTemplateType{EmailSubject: "Welcome\r\nBcc: victim@example.com\u2028{username}\n"},
		VerificationMessageTemplate: &api.VerificationMessageTemplateType{
			EmailSubject: "{####} for\t{username}", EmailMessage: "{username}: {####} {####}", SmsMessage: "{username}: {####}",
		},
	}}
	to := notify.Recipient{Username: "an\nna", Medium: email}
	if got, want := notify.Invitation(pool, to, "p").Subject, "Welcome  Bcc: victim@example.com an na"; got != want {
		t.Errorf("Invitation().Subject = %q, want %q", got, want)
	}
	to.Username = "anna"
	m, err := notify.Verification(pool, notify.KindSignUp, to, "123456", notify.Link{})
	if err != nil || m.Subject != "123456 for anna" || m.Body != "anna: 123456 123456" {
		t.Errorf("Verification() = %q, %q, %v, want each place filled", m.Subject, m.Body, err)
	}
	to.Medium = sms
	if m, err = notify.Verification(pool, notify.KindSignUp, to, "123456", notify.Link{}); err != nil || m.Body != "anna: 123456" {
		t.Errorf("Verification(SMS) = %q, %v", m.Body, err)
	}
}
