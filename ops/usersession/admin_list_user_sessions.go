package usersession

import (
	"context"

	"cognate/api"
)

// AdminListUserSessions lists the token sessions and SSO sessions of a user in all app clients of the pool.
func (s *Service) AdminListUserSessions(ctx context.Context, in *api.AdminListUserSessionsInput) (*api.AdminListUserSessionsOutput, error) {
	user, err := s.named(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	sessions, next, err := s.page(ctx, "AdminListUserSessions", user, "", in.NextToken)
	if err != nil {
		return nil, err
	}
	return &api.AdminListUserSessionsOutput{Sessions: sessions, NextToken: next}, nil
}
