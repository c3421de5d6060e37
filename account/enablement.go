package account

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/throttle"
)

// SetEnabled lets a user sign in, or keeps the user from it. Disabling ends every sign-in of the user: tokens are
// revoked. Doing it twice is no error. Errors: api.ErrUserDoesNotExist. Source: API reference, AdminDisableUser.
func (u *Service) SetEnabled(ctx context.Context, pool *cognate.UserPool, sub string, enabled bool) error {
	return u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := lock(ctx, tx, pool, sub)
		if err != nil {
			return err
		}
		if user.Enabled != enabled {
			user.Enabled = enabled
			user.Stamp++
		}
		if !enabled {
			if err := tx.RevokeUserGrants(ctx, pool.ID, sub); err != nil {
				return err
			}
		}
		return u.save(ctx, tx, pool, user, false)
	})
}

// Delete deletes a user with all rows of the user. The username is free again immediately.
// Errors: api.ErrUserDoesNotExist.
func (u *Service) Delete(ctx context.Context, pool *cognate.UserPool, sub string) error {
	err := u.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteUser(ctx, pool.ID, sub); err != nil {
			return err
		}
		return throttle.DeleteUser(ctx, tx, pool.ID, sub)
	})
	if errors.Is(err, store.ErrNotFound) {
		return api.ErrUserDoesNotExist
	}
	return err
}
