package auth

import (
	"context"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// RevokeToken ends the sign-in that a refresh token belongs to. A token that is unknown, or another client's, is no error
// and changes nothing (RFC 7009 section 2.2; docs/behaviour.md §3.4).
// Assumed: the texts of RevokeToken. An unknown client is an UnauthorizedException.
func (s *Service) RevokeToken(ctx context.Context, in *api.RevokeTokenInput) (*api.RevokeTokenOutput, error) {
	_, client, err := ops.Client(ctx, s.Store, in.ClientId)
	if errors.Is(err, api.ErrClientNotFound(in.ClientId)) { // not among the operation's errors
		return nil, api.UnauthorizedException("Client " + in.ClientId + " is not authorized.")
	}
	if err != nil {
		return nil, err
	}
	if err := client.RequireSecret(in.ClientSecret, api.UnauthorizedException); err != nil {
		return nil, err
	}
	if !client.TokenRevocation {
		return nil, api.UnsupportedOperationException("Token revocation is not enabled for the client.")
	}
	if strings.Count(in.Token, ".") == 2 { // a signed token
		return nil, api.UnsupportedTokenTypeException("Unsupported token type.")
	}
	if err := s.revoke(ctx, client, in.Token); err != nil {
		return nil, err
	}
	return &api.RevokeTokenOutput{}, nil
}

// revoke ends the family of a refresh token, whichever member of it is shown.
func (s *Service) revoke(ctx context.Context, client *cognate.AppClient, text string) error {
	token, ok := s.Tokens.OpenRefreshToken(client.PoolID, text)
	if !ok {
		return nil
	}
	grant, err := s.Store.GrantByRefreshToken(ctx, client.PoolID, token.Hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientID != client.ID {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeGrant(ctx, grant.PoolID, grant.ID) })
}
