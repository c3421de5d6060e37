package signin

import (
	"context"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/subject"
	"cognate/throttle"
)

// migrate calls the trigger UserMigration for an unknown name and the password that came with it, and returns the user that
// the function describes. Without the trigger it returns the decoy. Each call is a guess at a password, so it is counted
// before the call, whatever the answer: concurrent guesses must not outrun the lockout.
// Errors: api.ErrAttemptsExceeded; api.ErrIncorrectPassword or api.ErrUserDoesNotExist if the function knows
// no such user; those of the trigger.
// Source: Developer Guide, Migrate user Lambda trigger: an SRP flow has no password for the function.
func (e *Engine) migrate(ctx context.Context, c *call, decoy subject.Subject, password string) (subject.Subject, error) {
	if !c.Pool.HasTrigger(cognate.TriggerUserMigration) {
		return decoy, nil
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.countSearch(ctx, tx, c.Pool, decoy) })
	if err != nil {
		return subject.Subject{}, err
	}
	user, err := e.Users.Migrate(ctx, c.Pool, c.Client, decoy, password, c.ValidationData)
	if err != nil {
		return subject.Subject{}, err
	}
	if user == nil {
		if err := decoy.RequireKnown(api.ErrUserDoesNotExist); err != nil {
			return subject.Subject{}, err
		}
		return subject.Subject{}, api.ErrIncorrectPassword
	}
	return e.Subjects.Known(c.Pool, c.Client, decoy.Login(), user), nil
}

// countSearch counts a call for an unknown name, and one for the name in lower case without spaces. Names that differ in this
// pool can be one name in the directory of the function. Otherwise each spelling would allow more guesses.
func (e *Engine) countSearch(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, decoy subject.Subject) error {
	keys := []string{
		decoy.ThrottleKey(), throttle.NameKey(pool, strings.ToLower(strings.TrimSpace(decoy.Login()))),
	}
	for _, key := range slices.Compact(keys) {
		guard, err := e.Limits.Acquire(ctx, tx, pool.ID, key, e.Now())
		if err != nil {
			return err
		}
		if err := guard.Count(ctx); err != nil {
			return err
		}
	}
	return nil
}
