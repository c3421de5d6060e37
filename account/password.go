package account

import (
	"bytes"
	"context"
	"errors"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/codes"
	"cognate/store"
	"cognate/throttle"
)

// SetPassword gives a user a password on an administrator's word: a permanent one makes the user CONFIRMED, any other
// FORCE_CHANGE_PASSWORD, with the pool's time to use it. A permanent one must be none that the pool remembers of the user.
// Refresh tokens live on (docs/behaviour.md §9.21).
// Errors: InvalidPasswordException, PasswordHistoryPolicyViolationException, api.ErrUserDoesNotExist. Source: API
// reference, AdminSetUserPassword.
func (u *Service) SetPassword(ctx context.Context, pool *cognate.UserPool, user *cognate.User, plaintext string, permanent bool) error {
	if err := u.Passwords.CheckPolicy(pool, plaintext); err != nil {
		return err
	}
	if permanent {
		if err := u.Passwords.CheckHistory(ctx, pool, user, plaintext); err != nil {
			return err
		}
	}
	password, err := u.Passwords.New(ctx, pool, user.Username, plaintext)
	if err != nil {
		return err
	}
	_, err = u.change(ctx, pool, user.Sub, func(tx *store.Tx, user *cognate.User) error {
		user.Password = password.After(user.Password, pool.PasswordPolicy.HistorySize)
		user.Status, user.TemporaryUntil = api.UserStatusTypeConfirmed, time.Time{}
		if !permanent {
			user.Status, user.TemporaryUntil = api.UserStatusTypeForceChangePassword, u.temporaryUntil(pool)
		}
		user.Stamp++
		return codes.Drop(ctx, tx, pool.ID, user.Sub, codes.Recovery) // it would undo what was just set
	})
	return audit.Changed(ctx, audit.PasswordChanged, err)
}

// PasswordChange is a new password that a signed-in user asks for.
type PasswordChange struct {
	Pool     *cognate.UserPool
	User     *cognate.User // as authenticated
	Previous string        // empty for a user without a password
	Proposed string
}

// ChangePassword replaces the user's password by a new one, if the previous one is right; a wrong one counts towards the
// lockout like a wrong sign-in. Refresh tokens live on (docs/behaviour.md §9.21).
// Errors: api.ErrIncorrectPassword, ErrAttemptsExceeded, LimitExceededException, InvalidPasswordException,
// PasswordHistoryPolicyViolationException, InvalidParameterException, api.ErrUserDoesNotExist. Source: API
// reference, ChangePassword; docs/behaviour.md §4.3.
func (u *Service) ChangePassword(ctx context.Context, c *PasswordChange) error {
	refusal, err := u.refuseChange(ctx, c)
	if err != nil {
		return err
	}
	var password cognate.Password
	if refusal == nil {
		if password, err = u.Passwords.New(ctx, c.Pool, c.User.Username, c.Proposed); err != nil {
			return err
		}
	}
	err = u.Store.Write(ctx, func(tx *store.Tx) error { return u.replacePassword(ctx, tx, c, password, refusal) })
	return audit.Changed(ctx, audit.PasswordChanged, err)
}

// refuseChange checks both passwords. The refusal must not be shown before the lockout has been asked: a new password
// that breaks the policy would tell a guesser in the lock that the previous one was right.
func (u *Service) refuseChange(ctx context.Context, c *PasswordChange) (refusal, err error) {
	if c.User.Password.IsSet() {
		if c.Previous == "" {
			return nil, api.ErrMissingParameter("PreviousPassword")
		}
		right, err := u.Passwords.Check(ctx, c.Pool, c.User, c.Previous)
		if err != nil {
			return nil, err
		}
		if !right {
			return api.ErrIncorrectPassword, nil
		}
	}
	if err := u.Passwords.CheckPolicy(c.Pool, c.Proposed); err != nil {
		return err, nil
	}
	return splitRefusal(u.Passwords.CheckHistory(ctx, c.Pool, c.User, c.Proposed))
}

// splitRefusal tells a refusal, which the caller is to see, from what went wrong here.
func splitRefusal(err error) (refusal, internal error) {
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return refused, nil
	}
	return nil, err
}

// replacePassword counts the attempt, and stores the new password unless there is a refusal. It decides on the user as of
// now: a password that has been replaced since it was found right is wrong.
func (u *Service) replacePassword(ctx context.Context, tx *store.Tx, c *PasswordChange, password cognate.Password, refusal error) error {
	guard, err := u.Limits.Acquire(ctx, tx, c.Pool.ID, throttle.UserKey(c.User), u.Now())
	if err != nil {
		return err
	}
	if err := u.Limits.Take(ctx, tx, throttle.ChangePassword, c.Pool.ID, throttle.UserKey(c.User), u.Now()); err != nil {
		return err
	}
	user, err := LockUser(ctx, tx, c.Pool.ID, c.User.Sub, api.ErrUserDoesNotExist)
	if err != nil {
		return err
	}
	if !samePassword(user.Password, c.User.Password) {
		refusal = api.ErrIncorrectPassword
	}
	switch {
	case errors.Is(refusal, api.ErrIncorrectPassword):
		return guard.Fail(ctx, refusal)
	case refusal != nil:
		return refusal
	}
	user.Password = password.After(user.Password, c.Pool.PasswordPolicy.HistorySize)
	user.Stamp++
	if err := codes.Drop(ctx, tx, c.Pool.ID, user.Sub, codes.Recovery); err != nil {
		return err
	}
	return u.save(ctx, tx, c.Pool, user)
}

// samePassword reports whether two records are of one setting of a password: salts are random.
func samePassword(a, b cognate.Password) bool {
	return bytes.Equal(a.Salt, b.Salt) && bytes.Equal(a.Verifier, b.Verifier) && a.Argon2id == b.Argon2id
}
