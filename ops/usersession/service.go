// Package usersession has the operations on user sessions: what a user is signed in with, listed and revoked one by one, and the
// settings that say whether a pool tracks them. A token session is a grant, one completed sign-in.
//
// It does not know the Sessions that continue an unfinished sign-in: those are package sessions'. Single sign-on sessions
// come with managed login, which this version does not have; their settings are kept for it.
package usersession

import (
	"context"
	"time"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/ops"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
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

// named returns the user that the request of an administrator names, in a pool that tracks sessions. It reads the pool
// once. Errors: as ops.User; OperationNotEnabledException.
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

// find returns a live session of a user. Errors: ResourceNotFoundException, also for a session of somebody else, or one
// that is over.
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

// revoke ends a session: no token of it is good any more.
func (s *Service) revoke(ctx context.Context, g *cognate.Grant) error {
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return tx.RevokeGrant(ctx, g.PoolID, g.ID) })
	return audit.Changed(ctx, audit.TokensRevoked, err)
}
