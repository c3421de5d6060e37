package resourceserver

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DeleteResourceServer deletes a resource server with its scopes. App clients keep the scopes in their settings, without
// effect. Source: docs/behaviour.md §5.8.
func (s *Service) DeleteResourceServer(ctx context.Context, in *api.DeleteResourceServerInput) (*api.DeleteResourceServerOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	err = s.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteResourceServer(ctx, pool.ID, in.Identifier) })
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotFound(in.Identifier)
	}
	if err != nil {
		return nil, err
	}
	return &api.DeleteResourceServerOutput{}, nil
}
