package oauth

import (
	"context"
	"errors"
	"fmt"

	"cognate"
	"cognate/audit"
	"cognate/store"
)

// markUsed stores that a client that registered itself has got tokens, so that it is not deleted as unused.
func (e *ClientEndpoints) markUsed(ctx context.Context, client *cognate.AppClient) error {
	if !client.IsRegistered() || client.Registration.IsUsed {
		return nil
	}
	return e.Store.Write(ctx, func(tx *store.Tx) error {
		locked, err := tx.LockAppClient(ctx, client.PoolID, client.ID)
		if err != nil {
			return err
		}
		if !locked.IsRegistered() {
			return fmt.Errorf("app client %s did not register itself", client.ID)
		}
		locked.Registration.IsUsed = true
		return tx.SaveAppClient(ctx, locked)
	})
}

// deletedAtOnce is how many clients one round of DeleteAbandoned deletes.
const deletedAtOnce = 500

// DeleteAbandoned deletes clients that registered themselves and were not used in time. It is a background task.
func (g *Registrations) DeleteAbandoned(ctx context.Context) error {
	clients, err := g.Store.UnusedClients(ctx, g.Now().Add(-cognate.UnusedRegistrationLifetime), deletedAtOnce)
	if err != nil {
		return err
	}
	for i := range clients {
		if err := g.deleteIfAbandoned(ctx, clients[i].PoolID, clients[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// deleteIfAbandoned deletes a client unless it was used since it was read.
func (g *Registrations) deleteIfAbandoned(ctx context.Context, poolID, id string) error {
	audit.SetClient(ctx, poolID, id)
	return g.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.LockUserPool(ctx, poolID)
		if errors.Is(err, store.ErrNotFound) {
			return store.ErrRollback
		}
		if err != nil {
			return err
		}
		locked, err := tx.LockAppClient(ctx, poolID, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !locked.IsAbandoned(g.Now()) {
			return store.ErrRollback
		}
		if err != nil {
			return err
		}
		return tx.DeleteAppClient(ctx, poolID, id)
	})
}
