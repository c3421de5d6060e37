package usersession

import (
	"context"

	"cognate/api"
)

// AdminRevokeUserSession revokes a session of a user.
func (s *Service) AdminRevokeUserSession(ctx context.Context, in *api.AdminRevokeUserSessionInput) (*api.AdminRevokeUserSessionOutput, error) {
	user, err := s.named(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	found, err := s.find(ctx, user, in.SessionId)
	if err != nil {
		return nil, err
	}
	if err := s.revoke(ctx, found, in.RevokeAssociatedSessions); err != nil {
		return nil, err
	}
	return &api.AdminRevokeUserSessionOutput{}, nil
}
