package usersession

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// GetUserPoolSessionConfiguration returns whether a pool tracks sessions, and the limit per user.
func (s *Service) GetUserPoolSessionConfiguration(ctx context.Context, in *api.GetUserPoolSessionConfigurationInput) (*api.GetUserPoolSessionConfigurationOutput, error) {
	pool, err := ops.Pool(ctx, s.Store, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	tracking := api.UserSessionTrackingTypeDisabled
	if pool.UserSessions.Tracked {
		tracking = api.UserSessionTrackingTypeEnabled
	}
	return &api.GetUserPoolSessionConfigurationOutput{
		UserPoolId: pool.ID, UserSessionTracking: tracking,
		TokenSession: &api.UserPoolTokenSessionConfigType{MaxPerUser: new(pool.UserSessions.Limit())},
	}, nil
}
