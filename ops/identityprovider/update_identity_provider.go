package identityprovider

import (
	"context"

	"cognate/api"
	"cognate/federation"
	"cognate/ops"
)

// UpdateIdentityProvider changes the members of an identity provider that the request has. Details that the request leaves out
// stay. An empty AttributeMapping, AcrMapping or IdpIdentifiers removes all. Source: docs/behaviour.md §5.9.
func (s *Service) UpdateIdentityProvider(ctx context.Context, in *api.UpdateIdentityProviderInput) (*api.UpdateIdentityProviderOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Providers.Change(ctx, pool, in.ProviderName, federation.ProviderChange{
		Details: in.ProviderDetails, AttributeMapping: in.AttributeMapping, AcrMapping: in.AcrMapping,
		Identifiers: in.IdpIdentifiers,
	}, lockPool(ctx, pool.ID))
	if err != nil {
		return nil, err
	}
	out, err := s.echoed(ctx, p, in.IdpIdentifiers)
	if err != nil {
		return nil, err
	}
	return &api.UpdateIdentityProviderOutput{IdentityProvider: out}, nil
}
