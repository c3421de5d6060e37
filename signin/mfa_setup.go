package signin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// MFASetupChallenge asks the user to set up a second factor (MFA_SETUP). The user sets up a software token by
// AssociateSoftwareToken and VerifySoftwareToken, each of which takes an AuthSession and returns the next, and answers with an
// MFASetupResponse; or the user answers with a SetupEmailResponse. Source: docs/behaviour.md §1.9.
type MFASetupChallenge struct {
	Factors []cognate.Factor // that the user may set up
}

// MFASetupResponse answers an MFASetupChallenge, after the software token is verified. The AuthSession is the one of
// VerifySoftwareToken: it is the proof, so the response has no field.
type MFASetupResponse struct{}

func (MFASetupChallenge) isChallenge() {}

func (MFASetupResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSetupVerified)
	if err != nil {
		return nil, err
	}
	if err := a.complete(); err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(_ context.Context, _ *store.Tx, now *cognate.User) (*cognate.User, error) {
			if now.Tokens.Active == nil || now.Tokens.Active.ID != session.TokenID {
				return nil, api.ErrInvalidSession
			}
			return now, nil
		},
		proves: cognate.Methods{cognate.MethodSoftwareToken},
		next:   toTokens,
	})
}
