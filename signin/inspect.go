package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Inspection is what a live token says.
type Inspection struct {
	TokenType     string // "Bearer" or "DPoP" for an access token, "refresh_token" for a refresh token
	ClientID, Sub string // the Sub of a client's own token is the ID of the client
	Username      string // empty in a client's own token
	Scopes        []string
	Issued        time.Time // zero for a refresh token
	Expires       time.Time
	Issuer, ID    string // of an access token; the ID may be empty
	Audience      any    // of an access token; nil without one
	DPoPKey       string // thumbprint of the key that the token is bound to; empty for none
}

// Inspect returns what a token of the pool says; nil if it is not valid now, or no business of the client. It reads the grant each
// time, so it sees a revocation immediately. The caller has authenticated the client, which must be confidential.
// Source: RFC 7662 sections 2 and 4.
// Assumed: a confidential client can inspect the access tokens of all clients of its pool, as an API that receives them must, and
// its own refresh tokens.
func (e *Engine) Inspect(ctx context.Context, r cognate.ClientRequest, token string) (*Inspection, error) {
	if !r.Pool.IsConfidential(r.Client) {
		return nil, ErrFlowNotAllowed
	}
	if strings.Count(token, ".") == 2 { // a signed token
		return e.InspectAccessToken(ctx, r.Pool, token)
	}
	return e.inspectRefresh(ctx, r, token)
}

// InspectAccessToken returns what an access token of the pool says; nil if it is not valid now.
func (e *Engine) InspectAccessToken(ctx context.Context, pool *cognate.UserPool, token string) (*Inspection, error) {
	read, err := e.Tokens.Read(ctx, token)
	if err == nil && read.PoolID == pool.ID {
		err = e.Tokens.RequireKey(ctx, pool, read)
	}
	if _, ok := errors.AsType[*api.Error](err); ok || err == nil && (read.PoolID != pool.ID || !e.Now().Before(read.Expires)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := &Inspection{
		TokenType: "Bearer", ClientID: read.ClientID, Sub: read.Sub, Scopes: read.Scopes, Issued: read.Issued, Expires: read.Expires,
		Issuer: read.Issuer, ID: read.ID, Audience: read.Audience, DPoPKey: read.DPoPKey,
	}
	if read.DPoPKey != "" {
		found.TokenType = "DPoP"
	}
	if read.GrantID == "" {
		return e.inspectClient(ctx, pool, found)
	}
	owner, err := e.Store.Principal(ctx, pool.ID, read.GrantID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case owner.Revoked || !owner.User.Enabled || owner.User.Sub != read.Sub || owner.Client.ID != read.ClientID:
		return nil, nil
	}
	found.Username = owner.User.Username
	return found, nil
}

// inspectClient returns what was found about the token of a client itself, if the client still exists.
func (e *Engine) inspectClient(ctx context.Context, pool *cognate.UserPool, found *Inspection) (*Inspection, error) {
	client, err := e.Store.AppClient(ctx, found.ClientID)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != pool.ID {
		return nil, nil
	}
	return found, err
}

func (e *Engine) inspectRefresh(ctx context.Context, r cognate.ClientRequest, text string) (*Inspection, error) {
	token, ok := e.Tokens.OpenRefreshToken(r.Pool.ID, text)
	if !ok {
		return nil, nil
	}
	grant, err := e.Store.GrantByRefreshToken(ctx, r.Pool.ID, token.Hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case grant.ClientID != r.Client.ID || !grant.Live(e.Now()) || token.Generation != grant.Generation:
		return nil, nil
	}
	user, err := e.Store.User(ctx, r.Pool.ID, grant.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && !user.Enabled {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Inspection{
		TokenType: "refresh_token", ClientID: grant.ClientID, Sub: grant.Sub, Username: user.Username, Scopes: grant.GrantedScopes(),
		Expires: grant.Expires, DPoPKey: grant.DPoPKey,
	}, nil
}
