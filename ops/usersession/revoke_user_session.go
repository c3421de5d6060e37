package usersession

import (
	"context"

	"cognate/api"
	"cognate/tokens"
)

// RevokeUserSession revokes another session of the signed-in user. RevokeToken and GlobalSignOut revoke the current one.
// Assumed: LINKED with the SSO session that the caller's own token session came from is refused, as the current session is.
func (s *Service) RevokeUserSession(ctx context.Context, in *api.RevokeUserSessionInput) (*api.RevokeUserSessionOutput, error) {
	principal := tokens.PrincipalFrom(ctx)
	if !principal.Pool.UserSessions.Tracked {
		return nil, errNotTracked
	}
	found, err := s.find(ctx, principal.User, in.SessionId)
	if err != nil {
		return nil, err
	}
	isCurrent := found.Grant != nil && found.Grant.ID == principal.GrantID
	endsCurrent := found.SSO != nil && found.SSO.ID == principal.SSOSession && in.RevokeAssociatedSessions == api.RevokeAssociatedSessionsTypeLinked
	if isCurrent || endsCurrent {
		return nil, errCurrentSession
	}
	if err := s.revoke(ctx, found, in.RevokeAssociatedSessions); err != nil {
		return nil, err
	}
	return &api.RevokeUserSessionOutput{}, nil
}
