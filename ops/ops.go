// Package ops has the lookups that all families of operations share: the pool of the caller, the app client of a request and
// the user that a request names. Each family of operations is a subpackage. The rules are in the packages that it calls.
package ops

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// Pool returns a pool that the caller of a signed request owns. Errors: ResourceNotFoundException, also for the pool of
// another account.
func Pool(ctx context.Context, st *store.Store, id string) (*cognate.UserPool, error) {
	pool, err := st.UserPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !cognate.CallerFrom(ctx).Owns(pool) {
		return nil, api.ErrPoolNotFound(id)
	}
	return pool, err
}

// LockPool returns a pool that the caller of a signed request owns, and locks it until the transaction ends.
// Errors: ResourceNotFoundException, also for the pool of another account.
func LockPool(ctx context.Context, tx *store.Tx, id string) (*cognate.UserPool, error) {
	pool, err := tx.LockUserPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !cognate.CallerFrom(ctx).Owns(pool) {
		return nil, api.ErrPoolNotFound(id)
	}
	return pool, err
}

// Client returns an app client with its pool, for an unsigned request. It adds both to the audit event.
// Errors: ResourceNotFoundException.
func Client(ctx context.Context, st *store.Store, id string) (*cognate.UserPool, *cognate.AppClient, error) {
	client, pool, err := st.AppClientWithPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, api.ErrClientNotFound(id)
	}
	if err != nil {
		return nil, nil, err
	}
	audit.SetClient(ctx, pool.ID, client.ID)
	return pool, client, nil
}

// PoolClient returns a client of a pool that the caller of a signed request owns. Errors: ResourceNotFoundException.
func PoolClient(ctx context.Context, st *store.Store, poolID, id string) (*cognate.UserPool, *cognate.AppClient, error) {
	pool, err := Pool(ctx, st, poolID)
	if err != nil {
		return nil, nil, err
	}
	client, err := st.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != poolID {
		return nil, nil, api.ErrClientNotFound(id)
	}
	return pool, client, err
}

// ClientOf returns an app client with its pool, for an unsigned request about username. It checks the secret hash if the client
// has a secret. Errors: as Client; NotAuthorizedException.
func ClientOf(ctx context.Context, st *store.Store, id, username, secretHash string) (*cognate.UserPool, *cognate.AppClient, error) {
	pool, client, err := Client(ctx, st, id)
	if err != nil {
		return nil, nil, err
	}
	err = client.RequireSecretHash(username, secretHash)
	return pool, client, err
}

// User returns a pool that the caller of a signed request owns, and the user of the pool that the request names.
// Errors: as Pool; UserNotFoundException.
func User(ctx context.Context, st *store.Store, poolID, username string) (*cognate.UserPool, *cognate.User, error) {
	pool, err := Pool(ctx, st, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := PoolUser(ctx, st, pool, username)
	return pool, user, err
}

// PoolUser returns the user of the pool that the request of an administrator names, by username, sub or alias.
// Errors: UserNotFoundException. Source: docs/behaviour.md §4.6.
func PoolUser(ctx context.Context, st *store.Store, pool *cognate.UserPool, username string) (*cognate.User, error) {
	user, err := st.FindUserOrSub(ctx, pool, username)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ErrUserDoesNotExist
	}
	if err != nil {
		return nil, err
	}
	audit.SetUser(ctx, user.Sub)
	return user, nil
}
