package auth

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/signin"
)

// GetClientToken returns an access token for the app client itself, without a user.
func (s *Service) GetClientToken(ctx context.Context, in *api.GetClientTokenInput) (*api.GetClientTokenOutput, error) {
	ctx, pool, client, err := ops.Admit(ctx, s.Risk, in.ClientId, "", nil)
	if err != nil {
		return nil, err
	}
	if err := client.RequireClientTokenSecret(in.Secret); err != nil {
		return nil, err
	}
	set, err := s.Engine.ClientToken(ctx, &signin.ClientCredentials{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client, Metadata: in.ClientMetadata},
		Scopes:        in.Scopes,
	})
	if err != nil {
		return nil, err
	}
	wire := set.ToWire()
	return &api.GetClientTokenOutput{ClientAuthenticationResult: &api.ClientAuthenticationResultType{
		AccessToken: wire.AccessToken, ExpiresIn: wire.ExpiresIn, TokenType: wire.TokenType,
	}}, nil
}
