package user

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminDeleteUser deletes a user.
func (s *Service) AdminDeleteUser(ctx context.Context, in *api.AdminDeleteUserInput) (*api.AdminDeleteUserOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.Delete(ctx, pool, user.Sub); err != nil {
		return nil, err
	}
	return &api.AdminDeleteUserOutput{}, nil
}
