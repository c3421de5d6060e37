package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/totp"
	"cognate/store"
)

// answerSoftwareToken checks the code of a SOFTWARE_TOKEN_MFA challenge. A wrong code leaves the Session usable and counts
// towards the lockout; a right one is spent with the Session, for good.
func (e *Engine) answerSoftwareToken(ctx context.Context, a *Answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSoftwareToken)
	if err != nil {
		return nil, err
	}
	code, err := parameter(a.Responses, "SOFTWARE_TOKEN_MFA_CODE")
	if err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		Call: a.Call, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, e.spendCode(ctx, tx, now, code)
		},
		next: toTokens,
	})
}

// spendCode accepts a code of the user's software token and spends its time step.
func (e *Engine) spendCode(ctx context.Context, tx *store.Tx, user *cognate.User, code string) error {
	if user.Tokens.Active == nil {
		return api.ErrNoSoftwareToken
	}
	step, err := totp.Verify(user.Tokens.Active.Secret, code, e.Now(), user.Tokens.LastStep)
	switch {
	case errors.Is(err, totp.ErrReplayed):
		return api.ErrCodeSpent
	case errors.Is(err, totp.ErrMismatch):
		return wrongGuess{api.ErrCodeMismatch}
	case err != nil:
		return err
	}
	first, err := tx.SpendStep(ctx, user, step)
	if err != nil {
		return err
	}
	if !first { // another node spent it since the user was read
		return api.ErrCodeSpent
	}
	return nil
}
