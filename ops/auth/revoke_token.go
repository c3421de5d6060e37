package auth

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// RevokeToken revokes the grant of a refresh token.
// Assumed: an unknown client of RevokeToken is an UnauthorizedException, with this text.
func (s *Service) RevokeToken(ctx context.Context, in *api.RevokeTokenInput) (*api.RevokeTokenOutput, error) {
	ctx, _, client, err := ops.Admit(ctx, s.Risk, in.ClientId, "", nil)
	if errors.Is(err, api.ErrClientNotFound(in.ClientId)) { // not an error of this operation
		return nil, api.UnauthorizedException("Client " + in.ClientId + " is not authorized.")
	}
	if refusal, ok := errors.AsType[*api.Error](err); ok && refusal.Code == api.CodeNotAuthorizedException { // nor this one
		return nil, api.UnauthorizedException(refusal.Message)
	}
	if err != nil {
		return nil, err
	}
	if err := client.RequireSecret(in.ClientSecret, api.UnauthorizedException); err != nil {
		return nil, err
	}
	err = s.Engine.RevokeToken(ctx, &signin.Revocation{
		Client: client, Token: in.Token, Linked: in.RevokeAssociatedSessions == api.RevokeAssociatedSessionsTypeLinked,
	})
	if err != nil {
		return nil, err
	}
	return &api.RevokeTokenOutput{}, nil
}
