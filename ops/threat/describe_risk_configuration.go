package threat

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeRiskConfiguration returns the risk configuration of a pool, or of one of its app clients. For a client it does not
// return that of the pool.
func (s *Service) DescribeRiskConfiguration(ctx context.Context, in *api.DescribeRiskConfigurationInput) (*api.DescribeRiskConfigurationOutput, error) {
	if in.ClientId == "" {
		pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
		if err != nil {
			return nil, err
		}
		return &api.DescribeRiskConfigurationOutput{RiskConfiguration: toWire(pool.ID, "", pool.Risk)}, nil
	}
	pool, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &api.DescribeRiskConfigurationOutput{RiskConfiguration: toWire(pool.ID, client.ID, client.Risk)}, nil
}
