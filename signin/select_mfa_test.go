package signin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

const (
	selectMFA = api.ChallengeNameTypeSelectMfaType
	smsMFA    = api.ChallengeNameTypeSmsMfa
)

// choosing returns a pool whose user ann is at SELECT_MFA_TYPE, with the secret of her token.
func choosing(t *testing.T) (p *cognatetest.UserPool, session, secret string) {
	t.Helper()
	p = cognatetest.Pool(t, cognatetest.MFA(optional))
	setMode(t, p, optional, true)
	p.MustUser("ann")
	givePhone(t, p)
	secret = p.MustEnrolWith(p.MustSignIn("ann", "").AuthenticationResult.AccessToken)
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true)}, &api.SoftwareTokenMfaSettingsType{Enabled: new(true)})
	p.NextStep()
	return p, p.MustSignIn("ann", selectMFA).Session, secret
}

func choose(p *cognatetest.UserPool, session, factor string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Answer(selectMFA, session, map[string]string{"USERNAME": "ann", "ANSWER": factor})
}

func TestSelectSoftwareToken(t *testing.T) {
	t.Parallel()
	p, session, secret := choosing(t)
	if _, err := choose(p, session, "EMAIL_OTP"); err == nil {
		t.Error("a factor that was not offered was accepted")
	}
	out := cognatetest.Try(choose(p, session, "SOFTWARE_TOKEN_MFA")).Of(t)
	if out.ChallengeName != totp || len(out.ChallengeParameters) != 0 {
		t.Fatalf("SELECT_MFA_TYPE = %+v, want SOFTWARE_TOKEN_MFA without parameters", out)
	}
	_, err := p.AnswerCode("ann", session, p.Code(secret))
	cognatetest.WantError(t, "a code on the session of the choice", err, api.ErrInvalidSession)
	_, err = choose(p, session, "SMS_MFA")
	cognatetest.WantError(t, "a second choice on the session", err, api.ErrSessionSpent)
	done := cognatetest.Try(p.AnswerCode("ann", out.Session, p.Code(secret))).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("SOFTWARE_TOKEN_MFA = %+v, want tokens", done)
	}
}

// Each sign-in comes to the choice by a right password. Neither resets the count of wrong codes.
func TestSelectDoesNotResetTheLockout(t *testing.T) {
	t.Parallel()
	p, session, secret := choosing(t)
	wrong := func(session string, codes int) (next string) {
		next = cognatetest.Try(choose(p, session, "SOFTWARE_TOKEN_MFA")).Of(t).Session
		for range codes {
			_, err := p.AnswerCode("ann", next, p.WrongCode(secret))
			cognatetest.WantError(t, "wrong code", err, api.ErrCodeMismatch)
		}
		return next
	}
	wrong(session, 4)
	next := wrong(p.MustSignIn("ann", selectMFA).Session, 1)
	_, err := p.AnswerCode("ann", next, p.Code(secret))
	cognatetest.WantError(t, "right code after five wrong ones", err, api.ErrAttemptsExceeded)
}

func TestSelectSMS(t *testing.T) {
	t.Parallel()
	p, session, _ := choosing(t)
	out := cognatetest.Try(choose(p, session, "SMS_MFA")).Of(t)
	want := map[string]string{"CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******0100"}
	if diff := cmp.Diff(want, out.ChallengeParameters); out.ChallengeName != smsMFA || diff != "" {
		t.Fatalf("SELECT_MFA_TYPE = %s, parameters differ (-want +got):\n%s", out.ChallengeName, diff)
	}
	message, sent := p.Mailbox.Last("+15555550100")
	if !sent || len(message.Code) != 6 {
		t.Fatalf("message = %+v, %v, want one with a code", message, sent)
	}
	answer := func(session, code string) (*api.RespondToAuthChallengeOutput, error) {
		return p.Answer(smsMFA, session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": code})
	}
	wrong := "000000"
	if message.Code == wrong {
		wrong = "111111"
	}
	_, err := answer(out.Session, wrong)
	cognatetest.WantError(t, "wrong code", err, api.ErrCodeOrAuthState)
	done := cognatetest.Try(answer(out.Session, message.Code)).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("SMS_MFA = %+v, want tokens", done)
	}
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"})
	verified := false
	for _, a := range user.UserAttributes {
		verified = verified || a.Name == "phone_number_verified" && a.Value == "true"
	}
	if !verified {
		t.Error("the number that answered is not marked as verified")
	}
}

// A code works only for the sign-in that it was sent for. Another Session of the same user does not accept it.
func TestSentCodeIsBoundToItsSession(t *testing.T) {
	t.Parallel()
	p, session, _ := choosing(t)
	first := cognatetest.Try(choose(p, session, "SMS_MFA")).Of(t)
	firstCode, _ := p.Mailbox.Last("+15555550100")
	second, secondCode := first, firstCode
	for secondCode.Code == firstCode.Code { // chance may make the same one again
		second = cognatetest.Try(choose(p, p.MustSignIn("ann", selectMFA).Session, "SMS_MFA")).Of(t)
		secondCode, _ = p.Mailbox.Last("+15555550100")
	}
	for what, in := range map[string]struct{ session, code string }{
		"the second's code on the first session": {first.Session, secondCode.Code},
		"the first's code on the second session": {second.Session, firstCode.Code},
	} {
		_, err := p.Answer(smsMFA, in.session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": in.code})
		cognatetest.WantError(t, what, err, api.ErrCodeOrAuthState)
	}
}
