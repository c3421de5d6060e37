package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestSessionChainOfMFASetup(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, cognatetest.MFA(on))
		p.MustUser("ann")
		s1 := p.MustSignIn("ann", setup).Session
		a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: s1})).Of(t)
		code := p.Code(a.SecretCode)

		_, err := verify(t, p, api.VerifySoftwareTokenInput{Session: s1, UserCode: code})
		cognatetest.WantError(t, "VerifySoftwareToken(S1)", err, api.ErrInvalidSession)
		for what, session := range map[string]string{"S1": s1, "S2": a.Session} {
			_, err := p.Answer(setup, session, map[string]string{"USERNAME": "ann"})
			cognatetest.WantError(t, "RespondToAuthChallenge("+what+")", err, api.ErrInvalidSession)
		}
		v := cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: code})).Of(t)
		if v.Status != api.VerifySoftwareTokenResponseTypeSuccess || v.Session == "" {
			t.Errorf("VerifySoftwareToken() = %+v, want SUCCESS and a Session", v)
		}
		_, err = verify(t, p, api.VerifySoftwareTokenInput{Session: a.Session, UserCode: code})
		cognatetest.WantError(t, "VerifySoftwareToken(S2 again)", err, api.ErrSessionSpent)
		out := cognatetest.Try(p.Answer(setup, v.Session, map[string]string{"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": "000000"})).Of(t)
		if out.AuthenticationResult == nil || out.ChallengeName != "" || out.Session != "" {
			t.Errorf("RespondToAuthChallenge(S3) = %+v, want tokens", out)
		}
		_, err = p.Answer(setup, v.Session, map[string]string{"USERNAME": "ann"})
		cognatetest.WantError(t, "RespondToAuthChallenge(S3 again)", err, api.ErrSessionSpent)
	})
}

// The token stays in force if the client skips the last call of the chain.
func TestTokenIsInForceOnceVerified(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	s1 := p.MustSignIn("ann", setup).Session
	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{Session: s1})).Of(t)
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{
		Session: a.Session, UserCode: p.Code(a.SecretCode), FriendlyDeviceName: "Ann's phone",
	})).Of(t)
	challenge := p.MustSignIn("ann", totp)
	if got := challenge.ChallengeParameters["FRIENDLY_DEVICE_NAME"]; got != "Ann's phone" {
		t.Errorf("FRIENDLY_DEVICE_NAME = %q, want the name given", got)
	}
	if got := challenge.ChallengeParameters["USER_ID_FOR_SRP"]; got != "ann" {
		t.Errorf("USER_ID_FOR_SRP = %q, want ann", got)
	}
}

func TestVerifyRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	_, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: "123456"})
	cognatetest.WantError(t, "VerifySoftwareToken(nothing associated)", err, api.ErrNoSoftwareToken)

	a := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
	_, err = verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.WrongCode(a.SecretCode)})
	cognatetest.WantError(t, "VerifySoftwareToken(wrong code)", err, api.ErrEnrolMismatch)

	code := p.Code(a.SecretCode)
	if _, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: code}); err != nil {
		t.Fatalf("VerifySoftwareToken(right code after a wrong one) = %v, want SUCCESS", err)
	}
	b := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
	_, err = verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(b.SecretCode)})
	cognatetest.WantError(t, "VerifySoftwareToken(time step spent by the enrolment before)", err, api.ErrEnrolSpent)
	p.NextStep()
	if _, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(b.SecretCode)}); err != nil {
		t.Errorf("VerifySoftwareToken(next step) = %v, want SUCCESS", err)
	}
}

func TestVerifiedTokenIsNotAskedForWhereMFAIsOptional(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	p.MustUser("ann")
	access := p.MustSignIn("ann", tokens).AuthenticationResult.AccessToken
	p.MustEnrolWith(access)
	if user := mustGetUser(t, p, "ann"); user.UserMFASettingList != nil {
		t.Errorf("UserMFASettingList = %q, want none until the user switches the factor on", user.UserMFASettingList)
	}
	p.MustSignIn("ann", tokens)
	p.MustPrefer(access, true, false)
	p.MustSignIn("ann", totp)
}
