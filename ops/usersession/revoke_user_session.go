package usersession

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// RevokeUserSession revokes another token session of the signed-in user. RevokeToken and GlobalSignOut revoke the current one.
func (s *Service) RevokeUserSession(ctx context.Context, in *api.RevokeUserSessionInput) (*api.RevokeUserSessionOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	if !principal.Pool.UserSessions.Tracked {
		return nil, errNotTracked
	}
	grant, err := s.find(ctx, principal.User, in.SessionId)
	if err != nil {
		return nil, err
	}
	if grant.ID == principal.GrantID {
		return nil, errCurrentSession
	}
	if err := s.revoke(ctx, grant); err != nil {
		return nil, err
	}
	return &api.RevokeUserSessionOutput{}, nil
}
