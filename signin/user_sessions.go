package signin

import (
	"context"
	"time"

	"cognate"
	"cognate/store"
)

// UserSession is a token session or an SSO session of a user: one of the fields is set.
type UserSession struct {
	Grant *cognate.Grant
	SSO   *cognate.SSOSession
}

// ID returns the ID of the session, as the API shows it.
func (s UserSession) ID() string {
	if s.Grant != nil {
		return s.Grant.TokenSessionID()
	}
	return s.SSO.ID
}

// Began returns when the session began.
func (s UserSession) Began() time.Time {
	if s.Grant != nil {
		return s.Grant.Began()
	}
	return s.SSO.AuthTime
}

// UserSessions returns the live sessions of a user.
func (e *Engine) UserSessions(ctx context.Context, user *cognate.User) ([]UserSession, error) {
	grants, err := e.Store.LiveGrants(ctx, user.PoolID, user.Sub, e.Now())
	if err != nil {
		return nil, err
	}
	sso, err := e.Store.SSOSessions(ctx, user.PoolID, user.Sub, e.Now())
	if err != nil {
		return nil, err
	}
	sessions := make([]UserSession, 0, len(grants)+len(sso))
	for _, g := range grants {
		sessions = append(sessions, UserSession{Grant: g})
	}
	for _, s := range sso {
		if s.IsLive(user, e.Now()) {
			sessions = append(sessions, UserSession{SSO: s})
		}
	}
	return sessions, nil
}

// FindUserSession returns a live session of a user. Errors: store.ErrNotFound, also for a session of another user and for one that
// was revoked or has expired.
func (e *Engine) FindUserSession(ctx context.Context, user *cognate.User, id string) (UserSession, error) {
	sessions, err := e.UserSessions(ctx, user)
	if err != nil {
		return UserSession{}, err
	}
	for _, found := range sessions {
		if found.ID() == id {
			return found, nil
		}
	}
	return UserSession{}, store.ErrNotFound
}

// EndUserSession ends a session: the tokens of a token session, or the sign-in of a browser; with linked also those that belong to
// it.
func (e *Engine) EndUserSession(ctx context.Context, s UserSession, linked bool) error {
	if s.Grant != nil {
		return e.endTokenSession(ctx, s.Grant, linked)
	}
	return e.EndUserSSOSession(ctx, s.SSO, linked)
}
