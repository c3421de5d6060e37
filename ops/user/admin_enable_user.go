package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminEnableUser enables a user, who can then sign in again.
func (s *Service) AdminEnableUser(ctx context.Context, in *api.AdminEnableUserInput) (*api.AdminEnableUserOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.SetEnabled(ctx, pool, user.Sub, true); err != nil {
		return nil, err
	}
	return &api.AdminEnableUserOutput{}, nil
}
