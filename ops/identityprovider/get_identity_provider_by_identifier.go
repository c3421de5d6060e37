package identityprovider

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// GetIdentityProviderByIdentifier returns the identity provider of a pool that has an identifier.
//
// Assumed: the text for an unknown identifier. The name of a provider is not one of its identifiers.
func (s *Service) GetIdentityProviderByIdentifier(ctx context.Context, in *api.GetIdentityProviderByIdentifierInput) (*api.GetIdentityProviderByIdentifierOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	p, err := s.Store.IdentityProviderByIdentifier(ctx, pool.ID, in.IdpIdentifier)
	if errors.Is(err, store.ErrNotFound) {
		return nil, api.ResourceNotFoundException("No identity provider has the identifier " + in.IdpIdentifier + ".")
	}
	if err != nil {
		return nil, err
	}
	out, err := s.toWire(ctx, p)
	if err != nil {
		return nil, err
	}
	return &api.GetIdentityProviderByIdentifierOutput{IdentityProvider: out}, nil
}
