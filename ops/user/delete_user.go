package user

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// DeleteUser deletes the signed-in user.
func (s *Service) DeleteUser(ctx context.Context, _ *api.DeleteUserInput) (*api.DeleteUserOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	if err := s.Users.Delete(ctx, p.Pool, p.User.Sub); err != nil {
		return nil, err
	}
	return &api.DeleteUserOutput{}, nil
}
