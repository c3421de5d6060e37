package signin

import (
	"context"

	"cognate"
	"cognate/store"
	"cognate/subject"
)

// ErrUndecided is what settle returns for a step without a decision.
var ErrUndecided = errUndecided

// ErrIncomplete is the error for an empty required field.
var ErrIncomplete = errIncomplete

type unknownDecision struct{ decision }

// Undecided are decisions that settle must refuse.
func Undecided() map[string]decision {
	return map[string]decision{
		"nil": nil, "an unknown type": unknownDecision{issueTokens{}}, "a pointer": &issueTokens{},
		"ask without a step": ask{}, "continueAfter without a function": continueAfter{},
	}
}

// AskForFactor is a decision that settle carries out.
func AskForFactor() decision { return ask{step: cognate.StepSelectMFA} }

// SettleWith settles a step at a Session of the subject whose proof changes the user and whose decision is d.
func (e *Engine) SettleWith(ctx context.Context, a *Attempt, sub subject.Subject, session *cognate.AuthSession, d decision) (*Outcome, error) {
	return e.settle(ctx, &step{
		call: call{Attempt: *a}, subject: sub, session: session,
		prove: func(ctx context.Context, tx *store.Tx, now *cognate.User) (*cognate.User, error) {
			locked, err := tx.LockUser(ctx, now.PoolID, now.Sub)
			if err != nil {
				return nil, err
			}
			locked.Stamp++
			return now, tx.SaveUser(ctx, a.Pool, locked)
		},
		next: func(*cognate.User) decision { return d },
	})
}

// Unproven are rules that settle must refuse after a step that proves nothing.
func Unproven() map[string]func(*cognate.User) decision {
	return map[string]func(*cognate.User) decision{
		"no rule":       nil,
		"no decision":   func(*cognate.User) decision { return nil },
		"tokens":        toTokens,
		"second factor": func(*cognate.User) decision { return ask{step: cognate.StepSoftwareToken} },
		"MFA_SETUP":     func(*cognate.User) decision { return ask{step: cognate.StepSetup} },
		"new password":  func(*cognate.User) decision { return ask{step: cognate.StepNewPassword} },
	}
}

// SettleUnproven settles a step that proves nothing. session may be nil.
func (e *Engine) SettleUnproven(ctx context.Context, a *Attempt, sub subject.Subject, session *cognate.AuthSession, next func(*cognate.User) decision) (*Outcome, error) {
	return e.settle(ctx, &step{call: call{Attempt: *a}, subject: sub, session: session, next: next})
}
