package usersession

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// ListUserSessions lists the token sessions and SSO sessions of the signed-in user in all app clients of the pool.
func (s *Service) ListUserSessions(ctx context.Context, in *api.ListUserSessionsInput) (*api.ListUserSessionsOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	if !principal.Pool.UserSessions.Tracked {
		return nil, errNotTracked
	}
	sessions, next, err := s.page(ctx, "ListUserSessions", principal.User, principal.GrantID, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &api.ListUserSessionsOutput{Sessions: sessions, NextToken: next}, nil
}
