package signin

import (
	"context"

	"cognate"
)

// EmailOTPChallenge asks for the code of an email message (EMAIL_OTP). The code is a first factor, a second factor, or it sets up
// a second factor: the AuthSession knows which.
type EmailOTPChallenge struct{ CodeDelivery }

// EmailOTPResponse answers an EmailOTPChallenge.
type EmailOTPResponse struct {
	Code string // required
}

func (EmailOTPChallenge) isChallenge() {}

func emailOTPChallenge(d CodeDelivery) Challenge { return EmailOTPChallenge{d} }

func (r EmailOTPResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, r.Code, cognate.StepEmail, cognate.StepFirstEmail, cognate.StepSetupEmail)
}
