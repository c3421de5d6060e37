package signin

import (
	"cmp"
	"context"
	"errors"

	"cognate/account"
	"cognate/api"
	"cognate/audit"
	"cognate/risk"
	"cognate/store"
)

// errCompromised refuses a sign-in with a compromised password. Source: docs/behaviour.md §5.10.
var errCompromised = api.PasswordResetRequiredException("Password reset required for user due to security reasons")

// lookUp looks up the password with which a user signs in. It is right: before the proof, the result would show something
// about the password of the user.
// Assumed: a temporary password is not looked up. Its user must replace it, and often has no verified contact for a reset.
func (e *Engine) lookUp(t *step, password string) (risk.Compromise, error) {
	if t.subject.Profile().Status == api.UserStatusTypeForceChangePassword {
		return risk.Compromise{}, nil
	}
	return e.Risk.LookUp(t.Pool, t.Client, api.EventFilterTypeSignIn, password)
}

// requireReset makes the user of a step RESET_REQUIRED, and refuses the sign-in. Unfinished sign-ins end; refresh tokens stay
// valid. Source: docs/behaviour.md §5.10.
func (e *Engine) requireReset(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	user, err := account.LockUser(ctx, tx, t.Pool.ID, s.user.Sub, errStale)
	if err != nil {
		return err
	}
	user.Status, user.Modified = api.UserStatusTypeResetRequired, e.Now()
	user.Stamp++
	s.event.RiskDecision = api.RiskDecisionTypeBlock
	s.next = refuse{errCompromised}
	return tx.SaveUser(ctx, t.Pool, user)
}

// auditReset adds the reset to the audit event if a step has ended with errCompromised. It returns the error of the step.
func auditReset(ctx context.Context, err error) error {
	if errors.Is(err, errCompromised) {
		return cmp.Or(audit.Changed(ctx, audit.PasswordReset, nil), err)
	}
	return err
}
