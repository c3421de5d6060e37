package password

import (
	"context"

	"cognate/account"
	"cognate/api"
	"cognate/tokens"
)

// ChangePassword replaces the signed-in user's password.
func (s *Service) ChangePassword(ctx context.Context, in *api.ChangePasswordInput) (*api.ChangePasswordOutput, error) {
	p := tokens.PrincipalFrom(ctx)
	err := s.Users.ChangePassword(ctx, &account.PasswordChange{
		Pool: p.Pool, Client: p.Client, User: p.User, Previous: in.PreviousPassword, Proposed: in.ProposedPassword,
	})
	if err != nil {
		return nil, err
	}
	return &api.ChangePasswordOutput{}, nil
}
