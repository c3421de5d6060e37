package signin

import (
	"context"

	"cognate"
)

// SMSOTPChallenge asks for the code of a text message, as the first factor (SMS_OTP).
type SMSOTPChallenge struct{ CodeDelivery }

// SMSOTPResponse answers an SMSOTPChallenge.
type SMSOTPResponse struct {
	Code string // required
}

func (SMSOTPChallenge) isChallenge() {}

func smsOTPChallenge(d CodeDelivery) Challenge { return SMSOTPChallenge{d} }

func (r SMSOTPResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	return e.answerSentCode(ctx, a, r.Code, cognate.StepFirstSMS)
}
