package userpool

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeUserPool returns a pool's settings and the number of its users.
func (s *Service) DescribeUserPool(ctx context.Context, in *api.DescribeUserPoolInput) (*api.DescribeUserPoolOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	users, err := s.Store.CountUsers(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	return &api.DescribeUserPoolOutput{UserPool: toWire(pool, users)}, nil
}
