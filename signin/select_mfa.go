package signin

import (
	"context"
	"slices"

	"cognate"
	"cognate/store"
)

// SelectMFAChallenge asks the user to choose the second factor (SELECT_MFA_TYPE).
type SelectMFAChallenge struct {
	Factors []cognate.Factor // to choose among
}

// SelectMFAResponse answers a SelectMFAChallenge. The challenge of the factor comes next.
type SelectMFAResponse struct {
	Factor cognate.Factor // required
}

func (SelectMFAChallenge) isChallenge() {}

func (r SelectMFAResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSelectMFA)
	if err != nil {
		return nil, err
	}
	if err := a.complete(string(r.Factor)); err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			if !slices.Contains(a.selectable(sub, now), r.Factor) {
				return nil, errNoSuchFactor
			}
			return now, nil
		},
		next: func(*cognate.User) decision { return ask{step: cognate.Step(r.Factor)} },
	})
}
