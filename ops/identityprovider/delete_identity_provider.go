package identityprovider

import (
	"context"

	"cognate/api"
)

// DeleteIdentityProvider deletes an identity provider, and removes it from the app clients that support it.
func (s *Service) DeleteIdentityProvider(ctx context.Context, in *api.DeleteIdentityProviderInput) (*api.DeleteIdentityProviderOutput, error) {
	if err := s.Providers.Delete(ctx, in.UserPoolId, in.ProviderName, lockPool(ctx, in.UserPoolId)); err != nil {
		return nil, err
	}
	return &api.DeleteIdentityProviderOutput{}, nil
}
