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
	"cognate/risk"
	"cognate/store"
	"cognate/throttle"
)

// SetPassword sets a user's password for an administrator. A permanent password makes the user CONFIRMED, and must not be in
// the user's password history. A temporary one makes the user FORCE_CHANGE_PASSWORD, and expires after the pool's validity.
// Refresh tokens stay valid (docs/behaviour.md §9.21).
//
// Assumed: a password that an administrator sets, with AdminSetUserPassword or with a new invitation, makes sign-in with a
// password possible again for a user for whom AdminDisableProviderForUser has disabled the provider Cognito. The user cannot
// undo it.
//
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
	_, err = u.change(ctx, pool, user.Sub, func(tx *store.Tx, locked *store.LockedUser) error {
		user := locked.User
		user.Password = password.After(user.Password, pool.PasswordPolicy.HistorySize)
		user.Status, user.TemporaryUntil = api.UserStatusTypeConfirmed, time.Time{}
		if !permanent {
			user.Status, user.TemporaryUntil = api.UserStatusTypeForceChangePassword, u.temporaryUntil(pool)
		}
		user.Stamp++
		if err := u.Notices.Changed(ctx, tx, pool, locked); err != nil {
			return err
		}
		return codes.Drop(ctx, tx, pool.ID, user.Sub, codes.Recovery) // it could replace the new password
	})
	return audit.Changed(ctx, audit.PasswordChanged, err)
}

// PasswordChange is a signed-in user's request to change the password.
type PasswordChange struct {
	Pool     *cognate.UserPool
	Client   *cognate.AppClient
	User     *cognate.User // as authenticated
	Previous string        // empty for a user without a password
	Proposed string

	compromise risk.Compromise // of Proposed; set by refuseChange
}

// ChangePassword replaces the user's password if the previous one is right. A wrong one counts towards the lockout like a
// failed sign-in. Refresh tokens stay valid (docs/behaviour.md §9.21).
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
		password, err = u.Passwords.New(ctx, c.Pool, c.User.Username, c.Proposed)
		if refusal, err = splitRefusal(err); err != nil { // a busy server too answers only after the lockout check
			return err
		}
	}
	err = u.Store.Write(ctx, func(tx *store.Tx) error { return u.replacePassword(ctx, tx, c, password, refusal) })
	return audit.Changed(ctx, audit.PasswordChanged, err)
}

// refuseChange checks both passwords. The caller must not return the refusal before it has checked the lockout. Otherwise an
// attacker who is locked out could send a new password that breaks the policy, and learn whether the previous one is right.
func (u *Service) refuseChange(ctx context.Context, c *PasswordChange) (refusal, err error) {
	if c.User.Password.Disabled {
		return errCantReset, nil
	}
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
	if err := u.Passwords.CheckHistory(ctx, c.Pool, c.User, c.Proposed); err != nil {
		return splitRefusal(err)
	}
	c.compromise, err = u.Risk.CheckNew(c.Pool, c.Client, api.EventFilterTypePasswordChange, c.Proposed)
	return splitRefusal(err)
}

// splitRefusal returns an API error, which the caller may see, as the first result and any other error as the second.
func splitRefusal(err error) (refusal, internal error) {
	if refused, ok := errors.AsType[*api.Error](err); ok {
		return refused, nil
	}
	return nil, err
}

// replacePassword counts the attempt, and stores the new password unless there is a refusal. It reads the user again: if the
// password has changed since refuseChange checked it, the previous password is wrong.
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
		if err := u.recordChange(ctx, tx, c, api.EventResponseTypeFail); err != nil {
			return err
		}
		return guard.Fail(ctx, refusal)
	case errors.Is(refusal, risk.ErrCompromised):
		if err := u.recordChange(ctx, tx, c, api.EventResponseTypeFail); err != nil {
			return err
		}
		return store.CommitWith(refusal)
	case refusal != nil:
		return refusal
	}
	user.Password = password.After(user.Password, c.Pool.PasswordPolicy.HistorySize)
	user.Stamp++
	if err := codes.Drop(ctx, tx, c.Pool.ID, user.Sub, codes.Recovery); err != nil {
		return err
	}
	if err := u.recordChange(ctx, tx, c, api.EventResponseTypePass); err != nil {
		return err
	}
	if err := u.Notices.Changed(ctx, tx, c.Pool, user); err != nil {
		return err
	}
	return u.save(ctx, tx, c.Pool, user)
}

// recordChange stores the event of a request to change the password.
func (u *Service) recordChange(ctx context.Context, tx *store.Tx, c *PasswordChange, response api.EventResponseType) error {
	actor := risk.Actor{Pool: c.Pool, Client: c.Client, Sub: c.User.Sub, Username: c.User.Username}
	return u.Risk.RecordPassword(ctx, tx, actor, api.EventTypePasswordChange, response, c.compromise)
}

// samePassword reports whether a and b are the same stored password. Salts are random, so storing a password again, even the
// same one, gives another value.
func samePassword(a, b cognate.Password) bool {
	return bytes.Equal(a.Salt, b.Salt) && bytes.Equal(a.Verifier, b.Verifier) && a.Argon2id == b.Argon2id &&
		a.Disabled == b.Disabled && a.Imported == b.Imported
}
