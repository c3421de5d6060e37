package account

import (
	"context"
	"errors"
	"time"

	"cognate/api"
	"cognate/audit"
	"cognate/store"
	"cognate/trash"
)

// deletedAtOnce is how many users DeleteUnconfirmed reads at the same time.
const deletedAtOnce = 500

// DeleteUnconfirmed deletes the users who signed up longer ago than an age and have not confirmed, in all pools.
// The trash does not keep them. It is a background
// task.
func (u *Service) DeleteUnconfirmed(ctx context.Context, age time.Duration) error {
	before := u.Now().Add(-age)
	for {
		users, err := u.Store.UnconfirmedUsers(ctx, before, deletedAtOnce)
		if err != nil {
			return err
		}
		for i := range users {
			if err := u.deleteIfUnconfirmed(ctx, users[i].PoolID, users[i].Sub); err != nil {
				return err
			}
		}
		if len(users) < deletedAtOnce {
			return nil
		}
	}
}

// deleteIfUnconfirmed deletes a user unless the user was confirmed or deleted since it was read.
func (u *Service) deleteIfUnconfirmed(ctx context.Context, poolID, sub string) error {
	audit.SetClient(ctx, poolID, "")
	audit.SetUser(ctx, sub)
	return u.Store.Write(ctx, func(tx *store.Tx) error {
		user, err := tx.LockUser(ctx, poolID, sub)
		if errors.Is(err, store.ErrNotFound) || err == nil && user.Status != api.UserStatusTypeUnconfirmed {
			return store.ErrRollback
		}
		if err != nil {
			return err
		}
		return trash.DeleteForGood(ctx, tx, poolID, sub)
	})
}
