package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/authn/totp"
	"cognate/store"
)

// SoftwareTokenChallenge asks for a code of the user's software token (SOFTWARE_TOKEN_MFA).
type SoftwareTokenChallenge struct {
	FriendlyName string // that the user gave the token; may be empty
}

// SoftwareTokenResponse answers a SoftwareTokenChallenge.
type SoftwareTokenResponse struct {
	Code string // required
}

func (SoftwareTokenChallenge) isChallenge() {}

func softwareTokenChallenge(user *cognate.User) SoftwareTokenChallenge {
	return SoftwareTokenChallenge{FriendlyName: user.Tokens.Active.FriendlyName}
}

// answer checks the code. A wrong code leaves the AuthSession usable and counts towards the lockout; a right code is spent with
// the AuthSession and never works again.
func (r SoftwareTokenResponse) answer(ctx context.Context, e *Engine, a *answer) (*Outcome, error) {
	session, sub, err := e.open(ctx, a, cognate.StepSoftwareToken)
	if err != nil {
		return nil, err
	}
	if err := a.complete(r.Code); err != nil {
		return nil, err
	}
	return e.settle(ctx, &step{
		call: a.call, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			return now, e.spendCode(ctx, tx, now, r.Code)
		},
		proves: cognate.Methods{cognate.MethodSoftwareToken},
		next:   toTokens,
	})
}

// spendCode accepts a code of the user's software token and spends its time step.
func (e *Engine) spendCode(ctx context.Context, tx *store.Tx, user *cognate.User, code string) error {
	if user.Tokens.Active == nil {
		return api.ErrNoSoftwareToken
	}
	guesses, err := e.Limits.AcquireTokenGuesses(ctx, tx, user.PoolID, user.Sub, e.Now())
	if err != nil {
		return err
	}
	step, err := totp.Verify(user.Tokens.Active.Secret, code, e.Now(), user.Tokens.LastStep)
	switch {
	case errors.Is(err, totp.ErrReplayed):
		return api.ErrCodeSpent
	case errors.Is(err, totp.ErrMismatch):
		if err := guesses.Count(ctx); err != nil {
			return err
		}
		return wrongGuess{api.ErrCodeMismatch}
	case err != nil:
		return err
	}
	first, err := tx.SpendStep(ctx, user, step)
	if err != nil {
		return err
	}
	if !first { // another request spent it since the user was read
		return api.ErrCodeSpent
	}
	return nil
}
