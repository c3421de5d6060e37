package password

import (
	"context"

	"cognate/api"
	"cognate/ops"
)

// AdminSetUserPassword gives a user a password, temporary unless it is said to be permanent.
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
