package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// mailers returns a pool that requires email as the second factor.
func mailers(t *testing.T, s *cognatetest.Server) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, EmailConfiguration: &api.EmailConfigurationType{
			EmailSendingAccount: api.EmailSendingAccountTypeDeveloper,
			SourceArn:           "arn:aws:ses:us-east-1:123456789012:identity/example.com",
		},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
			{Name: api.RecoveryOptionNameTypeAdminOnly, Priority: new(1)},
		}},
	})
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: on, EmailMfaConfiguration: &api.EmailMfaConfigType{},
	})
	return p
}

func TestSetupEmail(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := mailers(t, s)
		p.MustUser("ann")
		setup := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup)
		if got := setup.ChallengeParameters["MFAS_CAN_SETUP"]; got != `["EMAIL_OTP"]` {
			t.Errorf("MFAS_CAN_SETUP = %s, want EMAIL_OTP", got)
		}
		_, err := p.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "no address"))
		cognatetest.WantCode(t, "a malformed address", err, api.CodeInvalidParameterException)
		sent := cognatetest.Try(p.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "ann@example.com"))).Of(t)
		if sent.ChallengeName != byEmail || sent.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
			t.Fatalf("MFA_SETUP with EMAIL = %+v, want EMAIL_OTP", sent)
		}
		_, err = p.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "eve@example.com"))
		cognatetest.WantError(t, "another address for the same Session", err, api.ErrSessionSpent)
		code := mustCode(t, s, "ann@example.com")
		_, err = p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", cognatetest.ChangeAt(code, 0)))
		cognatetest.WantError(t, "a wrong code", err, api.ErrCodeOrAuthState)
		if out := cognatetest.Try(p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", code))).Of(t); out.AuthenticationResult == nil {
			t.Fatalf("EMAIL_OTP = %+v, want tokens", out)
		}
		p.MustSignIn("ann", byEmail)
	})
}

// An answer to MFA_SETUP must not replace an address that the user has, nor set up a factor that the pool does not offer.
func TestSetupEmailRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := mailers(t, s)
	p.MustUser("ann")
	setup := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup)
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: []api.AttributeType{{Name: "email", Value: "ann@example.com"}},
	})
	_, err := p.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "eve@example.com"))
	cognatetest.WantCode(t, "an address in place of the user's", err, api.CodeInvalidParameterException)

	tokensOnly := s.Pool(t, cognatetest.MFA(on))
	tokensOnly.MustUser("ann")
	setup = tokensOnly.MustSignIn("ann", api.ChallengeNameTypeMfaSetup)
	_, err = tokensOnly.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "ann@example.com"))
	cognatetest.WantCode(t, "a factor that the pool doesn't offer", err, api.CodeInvalidParameterException)
}

// An attacker who knows only the password can keep a Session of MFA_SETUP until the user has set up a factor. After that, no
// step of the Session can set up a factor, because it would bypass the user's factor.
func TestSetupEndsWithAFactor(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := mailers(t, s)
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: on, EmailMfaConfiguration: &api.EmailMfaConfigType{},
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	p.MustUser("ann")
	begin := func() string { return p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session }
	kept, answered := begin(), begin()
	sent := cognatetest.Try(p.Answer(api.ChallengeNameTypeMfaSetup, answered, responses("ann", "EMAIL", "eve@example.com"))).Of(t)
	p.MustEnrol("ann")
	_, err := p.Answer(api.ChallengeNameTypeMfaSetup, kept, responses("ann", "EMAIL", "eve@example.com"))
	cognatetest.WantError(t, "an address past the software token", err, api.ErrInvalidSession)
	_, err = p.Answer(byEmail, sent.Session, responses("ann", "EMAIL_OTP_CODE", mustCode(t, s, "eve@example.com")))
	cognatetest.WantError(t, "the code of an address past the software token", err, api.ErrInvalidSession)

	p.MustUser("bob")
	begin = func() string { return p.MustSignIn("bob", api.ChallengeNameTypeMfaSetup).Session }
	kept, answered = begin(), begin()
	begun := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: answered})
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "bob", UserAttributes: []api.AttributeType{{Name: "email", Value: "bob@example.com"}},
	})
	_, err = p.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: kept})
	cognatetest.WantError(t, "a software token past the address", err, api.ErrInvalidSession)
	_, err = p.Client.VerifySoftwareToken(t.Context(), &api.VerifySoftwareTokenInput{Session: begun.Session, UserCode: s.Code(begun.SecretCode)})
	cognatetest.WantError(t, "the code of a software token past the address", err, api.ErrInvalidSession)
}

// MFA_SETUP leaves out the medium that the pool uses first for account recovery. If there is nothing else, the sign-in ends with an
// error. Source: docs/behaviour.md §1.6.
func TestSetupLeavesOutRecovery(t *testing.T) {
	t.Parallel()
	p := mailers(t, cognatetest.Start(t))
	p.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
			{Name: api.RecoveryOptionNameTypeVerifiedEmail, Priority: new(1)}, {Name: api.RecoveryOptionNameTypeVerifiedPhoneNumber, Priority: new(2)},
		}},
	})
	p.MustUser("ann")
	p.MustUser("bob", cognatetest.Attributes("email", "bob@example.com")...)
	nothing := api.InvalidParameterException("User has no MFA method and can not set one up in this user pool.")
	for _, name := range []string{"ann", "bob"} {
		_, err := p.SignIn(name)
		cognatetest.WantError(t, "sign-in of "+name, err, nothing)
	}

	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password})
	asked := p.MustSignIn("ann", newPassword)
	_, err := p.Answer(newPassword, asked.Session, responses("ann", "NEW_PASSWORD", "Another-horse-8"))
	cognatetest.WantError(t, "a new password", err, nothing)
	_, err = withPassword(t, p, "ann", "Another-horse-8")
	cognatetest.WantError(t, "sign-in with the new password", err, nothing)

	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: on, EmailMfaConfiguration: &api.EmailMfaConfigType{},
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
	})
	setup := cognatetest.Try(withPassword(t, p, "ann", "Another-horse-8")).Of(t)
	if got := setup.ChallengeParameters["MFAS_CAN_SETUP"]; got != `["SOFTWARE_TOKEN_MFA"]` {
		t.Errorf("MFAS_CAN_SETUP = %s, want the software token only", got)
	}
	_, err = p.Answer(setup.ChallengeName, setup.Session, responses("ann", "EMAIL", "ann@example.com"))
	cognatetest.WantError(t, "MFA_SETUP with EMAIL", err, api.InvalidParameterException("Invalid MFA type selected."))
	p.MustEnrol("bob")
}
