package signin

import (
	"context"

	"cognate"
)

// SMSMFAChallenge asks for the code of a text message, as the second factor (SMS_MFA). The code can also
// set up the second factor: the AuthSession knows that.
type SMSMFAChallenge struct{ CodeDelivery }

// SMSMFAResponse answers an SMSMFAChallenge.
type SMSMFAResponse struct {
	Code string // required
}

func (SMSMFAChallenge) isChallenge() {}

func smsMFAChallenge(d CodeDelivery) Challenge { return SMSMFAChallenge{d} }

func (r SMSMFAResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, r.Code, cognate.StepSMS, cognate.StepSetupSMS)
}
