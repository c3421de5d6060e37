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

// migrate calls the trigger UserMigration for an unknown name, if the request has a password for it, and returns the user that
// the function describes. Without the trigger or a password it returns the decoy. Each call is a guess at a password, so it
// is counted before the call, whatever the answer: concurrent guesses must not outrun the lockout.
// Errors: api.ErrAttemptsExceeded; api.ErrIncorrectPassword or api.ErrUserDoesNotExist if the function knows
// no such user; those of the trigger.
func (e *Engine) migrate(ctx context.Context, r *Request, decoy subject.Subject) (subject.Subject, error) {
	password := r.Parameters["PASSWORD"]
	if password == "" || !showsPassword(r) || !r.Pool.HasTrigger(cognate.TriggerUserMigration) {
		return decoy, nil
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return e.countSearch(ctx, tx, r.Pool, decoy) })
	if err != nil {
		return subject.Subject{}, err
	}
	user, err := e.Users.Migrate(ctx, r.Pool, r.Client, decoy, password, r.ValidationData)
	if err != nil {
		return subject.Subject{}, err
	}
	if user == nil {
		if err := decoy.RequireKnown(api.ErrUserDoesNotExist); err != nil {
			return subject.Subject{}, err
		}
		return subject.Subject{}, api.ErrIncorrectPassword
	}
	return e.Subjects.Known(r.Pool, r.Client, decoy.Login(), user), nil
}

// countSearch counts a call for an unknown name, and one for the name in lower case without spaces: names that differ in
// this pool may be one name where the function looks, and each spelling would bring new guesses.
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

// showsPassword reports whether the request is answered by its password, in the clear. A choice-based one is only if it
// prefers the password: any other is answered by the choice, whatever the password, for users and for decoys. Source:
// Cognito developer guide, Migrate user Lambda trigger: SRP shows no password.
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
