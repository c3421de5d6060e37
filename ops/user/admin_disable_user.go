package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminDisableUser disables a user, who can then not sign in, and revokes the user's grants.
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
