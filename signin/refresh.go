package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/store"
	"cognate/tokens"
)

var (
	errInvalidRefresh = api.NotAuthorizedException("Invalid Refresh Token.")
	errRefreshRevoked = api.NotAuthorizedException("Refresh Token has been revoked")
	errRefreshExpired = api.NotAuthorizedException("Refresh Token has expired")
)

// refresh signs new ID and access tokens for a sign-in that is still good. The refresh token itself stays as it is
// (behaviour §2.7).
func (e *Engine) refresh(ctx context.Context, r *Request) (*Outcome, error) {
	token, err := parameter(r.Parameters, "REFRESH_TOKEN")
	if err != nil {
		return nil, err
	}
	grant, err := e.liveGrant(ctx, r.Client, token)
	if err != nil {
		return nil, err
	}
	user, err := e.Store.User(ctx, grant.PoolID, grant.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errInvalidRefresh
	}
	if err != nil {
		return nil, err
	}
	if !user.Enabled {
		return nil, cognate.ErrUserDisabled
	}
	if err := requireRefreshHash(r, user); err != nil {
		return nil, err
	}
	set, err := e.Tokens.Mint(ctx, r.Pool, r.Client, user, *grant, nil)
	if err != nil {
		return nil, err
	}
	return &Outcome{Tokens: set, Parameters: map[string]string{}}, nil
}

func (e *Engine) liveGrant(ctx context.Context, client *cognate.AppClient, token string) (*cognate.Grant, error) {
	grant, err := e.Store.GrantByRefreshToken(ctx, client.PoolID, tokens.HashRefresh(token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errInvalidRefresh
	case err != nil:
		return nil, err
	case grant.ClientID != client.ID:
		return nil, errInvalidRefresh
	case grant.Revoked:
		return nil, errRefreshRevoked
	case !e.Now().Before(grant.Expires):
		return nil, errRefreshExpired
	default:
		return grant, nil
	}
}

// requireRefreshHash checks the secret hash of a refresh, which is made over the username, or over the sub.
func requireRefreshHash(r *Request, user *cognate.User) error {
	hash := r.Parameters["SECRET_HASH"]
	if r.Client.RequireSecretHash(user.Sub, hash) == nil {
		return nil
	}
	return r.Client.RequireSecretHash(user.Username, hash)
}
