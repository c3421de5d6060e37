package appclient

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeUserPoolClient shows a client's settings, its secret among them.
func (s *Service) DescribeUserPoolClient(ctx context.Context, in *api.DescribeUserPoolClientInput) (*api.DescribeUserPoolClientOutput, error) {
	_, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &api.DescribeUserPoolClientOutput{UserPoolClient: toWire(client)}, nil
}
