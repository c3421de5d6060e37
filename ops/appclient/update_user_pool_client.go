package appclient

import (
	"cmp"
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// UpdateUserPoolClient replaces the settings of an app client. A setting that is missing in the request is reset to its default,
// except the name. The ID and the secret do not change. Source: docs/behaviour.md §5.3.
func (s *Service) UpdateUserPoolClient(ctx context.Context, in *api.UpdateUserPoolClientInput) (*api.UpdateUserPoolClientOutput, error) {
	var changed *cognate.AppClient
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		client, err := tx.LockAppClient(ctx, pool.ID, in.ClientId)
		if errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(in.ClientId)
		}
		if err != nil {
			return err
		}
		client.Name = cmp.Or(in.ClientName, client.Name)
		client.ModifiedAt = s.Now()
		configure(client, in)
		if err := check(ctx, tx, client, pool); err != nil {
			return err
		}
		changed = client
		return tx.SaveAppClient(ctx, client)
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserPoolClientOutput{UserPoolClient: toWire(changed)}, nil
}
