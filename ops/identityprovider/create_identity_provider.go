package identityprovider

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// CreateIdentityProvider adds an identity provider to a pool.
func (s *Service) CreateIdentityProvider(ctx context.Context, in *api.CreateIdentityProviderInput) (*api.CreateIdentityProviderOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p := &cognate.IdentityProvider{
		PoolID: pool.ID, Name: in.ProviderName, Type: in.ProviderType, Details: in.ProviderDetails,
		AttributeMapping: in.AttributeMapping, Identifiers: in.IdpIdentifiers, AcrMapping: in.AcrMapping,
	}
	if err := s.Providers.Create(ctx, pool, p, lockPool(ctx, pool.ID)); err != nil {
		return nil, err
	}
	out, err := s.echoed(ctx, p, in.IdpIdentifiers)
	if err != nil {
		return nil, err
	}
	return &api.CreateIdentityProviderOutput{IdentityProvider: out}, nil
}
