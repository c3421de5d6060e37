package terms

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeTerms returns terms by their ID.
func (s *Service) DescribeTerms(ctx context.Context, in *api.DescribeTermsInput) (*api.DescribeTermsOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	t, err := orNotFound(s.Store.Terms(ctx, pool.ID, idOf(in.TermsId)))
	if err != nil {
		return nil, err
	}
	return &api.DescribeTermsOutput{Terms: toWire(t)}, nil
}
