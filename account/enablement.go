package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
	"cognate/throttle"
)

// SetEnabled enables or disables a user. Disabling ends every sign-in of the user, also if the user is already disabled.
// It is no error if the user is already in that state. Errors: api.ErrUserDoesNotExist. Source: API reference,
// AdminDisableUser.
func (u *Service) SetEnabled(ctx context.Context, pool *cognate.UserPool, sub string, enabled bool) error {
	change := audit.UserDisabled
	if enabled {
		change = audit.UserEnabled
	}
	return audit.Changed(ctx, change, u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := LockUser(ctx, tx, pool.ID, sub, api.ErrUserDoesNotExist)
		if err != nil {
			return err
		}
		switch {
		case !enabled:
			if err := EndSignIns(ctx, tx, user); err != nil {
				return err
			}
		case !user.Enabled:
			user.Stamp++
		}
		user.Enabled = enabled
		return u.save(ctx, tx, pool, user)
	}))
}

// EndSignIns revokes the user's tokens and raises the stamp, which ends unfinished sign-ins. The caller holds the user's
// throttle lock, so that no sign-in finishes at the same time. The caller also saves the user.
func EndSignIns(ctx context.Context, tx *store.Tx, user *store.LockedUser) error {
	user.Stamp++
	return tx.RevokeUserGrants(ctx, user.PoolID, user.Sub)
}

// Delete deletes a user and all rows of the user. The trash keeps the user for a time. The username can be used again immediately.
// Errors: api.ErrUserDoesNotExist.
func (u *Service) Delete(ctx context.Context, pool *cognate.UserPool, sub string) error {
	err := u.Store.Write(ctx, func(tx *store.Tx) error { return u.Trash.DeleteUser(ctx, tx, pool.ID, sub) })
	if errors.Is(err, store.ErrNotFound) {
		return api.ErrUserDoesNotExist
	}
	return audit.Changed(ctx, audit.UserDeleted, err)
}
