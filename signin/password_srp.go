package signin

import (
	"context"

	"cognate"
)

// answerFirstPasswordSRP answers a PASSWORD_SRP challenge with the client's half of an exchange.
func (e *Engine) answerFirstPasswordSRP(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepFirstPasswordSRP)
	if err != nil {
		return nil, err
	}
	srpA, err := parameter(a.Responses, "SRP_A")
	if err != nil {
		return nil, err
	}
	return e.chooseSRP(ctx, &step{Call: a.Call, subject: sub, session: session}, srpA, nil)
}
