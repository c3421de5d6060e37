package identityprovider

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// ListIdentityProviders lists the identity providers of a pool, in order of their names without differences of case.
// Assumed: the order of ListIdentityProviders.
func (s *Service) ListIdentityProviders(ctx context.Context, in *api.ListIdentityProvidersInput) (*api.ListIdentityProvidersOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	list := ops.PageList{Operation: "ListIdentityProviders", Owner: pool.ID}
	after, err := list.After(in.NextToken, 1)
	if err != nil {
		return nil, err
	}
	size := ops.PageSize(in.MaxResults, maxPage)
	providers, err := s.Store.IdentityProviders(ctx, pool.ID, after[0], size+1)
	if err != nil {
		return nil, err
	}
	providers, next := ops.Page(list, providers, size, func(p *cognate.IdentityProvider) []string { return []string{p.Key()} })
	out := &api.ListIdentityProvidersOutput{Providers: make([]api.ProviderDescription, 0, len(providers)), NextToken: next}
	for _, p := range providers {
		out.Providers = append(out.Providers, api.ProviderDescription{
			ProviderName: p.Name, ProviderType: p.Type,
			LastModifiedDate: api.EpochOf(p.ModifiedAt), CreationDate: api.EpochOf(p.CreatedAt),
		})
	}
	return out, nil
}
