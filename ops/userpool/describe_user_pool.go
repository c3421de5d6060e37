package userpool

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// DescribeUserPool returns a pool's settings, the number of its users and its domains.
func (s *Service) DescribeUserPool(ctx context.Context, in *api.DescribeUserPoolInput) (*api.DescribeUserPoolOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	users, err := s.Store.CountUsers(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	domains, err := s.Store.Domains(ctx, pool.ID)
	if err != nil {
		return nil, err
	}
	out := toWire(pool, users)
	if cognate.InReplica(ctx) {
		out.Arn, out.UserPoolTags = pool.ARNIn(pool.Replica.Region), tagsToWire(pool.Replica.Tags)
	}
	if d := domains[cognate.PrefixDomain]; d != nil {
		out.Domain = d.Name
	}
	if d := domains[cognate.CustomDomain]; d != nil {
		out.CustomDomain = d.Name
	}
	return &api.DescribeUserPoolOutput{UserPool: out}, nil
}
