package resourceserver

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// UpdateResourceServer replaces the name and all scopes of a resource server. A scope that the request leaves out is deleted:
// app clients keep it in their settings, without effect. Source: docs/behaviour.md §5.8.
func (s *Service) UpdateResourceServer(ctx context.Context, in *api.UpdateResourceServerInput) (*api.UpdateResourceServerOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	var changed *cognate.ResourceServer
	err = s.Store.Write(ctx, func(tx *store.Tx) error {
		server, err := tx.LockResourceServer(ctx, pool.ID, in.Identifier)
		if errors.Is(err, store.ErrNotFound) {
			return errNotFound(in.Identifier)
		}
		if err != nil {
			return err
		}
		server.Name, server.Scopes, server.ModifiedAt = in.Name, scopesFromWire(in.Scopes), s.Now()
		if err := server.Check(); err != nil {
			return err
		}
		changed = server
		return tx.SaveResourceServer(ctx, server)
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateResourceServerOutput{ResourceServer: toWire(changed)}, nil
}
