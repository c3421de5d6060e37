package signin

import (
	"context"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/throttle"
)

// migrate asks the pool's function for a user whom the pool does not know, where the flow brings a password to show it; nil
// when there is nobody to ask for, or nothing to ask. Each question is a guess at a password, so it is counted before it is
// asked, whatever the answer: racing guesses must not outrun the lockout.
// Errors: api.ErrAttemptsExceeded; api.ErrIncorrectPassword or api.ErrUserDoesNotExist when the function knows
// no such user; those of the trigger.
func (e *Engine) migrate(ctx context.Context, r *Request, login string) (*cognate.User, error) {
	password := r.Parameters["PASSWORD"]
	if password == "" || !showsPassword(r) || !r.Pool.HasTrigger(cognate.TriggerUserMigration) {
		return nil, nil
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.countSearch(ctx, tx, r.Pool, login) })
	if err != nil {
		return nil, err
	}
	user, err := e.Migrate(ctx, r.Pool, r.Client, login, password, r.ValidationData)
	switch {
	case err != nil || user != nil:
		return user, err
	case r.Client.HidesUsers():
		return nil, api.ErrIncorrectPassword
	default:
		return nil, api.ErrUserDoesNotExist
	}
}

// countSearch counts a question about a name that is nobody's, and one about the name however it is spelled: where the
// function looks, names that are different ones in this pool may be one, and each would bring new guesses.
func (e *Engine) countSearch(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, login string) error {
	subjects := []string{
		throttle.NameKey(pool, login), throttle.NameKey(pool, strings.ToLower(strings.TrimSpace(login))),
	}
	for _, subject := range slices.Compact(subjects) {
		guard, err := e.Limits.Acquire(ctx, tx, pool.ID, subject, e.Now())
		if err != nil {
			return err
		}
		if err := guard.Count(ctx); err != nil {
			return err
		}
	}
	return nil
}

// showsPassword reports whether the request is answered by its password, in the clear. A choice-based one is only if it
// prefers the password: for any other a user is asked to choose, whatever the password, and so must nobody be. Source:
// Cognito developer guide, Migrate user Lambda trigger: SRP has nothing to show.
func showsPassword(r *Request) bool {
	switch r.Flow {
	case api.AuthFlowTypeUserPasswordAuth, api.AuthFlowTypeAdminUserPasswordAuth, api.AuthFlowTypeAdminNoSrpAuth:
		return true
	case api.AuthFlowTypeUserAuth:
		return r.Session == "" && r.Parameters["PREFERRED_CHALLENGE"] == string(api.ChallengeNameTypePassword)
	default:
		return false
	}
}
