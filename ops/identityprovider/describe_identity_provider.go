package identityprovider

import (
	"context"

	"cognate/api"
)

// DescribeIdentityProvider returns an identity provider.
func (s *Service) DescribeIdentityProvider(ctx context.Context, in *api.DescribeIdentityProviderInput) (*api.DescribeIdentityProviderOutput, error) {
	p, err := s.get(ctx, in.UserPoolId, in.ProviderName)
	if err != nil {
		return nil, err
	}
	out, err := s.toWire(ctx, p)
	if err != nil {
		return nil, err
	}
	return &api.DescribeIdentityProviderOutput{IdentityProvider: out}, nil
}
