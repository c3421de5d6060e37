package usersession

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// SetUserPoolSessionConfiguration switches the tracking of sessions on or off, and sets the limit per user. A lower limit takes
// effect at a user's next sign-in. Switching off deletes the device types and addresses of all sessions.
func (s *Service) SetUserPoolSessionConfiguration(ctx context.Context, in *api.SetUserPoolSessionConfigurationInput) (*api.SetUserPoolSessionConfigurationOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if pool.Tier == api.UserPoolTierTypeLite {
			return errLite
		}
		pool.UserSessions = cognate.UserSessionSettings{
			Tracked: in.UserSessionTracking == api.UserSessionTrackingTypeEnabled, MaxPerUser: *in.TokenSession.MaxPerUser,
		}
		pool.ModifiedAt = s.Now()
		if !pool.UserSessions.Tracked {
			if err := tx.ClearGrantOrigins(ctx, pool.ID); err != nil {
				return err
			}
		}
		return tx.SaveUserPool(ctx, pool)
	})
	if err != nil {
		return nil, err
	}
	return &api.SetUserPoolSessionConfigurationOutput{
		UserPoolId: in.UserPoolId, UserSessionTracking: in.UserSessionTracking, TokenSession: in.TokenSession,
	}, nil
}
