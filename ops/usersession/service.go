// Package usersession has the operations that list and revoke user sessions, and the settings for tracking them. A token session
// is a grant; an SSO session is the sign-in of a browser at the login pages.
//
// The Session strings that continue an unfinished sign-in are in package authsession.
package usersession

import (
	"context"
	"errors"
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

// find returns a live session of a user. Errors: ResourceNotFoundException, also for a session of another user and for one that
// was revoked or has expired.
func (s *Service) find(ctx context.Context, user *cognate.User, id string) (signin.UserSession, error) {
	found, err := s.Engine.FindUserSession(ctx, user, id)
	if errors.Is(err, store.ErrNotFound) {
		return found, errNoSession
	}
	return found, err
}

// revoke revokes a session, and with LINKED also those that belong to it.
func (s *Service) revoke(ctx context.Context, found signin.UserSession, associated api.RevokeAssociatedSessionsType) error {
	return s.Engine.EndUserSession(ctx, found, associated == api.RevokeAssociatedSessionsTypeLinked)
}
