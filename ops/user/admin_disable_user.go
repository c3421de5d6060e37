package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminDisableUser keeps a user from signing in and ends the user's sign-ins.
func (s *Service) AdminDisableUser(ctx context.Context, in *api.AdminDisableUserInput) (*api.AdminDisableUserOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.SetEnabled(ctx, pool, user.Sub, false); err != nil {
		return nil, err
	}
	return &api.AdminDisableUserOutput{}, nil
}
