package user

import (
	"context"

	"cognate/api"
)

// AdminDeleteUser removes a user.
func (s *Service) AdminDeleteUser(ctx context.Context, in *api.AdminDeleteUserInput) (*api.AdminDeleteUserOutput, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.Delete(ctx, pool, user.Sub); err != nil {
		return nil, err
	}
	return &api.AdminDeleteUserOutput{}, nil
}
