package usersession

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// SetUserPoolClientSessionConfiguration sets how long an app client reuses a single sign-on session.
func (s *Service) SetUserPoolClientSessionConfiguration(ctx context.Context, in *api.SetUserPoolClientSessionConfigurationInput) (*api.SetUserPoolClientSessionConfigurationOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		client, err := tx.LockAppClient(ctx, pool.ID, in.ClientId)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return api.ErrClientNotFound(in.ClientId)
		case err != nil:
			return err
		case pool.Tier == api.UserPoolTierTypeLite:
			return errLite
		case !pool.UserSessions.Tracked:
			return errNotTracked
		}
		client.SSOValidity = in.SSOSession.MaxValidityMinutes
		client.ModifiedAt = s.Now()
		return tx.SaveAppClient(ctx, client)
	})
	if err != nil {
		return nil, err
	}
	return &api.SetUserPoolClientSessionConfigurationOutput{
		UserPoolId: in.UserPoolId, ClientId: in.ClientId, SSOSession: in.SSOSession,
	}, nil
}
