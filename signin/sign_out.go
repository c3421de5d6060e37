package signin

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/audit"
	"cognate/store"
	"cognate/throttle"
)

// SignOut revokes a user's tokens and ends the user's unfinished sign-ins. Errors: notFound, if the user does not exist.
func (e *Engine) SignOut(ctx context.Context, pool *cognate.UserPool, sub string, notFound error) error {
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := throttle.Lock(ctx, tx, pool.ID, sub); err != nil {
			return err
		}
		user, err := account.LockUser(ctx, tx, pool.ID, sub, notFound)
		if err != nil {
			return err
		}
		if err := account.EndSignIns(ctx, tx, user); err != nil {
			return err
		}
		return tx.SaveUser(ctx, pool, user)
	})
	return audit.Changed(ctx, audit.TokensRevoked, err)
}
