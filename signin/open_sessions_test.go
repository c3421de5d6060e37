package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A code that was sent to a telephone is void after the user's number has changed: the user may have lost the telephone.
func TestSentCodeDiesWithItsNumber(t *testing.T) {
	t.Parallel()
	p, session, _ := choosing(t)
	out := cognatetest.Try(choose(p, session, "SMS_MFA")).Of(t)
	message, _ := p.Mailbox.Last("+15555550100")
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "ann", UserAttributes: []api.AttributeType{
			{Name: "phone_number", Value: "+15555550199"}, {Name: "phone_number_verified", Value: "true"},
		},
	})
	_, err := p.Answer(smsMFA, out.Session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": message.Code})
	cognatetest.WantError(t, "the code sent to the old number", err, api.ExpiredCodeException("Invalid code provided, please request a code again."))
}

// Switching a factor on or off ends unfinished sign-ins.
func TestChangedFactorsEndOpenSignIns(t *testing.T) {
	t.Parallel()
	p, session, secret := choosing(t)
	out := cognatetest.Try(choose(p, session, "SMS_MFA")).Of(t)
	message, _ := p.Mailbox.Last("+15555550100")
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(false)}, nil)
	_, err := p.Answer(smsMFA, out.Session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": message.Code})
	cognatetest.WantError(t, "the code of a factor that is off", err, api.ErrInvalidSession)
	kept := p.MustSignIn("ann", totp).Session
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(false)}, nil)
	_, err = p.AnswerCode("ann", kept, p.WrongCode(secret))
	cognatetest.WantError(t, "a code after a preference that changed nothing", err, api.ErrCodeMismatch)
}

// A sign-in at MFA_SETUP must not bypass a factor that the user has set up since.
func TestSetupEndsWhenTheUserHasAnotherFactor(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(optional))
	setMode(t, p, on, true)
	p.MustUser("ann")
	session := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session
	givePhone(t, p)
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(true)}, nil)
	_, err := p.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{Session: session})
	cognatetest.WantError(t, "AssociateSoftwareToken(Session) of a user with SMS", err, api.ErrInvalidSession)
}
