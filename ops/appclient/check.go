package appclient

import (
	"context"

	"cognate"
	"cognate/store"
)

// check checks the settings of a client together with those of its pool, which the transaction has locked.
// Errors: those of AppClient.Check.
func check(ctx context.Context, tx *store.Tx, client *cognate.AppClient, pool *cognate.UserPool) error {
	custom, err := tx.CustomScopes(ctx, pool.ID)
	if err != nil {
		return err
	}
	providers, err := tx.ProviderNames(ctx, pool.ID)
	if err != nil {
		return err
	}
	return client.Check(pool, custom, providers)
}
