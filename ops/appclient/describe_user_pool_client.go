package appclient

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// DescribeUserPoolClient returns an app client's settings, including the secret.
func (s *Service) DescribeUserPoolClient(ctx context.Context, in *api.DescribeUserPoolClientInput) (*api.DescribeUserPoolClientOutput, error) {
	_, client, err := ops.PoolClient(ctx, s.Store, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return &api.DescribeUserPoolClientOutput{UserPoolClient: toWire(client)}, nil
}
