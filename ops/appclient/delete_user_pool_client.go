package appclient

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DeleteUserPoolClient deletes an app client and revokes its tokens. The trash keeps the client for a time.
func (s *Service) DeleteUserPoolClient(ctx context.Context, in *api.DeleteUserPoolClientInput) (*api.DeleteUserPoolClientOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		err = s.Trash.DeleteAppClient(ctx, tx, pool.ID, in.ClientId)
		if errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(in.ClientId)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteUserPoolClientOutput{}, nil
}
