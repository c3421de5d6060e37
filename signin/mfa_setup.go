package signin

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// answerSetup finishes a sign-in whose user has just set a software token up: the Session is the one that
// VerifySoftwareToken handed on (docs/behaviour.md §1.9). An answer with an address sets that up instead.
func (e *Engine) answerSetup(ctx context.Context, a *Answer) (*Outcome, error) {
	// The guide has the name in both cases.
	if address := cmp.Or(a.Responses["EMAIL"], a.Responses["email"]); address != "" {
		return e.setupEmail(ctx, a, address)
	}
	session, sub, err := e.open(ctx, a, cognate.StepSetupVerified)
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		Call: a.Call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			if now.Tokens.Active == nil || now.Tokens.Active.ID != session.TokenID {
				return nil, api.ErrInvalidSession
			}
			return now, nil
		},
		next: toTokens,
	})
}
