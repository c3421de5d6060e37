package password

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminSetUserPassword sets a user's password. It is temporary unless Permanent is set.
func (s *Service) AdminSetUserPassword(ctx context.Context, in *api.AdminSetUserPasswordInput) (*api.AdminSetUserPasswordOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Users.SetPassword(ctx, pool, user, in.Password, api.IsTrue(in.Permanent)); err != nil {
		return nil, err
	}
	return &api.AdminSetUserPasswordOutput{}, nil
}
