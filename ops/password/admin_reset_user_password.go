package password

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminResetUserPassword invalidates a user's password and sends a code with which the user can set a new one.
func (s *Service) AdminResetUserPassword(ctx context.Context, in *api.AdminResetUserPasswordInput) (*api.AdminResetUserPasswordOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.ResetPassword(ctx, pool, user.Sub, in.ClientMetadata); err != nil {
		return nil, err
	}
	return &api.AdminResetUserPasswordOutput{}, nil
}
