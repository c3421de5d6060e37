package appclient

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// changeSecrets locks an app client of a pool that the caller owns, calls edit and saves the client. Errors:
// ResourceNotFoundException, those of edit.
func (s *Service) changeSecrets(ctx context.Context, poolID, clientID string, edit func(*cognate.AppClient) error) error {
	pool, err := ops.Pool(ctx, s.Store, poolID)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		client, err := tx.LockAppClient(ctx, pool.ID, clientID)
		if errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(clientID)
		}
		if err != nil {
			return err
		}
		if err := client.RequireManagedSecrets(); err != nil {
			return err
		}
		if err := edit(client); err != nil {
			return err
		}
		return tx.SaveAppClient(ctx, client)
	})
}

// secretToWire returns a client secret in the shape of the API, without its value.
func secretToWire(c *cognate.AppClient, s cognate.ClientSecret) *api.ClientSecretDescriptorType {
	return &api.ClientSecretDescriptorType{ClientSecretId: c.SecretID(s), ClientSecretCreateDate: api.EpochOf(s.Created)}
}
