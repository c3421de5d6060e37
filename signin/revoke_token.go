package signin

import (
	"context"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
	"cognate/throttle"
	"cognate/tokens"
)

// Assumed: the texts of RevokeToken.
var (
	errRevocationOff   = api.UnsupportedOperationException("Token revocation is not enabled for the client.")
	errNotRefreshToken = api.UnsupportedTokenTypeException("Unsupported token type.")
)

// Revocation is a request to end the sign-in that a token belongs to. The caller has authenticated the client.
type Revocation struct {
	Client *cognate.AppClient
	Token  string
	// OAuth says that the request is of the OAuth 2.0 endpoint, which also takes access tokens.
	OAuth bool
	// Linked says that the SSO session that the sign-in came from ends too (RevokeAssociatedSessions).
	Linked bool
}

// RevokeToken ends the sign-in that a refresh token belongs to, whatever the token's generation. A token that is unknown or of
// another client is not an error, and changes nothing.
// Source: RFC 7009 section 2.2; docs/behaviour.md §3.4, §7.4.
// Errors: UnsupportedOperationException if the client has revocation off; UnsupportedTokenTypeException for a signed token of
// another kind than the request takes.
func (e *Engine) RevokeToken(ctx context.Context, r *Revocation) error {
	if !r.Client.TokenRevocation {
		return errRevocationOff
	}
	grant, err := e.grantOf(ctx, r)
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientID != r.Client.ID {
		return nil
	}
	if err != nil {
		return err
	}
	audit.SetUser(ctx, grant.Sub)
	err = e.Store.Write(ctx, func(tx *store.Tx) error { return endGrant(ctx, tx, grant, r.Linked) })
	return audit.Changed(ctx, audit.TokensRevoked, err)
}

// grantOf returns the grant of a token. Errors: store.ErrNotFound, also for a signed token that this server did not sign;
// UnsupportedTokenTypeException.
func (e *Engine) grantOf(ctx context.Context, r *Revocation) (*cognate.Grant, error) {
	if strings.Count(r.Token, ".") == 2 { // a signed token
		if !r.OAuth {
			return nil, errNotRefreshToken
		}
		return e.grantOfSigned(ctx, r)
	}
	token, ok := e.Tokens.OpenRefreshToken(r.Client.PoolID, r.Token)
	if !ok {
		return nil, store.ErrNotFound
	}
	return e.Store.GrantByRefreshToken(ctx, r.Client.PoolID, token.Hash)
}

func (e *Engine) grantOfSigned(ctx context.Context, r *Revocation) (*cognate.Grant, error) {
	token, err := e.Tokens.Read(ctx, r.Token)
	if errors.Is(err, tokens.ErrNotAccessToken) {
		return nil, errNotRefreshToken
	}
	if _, ok := errors.AsType[*api.Error](err); ok || err == nil && token.PoolID != r.Client.PoolID {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if token.GrantID == "" { // of a client itself: it ends by its expiry only
		return nil, errNotRefreshToken
	}
	return e.Store.Grant(ctx, token.PoolID, token.GrantID)
}

// endGrant revokes a grant, and with linked the SSO session that it came from.
func endGrant(ctx context.Context, tx *store.Tx, grant *cognate.Grant, linked bool) error {
	if err := tx.RevokeGrant(ctx, grant.PoolID, grant.ID); err != nil || !linked || grant.SSOSession == "" {
		return err
	}
	return tx.DeleteSSOSession(ctx, grant.PoolID, grant.Sub, grant.SSOSession)
}

// endTokenSession ends a grant with all its tokens, and with linked the SSO session that it came from.
// Source: docs/behaviour.md §3.7.
func (e *Engine) endTokenSession(ctx context.Context, grant *cognate.Grant, linked bool) error {
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return endGrant(ctx, tx, grant, linked) })
	return audit.Changed(ctx, audit.TokensRevoked, err)
}

// EndUserSSOSession ends an SSO session, and with linked the grants that came from it.
// Source: docs/behaviour.md §3.7.
func (e *Engine) EndUserSSOSession(ctx context.Context, session *cognate.SSOSession, linked bool) error {
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		if linked { // no exchange of a code can add a grant meanwhile
			if err := throttle.Lock(ctx, tx, session.PoolID, session.Sub); err != nil {
				return err
			}
		}
		if err := tx.DeleteSSOSession(ctx, session.PoolID, session.Sub, session.ID); err != nil || !linked {
			return err
		}
		return tx.RevokeSSOSessionGrants(ctx, session.PoolID, session.Sub, session.ID)
	})
	return audit.Changed(ctx, audit.TokensRevoked, err)
}
