package auth

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// GetTokensFromRefreshToken exchanges a refresh token for new tokens. If the client rotates refresh tokens, the answer also
// contains a new refresh token.
func (s *Service) GetTokensFromRefreshToken(ctx context.Context, in *api.GetTokensFromRefreshTokenInput) (*api.GetTokensFromRefreshTokenOutput, error) {
	ctx, pool, client, err := ops.Admit(ctx, s.Risk, in.ClientId, "", nil)
	if err != nil {
		return nil, err
	}
	if err := client.RequireSecret(in.ClientSecret, api.NotAuthorizedException); err != nil {
		return nil, err
	}
	set, err := s.Engine.Refresh(ctx, &signin.Attempt{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata}, Device: in.DeviceKey,
	}, signin.RefreshRequest{Token: in.RefreshToken})
	if err != nil {
		return nil, err
	}
	return &api.GetTokensFromRefreshTokenOutput{AuthenticationResult: set.ToWire()}, nil
}
