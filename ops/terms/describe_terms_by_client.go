package terms

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeTermsByClient returns the terms of an app client with a name.
func (s *Service) DescribeTermsByClient(ctx context.Context, in *api.DescribeTermsByClientInput) (*api.DescribeTermsByClientOutput, error) {
	if _, _, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	t, err := orNotFound(s.Store.ClientTerms(ctx, in.UserPoolId, in.ClientId, in.TermsName))
	if err != nil {
		return nil, err
	}
	return &api.DescribeTermsByClientOutput{Terms: toWire(t)}, nil
}
