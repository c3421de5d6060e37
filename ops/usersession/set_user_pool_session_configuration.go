package usersession

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// SetUserPoolSessionConfiguration switches the tracking of a pool's sessions and sets how many a user may have. A lower
// number ends no session by itself: the user's next sign-in does. Without tracking nothing stays of where sessions were used.
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
