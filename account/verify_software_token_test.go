package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
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
	p.NextStep()
	_, err = verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})
	cognatetest.WantError(t, "VerifySoftwareToken(a token that is verified)", err, api.ErrNoSoftwareToken)
	a = cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t)
	cognatetest.Try(verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(a.SecretCode)})).Of(t)
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

// In a pool that requires MFA, VerifySoftwareToken switches the factor on. It does not choose the preferred one.
func TestVerifiedTokenIsOnWhereMFAIsRequired(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	p.MustEnrol("ann")
	user := mustGetUser(t, p, "ann")
	if diff := cmp.Diff([]string{"SOFTWARE_TOKEN_MFA"}, user.UserMFASettingList); diff != "" || user.PreferredMfaSetting != "" {
		t.Errorf("factors = %q, preferred %q, want the software token and no preference", user.UserMFASettingList, user.PreferredMfaSetting)
	}
}

// The wrong codes of an enrolment and of sign-ins are counted together, a hundred a day.
func TestWrongCodesOfADay(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"VerifySoftwareToken", "SOFTWARE_TOKEN_MFA"} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, cognatetest.MFA(on))
			p.MustUser("ann")
			secret, access := p.MustEnrol("ann")
			mustCountWrongCodes(t, p, "ann", 99)
			if last == "SOFTWARE_TOKEN_MFA" {
				_, err := p.AnswerCode("ann", p.MustSignIn("ann", totp).Session, p.WrongCode(secret))
				cognatetest.WantError(t, "sign-in with wrong code 100", err, api.ErrCodeMismatch)
			}
			pending := cognatetest.Try(associate(t, p, api.AssociateSoftwareTokenInput{AccessToken: access})).Of(t).SecretCode
			if last == "VerifySoftwareToken" {
				_, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.WrongCode(pending)})
				cognatetest.WantError(t, "VerifySoftwareToken(wrong code 100)", err, api.ErrEnrolMismatch)
			}
			p.NextStep()
			_, err := verify(t, p, api.VerifySoftwareTokenInput{AccessToken: access, UserCode: p.Code(pending)})
			cognatetest.WantError(t, "VerifySoftwareToken(right code after 100 wrong ones)", err, api.ErrAttemptsExceeded)
		})
	}
}

// mustCountWrongCodes stores that the user has sent wrong codes since now.
func mustCountWrongCodes(t *testing.T, p *cognatetest.UserPool, username string, codes int) {
	t.Helper()
	var key string
	for _, a := range mustGetUser(t, p, username).UserAttributes {
		if a.Name == "sub" {
			key = "software-token/" + a.Value
		}
	}
	err := p.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.LockAttempts(t.Context(), p.PoolID, key)
		return errors.Join(err, tx.SaveAttempts(t.Context(), p.PoolID, key, store.Attempts{
			Failures: codes, LastFailed: p.Clock.Now(), LockedUntil: p.Clock.Now().Add(24 * time.Hour),
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
}
