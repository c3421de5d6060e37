package signin

import (
	"context"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/store"
)

// Assumed: the texts of RevokeToken.
var (
	errRevocationOff   = api.UnsupportedOperationException("Token revocation is not enabled for the client.")
	errNotRefreshToken = api.UnsupportedTokenTypeException("Unsupported token type.")
)

// RevokeToken ends the sign-in that a refresh token belongs to, whatever the token's generation. The caller has checked the
// client secret. A token that is unknown or of another client is not an error, and changes nothing.
// Source: RFC 7009 section 2.2; docs/behaviour.md §3.4.
// Errors: UnsupportedOperationException if the client has revocation off; UnsupportedTokenTypeException for a signed token.
func (e *Engine) RevokeToken(ctx context.Context, client *cognate.AppClient, text string) error {
	if !client.TokenRevocation {
		return errRevocationOff
	}
	if strings.Count(text, ".") == 2 { // a signed token
		return errNotRefreshToken
	}
	token, ok := e.Tokens.OpenRefreshToken(client.PoolID, text)
	if !ok {
		return nil
	}
	grant, err := e.Store.GrantByRefreshToken(ctx, client.PoolID, token.Hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientID != client.ID {
		return nil
	}
	if err != nil {
		return err
	}
	audit.SetUser(ctx, grant.Sub)
	err = e.Store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeGrant(ctx, grant.PoolID, grant.ID) })
	return audit.Changed(ctx, audit.TokensRevoked, err)
}
