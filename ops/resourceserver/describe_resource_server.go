package resourceserver

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DescribeResourceServer returns a resource server.
func (s *Service) DescribeResourceServer(ctx context.Context, in *api.DescribeResourceServerInput) (*api.DescribeResourceServerOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	server, err := s.Store.ResourceServer(ctx, pool.ID, in.Identifier)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotFound(in.Identifier)
	}
	if err != nil {
		return nil, err
	}
	return &api.DescribeResourceServerOutput{ResourceServer: toWire(server)}, nil
}
