package usersession

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// RevokeUserSession ends another session of the caller. The one that calls ends by RevokeToken or GlobalSignOut.
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
