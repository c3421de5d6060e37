// Package usersession has the operations that list and revoke user sessions, and the settings for tracking them. A token session
// is a grant, one completed sign-in.
//
// The Session strings that continue an unfinished sign-in are in package authsession. Single sign-on sessions need managed
// login, which this version does not have: it only stores their settings.
package usersession

import (
	"context"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/ops"
	"cognate/risk"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Risk  *risk.Service
	Now   func() time.Time
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
func (s *Service) find(ctx context.Context, user *cognate.User, id string) (*cognate.Grant, error) {
	grants, err := s.Store.LiveGrants(ctx, user.PoolID, user.Sub, s.Now())
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		if g.TokenSessionID() == id {
			return g, nil
		}
	}
	return nil, errNoSession
}

// revoke revokes a session with all its tokens.
func (s *Service) revoke(ctx context.Context, g *cognate.Grant) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeGrant(ctx, g.PoolID, g.ID) })
	return audit.Changed(ctx, audit.TokensRevoked, err)
}
