package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/store"
)

// answerSelectMFA continues with the factor that the user chose.
func (e *Engine) answerSelectMFA(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSelectMFA)
	if err != nil {
		return nil, err
	}
	chosen, err := parameter(a.Responses, "ANSWER")
	if err != nil {
		return nil, err
	}
	factor := cognate.Factor(chosen)
	return e.settle(ctx, &step{
		Call: a.Call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			if !slices.Contains(now.SecondFactors(a.Pool), factor) {
				return nil, errNoSuchFactor
			}
			return now, nil
		},
		next: func(*cognate.User) decision { return ask{step: cognate.Step(factor)} },
	})
}
