package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A code that is on its way to a telephone is void once the user has another number: the old one may be why.
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

// Whoever turns a factor off, or another on, means the sign-ins that are on their way, too.
func TestChangedFactorsEndOpenSignIns(t *testing.T) {
	t.Parallel()
	p, session, _ := choosing(t)
	out := cognatetest.Try(choose(p, session, "SMS_MFA")).Of(t)
	message, _ := p.Mailbox.Last("+15555550100")
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(false)}, nil)
	_, err := p.Answer(smsMFA, out.Session, map[string]string{"USERNAME": "ann", "SMS_MFA_CODE": message.Code})
	cognatetest.WantError(t, "the code of a factor that is off", err, api.ErrInvalidSession)
	kept := p.MustSignIn("ann", totp).Session
	prefer(t, p, &api.SMSMfaSettingsType{Enabled: new(false)}, nil)
	_, err = p.AnswerCode("ann", kept, "000000")
	cognatetest.WantError(t, "a code after a preference that changed nothing", err, api.ErrCodeMismatch)
}

// A sign-in that was to set a factor up, from before the user had one, must not go round the one that the user has now.
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
