package account_test

import (
	"slices"
	"strings"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
	"cognate/notify"
)

// noticed returns the subjects of the security notices to an address.
func noticed(p *cognatetest.UserPool, address string) []string {
	var subjects []string
	for _, m := range p.Mailbox.Messages(address) {
		if m.Kind == notify.KindSecurityNotice {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}

// With the tag, each change of what protects an account sends one notice, to the address that was verified before.
func TestSecurityNotices(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Tag(cognate.TagSecurityNotices, "on"), cognatetest.MFA(api.UserPoolMfaTypeOptional), cognatetest.TrackDevices(false, true),
		cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn))
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: api.UserPoolMfaTypeOptional,
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
		WebAuthnConfiguration:         &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID},
	})
	const address = "ann@example.com"
	p.MustUser("ann", cognatetest.Attributes("email", address, "email_verified", "true")...)
	p.MustUser("eve", cognatetest.Attributes("email", "eve@example.com")...)
	signedIn := p.MustSignIn("ann", "").AuthenticationResult
	token := signedIn.AccessToken
	secret, passkey := "", ""
	admin := func(attributes ...string) {
		p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
			UserPoolId: p.PoolID, Username: "ann", UserAttributes: cognatetest.Attributes(attributes...),
		})
	}
	p.Mailbox.Clear()
	for _, step := range []struct {
		what string
		do   func()
		want string // subject; empty for none
	}{
		{"ChangePassword", func() {
			p.Must(t).ChangePassword(&api.ChangePasswordInput{AccessToken: token, PreviousPassword: cognatetest.Password, ProposedPassword: "Another-horse-7"})
		}, "Your password changed"},
		{"AdminSetUserPassword", func() {
			p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password, Permanent: new(true)})
		}, "Your password changed"},
		{"ConfirmForgotPassword", func() {
			p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
			sent, _ := p.Mailbox.Last(address)
			p.Must(t).ConfirmForgotPassword(&api.ConfirmForgotPasswordInput{ClientId: p.ClientID, Username: "ann", ConfirmationCode: sent.Code, Password: cognatetest.Password})
		}, "Your password changed"},
		{"VerifySoftwareToken", func() { secret = p.MustEnrolWith(token) }, "Your authenticator app changed"},
		{"SetUserMFAPreference(on)", func() { p.MustPrefer(token, true, true) }, ""},
		{"SetUserMFAPreference(off)", func() { p.MustPrefer(token, false, false) }, "Your authenticator app changed"},
		{"AdminDeleteSoftwareToken", func() {
			mustDeleteToken(t, p)
		}, "Your authenticator app changed"},
		{"CompleteWebAuthnRegistration", func() {
			p.MustRegister(token, new(webauthntest.Authenticator))
			passkey = p.Must(t).ListWebAuthnCredentials(&api.ListWebAuthnCredentialsInput{AccessToken: token}).Credentials[0].CredentialId
		}, "Your passkeys changed"},
		{"DeleteWebAuthnCredential", func() {
			p.Must(t).DeleteWebAuthnCredential(&api.DeleteWebAuthnCredentialInput{AccessToken: token, CredentialId: passkey})
		}, "Your passkeys changed"},
		{"ConfirmDevice", func() { p.MustConfirmDevice(signedIn) }, "Your devices changed"},
		{"AdminForgetDevice", func() {
			p.Must(t).AdminForgetDevice(&api.AdminForgetDeviceInput{UserPoolId: p.PoolID, Username: "ann", DeviceKey: signedIn.NewDeviceMetadata.DeviceKey})
		}, "Your devices changed"},
		{"UpdateUserAttributes(name)", func() { admin("name", "Ann") }, ""},
		{"AdminUpdateUserAttributes(phone)", func() { admin("phone_number", "+15555550100") }, "Your phone number changed"},
		{"DeleteUserAttributes(phone)", func() {
			p.Must(t).DeleteUserAttributes(&api.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"phone_number"}})
		}, "Your phone number changed"},
		{"AdminDisableProviderForUser", func() {
			p.Must(t).AdminDisableProviderForUser(&api.AdminDisableProviderForUserInput{
				UserPoolId: p.PoolID, User: &api.ProviderUserIdentifierType{ProviderName: "Cognito", ProviderAttributeName: "Cognito_Subject", ProviderAttributeValue: "ann"},
			})
		}, "Your password changed"},
		{"AdminUpdateUserAttributes(email)", func() { admin("email", "new@example.com", "email_verified", "true") }, "Your email address changed"},
	} {
		step.do()
		got := noticed(p, address)
		if want := slices.DeleteFunc([]string{step.want}, func(s string) bool { return s == "" }); !slices.Equal(got, want) {
			t.Errorf("notices after %s = %q, want %q", step.what, got, want)
		}
		p.Mailbox.Clear()
	}
	if secret == "" {
		t.Error("no software token")
	}
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "eve", Password: "Another-horse-7", Permanent: new(true)})
	if got := noticed(p, ""); len(got) > 0 {
		t.Errorf("notices to an address that is not verified: %q", got)
	}
}

// The answer to NEW_PASSWORD_REQUIRED changes the password too. Tags override the texts, and an administrator's address is not shown.
func TestSecurityNoticeTexts(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Tag(cognate.TagSecurityNotices, "on"))
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	p.Mailbox.Clear()
	temporary := func() {
		p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password})
	}
	temporary()
	asked := p.MustSignIn("ann", api.ChallengeNameTypeNewPasswordRequired)
	if _, err := p.Answer(api.ChallengeNameTypeNewPasswordRequired, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Another-horse-7"}); err != nil {
		t.Fatalf("RespondToAuthChallenge = %v", err)
	}
	sent := p.Mailbox.Messages("ann@example.com")
	if len(sent) != 2 || !strings.HasPrefix(sent[0].Text, "An administrator changed the password of your account ann at ") || strings.Contains(sent[0].Text, "127.0.0.1") ||
		!strings.Contains(sent[1].Text, "The request came from 127.0.0.1") {
		t.Errorf("notices = %+v, want one of an administrator and one of the user", sent)
	}
	p.Must(t).TagResource(&api.TagResourceInput{ResourceArn: p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool.Arn, Tags: map[string]string{
		cognate.TagSecurityNoticesSubject: "{change}!", cognate.TagSecurityNoticesText: "<b>{username}: {change}",
	}})
	temporary()
	last, _ := p.Mailbox.Last("ann@example.com")
	if last.Subject != "password!" || last.Text != "<b>ann: password" || last.Body != "&lt;b&gt;ann: password" {
		t.Errorf("notice with the texts of tags = %q, %q, %q", last.Subject, last.Text, last.Body)
	}
	p.Must(t).TagResource(&api.TagResourceInput{ResourceArn: p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}).UserPool.Arn, Tags: map[string]string{
		cognate.TagSecurityNotices: "off",
	}})
	p.Mailbox.Clear()
	temporary()
	if got := noticed(p, ""); len(got) > 0 {
		t.Errorf("notices without the tag: %q", got)
	}
}
