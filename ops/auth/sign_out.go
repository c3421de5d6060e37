package auth

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// GlobalSignOut revokes all grants of the signed-in user.
func (s *Service) GlobalSignOut(ctx context.Context, _ *api.GlobalSignOutInput) (*api.GlobalSignOutOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	if err := s.Engine.SignOut(ctx, principal.Pool, principal.User.Sub, api.ErrTokenRevoked); err != nil {
		return nil, err
	}
	return &api.GlobalSignOutOutput{}, nil
}

// AdminUserGlobalSignOut revokes all grants of a user.
func (s *Service) AdminUserGlobalSignOut(ctx context.Context, in *api.AdminUserGlobalSignOutInput) (*api.AdminUserGlobalSignOutOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Engine.SignOut(ctx, pool, user.Sub, api.ErrUserDoesNotExist); err != nil {
		return nil, err
	}
	return &api.AdminUserGlobalSignOutOutput{}, nil
}
