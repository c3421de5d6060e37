// Package ops has the lookups that all families of operations share: the pool of the caller, the app client of a request and
// the user that a request names. Each family of operations is a subpackage. The rules are in the packages that it calls.
package ops

import (
	"context"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/risk"
	"cognate/store"
)

// Pool returns a pool that the caller of a signed request owns. Errors: ResourceNotFoundException, also for the pool of
// another account.
func Pool(ctx context.Context, st *store.Store, id string) (*cognate.UserPool, error) {
	pool, err := st.UserPool(ctx, id)
	return owned(ctx, id, pool, err)
}

// DescribePool is Pool, and returns the summary of the pool, too.
func DescribePool(ctx context.Context, st *store.Store, id string) (*cognate.UserPool, store.UserPoolSummary, error) {
	pool, summary, err := st.DescribeUserPool(ctx, id)
	pool, err = owned(ctx, id, pool, err)
	return pool, summary, err
}

// owned returns a pool that was read, if the caller owns it.
func owned(ctx context.Context, id string, pool *cognate.UserPool, err error) (*cognate.UserPool, error) {
	if errors.Is(err, store.ErrNotFound) || err == nil && !cognate.CallerFrom(ctx).Owns(pool) {
		return nil, api.ErrPoolNotFound(id)
	}
	return pool, err
}

// LockPool returns a pool that the caller of a signed request owns, and locks it until the transaction ends.
// Errors: ResourceNotFoundException, also for the pool of another account.
func LockPool(ctx context.Context, tx *store.Tx, id string) (*cognate.UserPool, error) {
	pool, err := tx.LockUserPool(ctx, id)
	return owned(ctx, id, pool, err)
}

// Admit returns an app client with its pool, for an unsigned request about username, which may be empty. The context that it
// returns has the origin of the request, by what data says about it; data may be nil. It adds pool and client to the audit event.
// Errors: ResourceNotFoundException; NotAuthorizedException if the pool blocks the address.
func Admit(ctx context.Context, r *risk.Service, id, username string, data *api.UserContextDataType) (context.Context, *cognate.UserPool, *cognate.AppClient, error) {
	client, pool, err := r.Store.AppClientWithPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ctx, nil, nil, api.ErrClientNotFound(id)
	}
	if err != nil {
		return ctx, nil, nil, err
	}
	audit.SetPool(ctx, pool)
	audit.SetClient(ctx, pool.ID, client.ID)
	ctx, err = r.Admit(ctx, pool, client, userClaim(data, username))
	return ctx, pool, client, err
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

// AdmitUser is Admit, and checks the secret hash if the client has a secret. Errors: as Admit; NotAuthorizedException.
func AdmitUser(ctx context.Context, r *risk.Service, id, username, secretHash string, data *api.UserContextDataType) (context.Context, *cognate.UserPool, *cognate.AppClient, error) {
	ctx, pool, client, err := Admit(ctx, r, id, username, data)
	if err == nil {
		err = client.RequireSecretHash(username, secretHash)
	}
	return ctx, pool, client, err
}

func userClaim(data *api.UserContextDataType, username string) *risk.Claim {
	if data == nil {
		return nil
	}
	return &risk.Claim{IPAddress: data.IpAddress, EncodedData: data.EncodedData, Username: username}
}

// AdminClaim returns what the request of an administrator says about the user's device; nil if it says nothing.
func AdminClaim(data *api.ContextDataType, username string) *risk.Claim {
	if data == nil {
		return nil
	}
	claim := &risk.Claim{IPAddress: data.IpAddress, EncodedData: data.EncodedData, Username: username}
	for _, h := range data.HttpHeaders {
		if strings.EqualFold(h.HeaderName, "User-Agent") {
			claim.UserAgent = h.HeaderValue
		}
	}
	return claim
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
	audit.SetUserOf(ctx, user)
	return user, nil
}
