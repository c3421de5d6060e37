package resourceserver

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// CreateResourceServer adds a resource server to a pool. Source: docs/behaviour.md §5.8.
func (s *Service) CreateResourceServer(ctx context.Context, in *api.CreateResourceServerInput) (*api.CreateResourceServerOutput, error) {
	now := s.Now()
	server := &cognate.ResourceServer{
		PoolID: in.UserPoolId, Identifier: in.Identifier, Name: in.Name, Scopes: scopesFromWire(in.Scopes),
		CreatedAt: now, ModifiedAt: now,
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := ops.LockPool(ctx, tx, in.UserPoolId); err != nil {
			return err
		}
		if err := server.Check(); err != nil {
			return err
		}
		if err := tx.CreateResourceServer(ctx, server); err != nil {
			return err
		}
		return s.Quotas.Require(cognate.QuotaResourceServers, func() (int, error) {
			n, err := tx.CountResourceServers(ctx, server.PoolID)
			return n - 1, err // without the new one
		})
	})
	if errors.Is(err, store.ErrExists) {
		err = api.InvalidParameterException(in.Identifier + " already exists in user pool " + in.UserPoolId + ".")
	}
	if err != nil {
		return nil, err
	}
	return &api.CreateResourceServerOutput{ResourceServer: toWire(server)}, nil
}
