// Package identityprovider has the operations on identity providers, on the links between users and their accounts at
// providers, and on the certificates of pools for SAML. The rules are in package federation.
package identityprovider

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/federation"
	"cognate/ops"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store     *store.Store
	Providers *federation.Providers
	Keys      *federation.SAMLKeys
	Links     *federation.Links
}

// maxPage is the largest page size, and the default. Source: docs/behaviour.md §5.6.
const maxPage = 60

// get returns an identity provider of a pool that the caller owns.
// Errors: ResourceNotFoundException, for the pool or the provider.
func (s *Service) get(ctx context.Context, poolID, name string) (*cognate.IdentityProvider, error) {
	pool, err := ops.Pool(ctx, s.Store, poolID)
	if err != nil {
		return nil, err
	}
	p, err := s.Store.IdentityProvider(ctx, pool.ID, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, federation.ErrProviderNotFound(name)
	}
	return p, err
}

// lockPool returns a function that locks a pool that the caller owns.
func lockPool(ctx context.Context, poolID string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := ops.LockPool(ctx, tx, poolID)
		return err
	}
}

// toWire returns a provider in the shape of the API. IdpIdentifiers and AttributeMapping are there also if they are empty.
func (s *Service) toWire(ctx context.Context, p *cognate.IdentityProvider) (*api.IdentityProviderType, error) {
	var certificate string
	if p.Type == api.IdentityProviderTypeTypeSaml {
		var err error
		if certificate, err = s.Keys.Certificate(ctx, p.PoolID, lockPool(ctx, p.PoolID)); err != nil {
			return nil, err
		}
	}
	out := &api.IdentityProviderType{
		UserPoolId: p.PoolID, ProviderName: p.Name, ProviderType: p.Type, ProviderDetails: federation.ShownDetails(p, certificate),
		AttributeMapping: p.AttributeMapping, IdpIdentifiers: p.Identifiers,
		LastModifiedDate: api.EpochOf(p.ModifiedAt), CreationDate: api.EpochOf(p.CreatedAt),
	}
	if len(p.AcrMapping) > 0 {
		out.AcrMapping = p.AcrMapping
	}
	if out.AttributeMapping == nil {
		out.AttributeMapping = map[string]string{}
	}
	if out.IdpIdentifiers == nil {
		out.IdpIdentifiers = []string{}
	}
	return out, nil
}

// echoed returns a provider in the shape of the API, for a request that changed it: with IdpIdentifiers only if the request has
// them (docs/behaviour.md §5.9).
func (s *Service) echoed(ctx context.Context, p *cognate.IdentityProvider, identifiers []string) (*api.IdentityProviderType, error) {
	out, err := s.toWire(ctx, p)
	if err == nil && identifiers == nil {
		out.IdpIdentifiers = nil
	}
	return out, err
}
