// Package usersession has the operations that list and revoke user sessions, and the settings for tracking them. A token session
// is a grant; an SSO session is the sign-in of a browser at the login pages.
//
// The Session strings that continue an unfinished sign-in are in package authsession.
package usersession

import (
	"context"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/risk"
	"cognate/signin"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Engine *signin.Engine
	Risk   *risk.Service
	Now    func() time.Time
}

var (
	// Assumed: the types and texts of the operations on user sessions: without tracking, for an unknown or finished session or
	// that of another user, and for the caller's own session. Reading the settings works without tracking.
	errNotTracked     = api.OperationNotEnabledException("User session tracking is not enabled for the user pool.")
	errNoSession      = api.ResourceNotFoundException("Session does not exist.")
	errCurrentSession = api.InvalidParameterException("The current session can't be revoked.")
	// Assumed: the name "User Session Management" in the error.
	errLite = api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: User Session Management")
)

// named returns the user that the request of an administrator names, in a pool that tracks sessions.
// Errors: as ops.User; OperationNotEnabledException.
func (s *Service) named(ctx context.Context, poolID, username string) (*cognate.User, error) {
	pool, err := ops.Pool(ctx, s.Store, poolID)
	if err != nil {
		return nil, err
	}
	if !pool.UserSessions.Tracked {
		return nil, errNotTracked
	}
	return ops.PoolUser(ctx, s.Store, pool, username)
}

// session is a token session or an SSO session of a user: one of the fields is set.
type session struct {
	grant *cognate.Grant
	sso   *cognate.SSOSession
}

func (s session) id() string {
	if s.grant != nil {
		return s.grant.TokenSessionID()
	}
	return s.sso.ID
}

func (s session) began() time.Time {
	if s.grant != nil {
		return s.grant.Began()
	}
	return s.sso.AuthTime
}

// sessions returns the live sessions of a user.
func (s *Service) sessions(ctx context.Context, user *cognate.User) ([]session, error) {
	grants, err := s.Store.LiveGrants(ctx, user.PoolID, user.Sub, s.Now())
	if err != nil {
		return nil, err
	}
	sso, err := s.Store.SSOSessions(ctx, user.PoolID, user.Sub, s.Now())
	if err != nil {
		return nil, err
	}
	sessions := make([]session, 0, len(grants)+len(sso))
	for _, g := range grants {
		sessions = append(sessions, session{grant: g})
	}
	for _, l := range sso {
		if l.IsLive(user, s.Now()) {
			sessions = append(sessions, session{sso: l})
		}
	}
	return sessions, nil
}

// find returns a live session of a user. Errors: ResourceNotFoundException, also for a session of another user and for one that
// was revoked or has expired.
func (s *Service) find(ctx context.Context, user *cognate.User, id string) (session, error) {
	sessions, err := s.sessions(ctx, user)
	if err != nil {
		return session{}, err
	}
	for _, found := range sessions {
		if found.id() == id {
			return found, nil
		}
	}
	return session{}, errNoSession
}

// revoke revokes a session: the tokens of a token session, or the sign-in of a browser; with LINKED also those that belong to it.
func (s *Service) revoke(ctx context.Context, found session, associated api.RevokeAssociatedSessionsType) error {
	linked := associated == api.RevokeAssociatedSessionsTypeLinked
	if found.grant != nil {
		return s.Engine.EndTokenSession(ctx, found.grant, linked)
	}
	return s.Engine.EndUserSSOSession(ctx, found.sso, linked)
}
