package userpool

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
)

// DescribeUserPool returns a pool's settings, the number of its users and its domains.
func (s *Service) DescribeUserPool(ctx context.Context, in *api.DescribeUserPoolInput) (*api.DescribeUserPoolOutput, error) {
	pool, summary, err := ops.DescribePool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	out := toWire(pool, summary.Users)
	out.Domain, out.CustomDomain = summary.PrefixDomain, summary.CustomDomain
	if cognate.InReplica(ctx) {
		out.Arn, out.UserPoolTags = pool.ARNIn(pool.Replica.Region), tagsToWire(pool.Replica.Tags)
	}
	return &api.DescribeUserPoolOutput{UserPool: out}, nil
}
