package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
	"cognate/tokens"
)

// RevokeToken ends the sign-in that a refresh token belongs to. A token that is unknown, or another client's, is no error
// and changes nothing (RFC 7009 section 2.2; behaviour §3.4).
func (s *Service) RevokeToken(ctx context.Context, in *api.RevokeTokenInput) (*api.RevokeTokenOutput, error) {
	_, client, err := ops.Client(ctx, s.Store, in.ClientId)
	if errors.Is(err, cognate.ErrClientNotFound(in.ClientId)) { // not among the operation's errors
		return nil, api.UnauthorizedException("Client " + in.ClientId + " is not authorized.")
	}
	if err != nil {
		return nil, err
	}
	if err := requireSecret(client, in.ClientSecret); err != nil {
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

func (s *Service) revoke(ctx context.Context, client *cognate.AppClient, token string) error {
	grant, err := s.Store.GrantByRefreshToken(ctx, client.PoolID, tokens.HashRefresh(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientID != client.ID {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeGrant(ctx, grant.PoolID, grant.ID) })
}

// requireSecret checks the secret that a confidential client sends in clear here. It is compared in constant time.
func requireSecret(client *cognate.AppClient, secret string) error {
	switch {
	case client.Secret == "":
		return nil
	case secret == "":
		return api.UnauthorizedException("Client " + client.ID + " is configured for secret but secret was not received")
	case subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) != 1:
		return api.UnauthorizedException("Unable to verify secret for client " + client.ID)
	default:
		return nil
	}
}
