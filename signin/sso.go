package signin

import (
	"context"
	"errors"

	"cognate"
	"cognate/audit"
	"cognate/store"
)

// maxSSOSessions is the number of SSO sessions that are stored for a user. It limits how much a user can store by signing in many
// times. If a user has more, the oldest ones end.
const maxSSOSessions = 1000

// SSO is the SSO session of a finished sign-in on a page.
type SSO struct {
	Session cognate.SSOSession
	Secret  string // the value of the browser's cookie
}

func newSSO() *SSO {
	secret := cognate.NewSSOSecret()
	return &SSO{Secret: secret, Session: cognate.SSOSession{ID: cognate.NewSSOSessionID(), SecretHash: cognate.SSOSecretHash(secret)}}
}

// storeSSO stores the SSO session of a finished sign-in on a page.
func (e *Engine) storeSSO(ctx context.Context, tx *store.Tx, t *step, s *result) error {
	now, session := e.Now(), &s.sso.Session
	session.PoolID, session.Sub, session.ClientID, session.Stamp = t.Pool.ID, s.user.Sub, t.Client.ID, s.user.Stamp
	session.AuthTime, session.Expires = now, now.Add(t.Client.SSOSessionTTL())
	session.Methods, session.SecondFactor = t.methods(), t.provesSecondFactor()
	session.RecordActivity(cognate.OriginFrom(ctx), now)
	if err := tx.DeleteOldSSOSessions(ctx, t.Pool.ID, s.user.Sub, maxSSOSessions-1); err != nil {
		return err
	}
	return tx.CreateSSOSession(ctx, session)
}

// SSOSession returns the live SSO session of a browser's cookie and its user. If client is not nil, the session must be valid
// for the client: it signs the user in without a challenge. client is nil on a page that belongs to no client.
// Errors: store.ErrNotFound.
func (e *Engine) SSOSession(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, secret string) (*cognate.SSOSession, *cognate.User, error) {
	session, user, err := e.storedSSO(ctx, pool, secret)
	if err != nil {
		return nil, nil, err
	}
	if !session.IsLive(user, e.Now()) || client != nil && !session.Serves(client, e.Now()) {
		return nil, nil, store.ErrNotFound
	}
	return session, user, nil
}

// FreshSSOSession is SSOSession for a page that follows the sign-in to the same client, within SignInWindow. Then even a client that
// always requires a sign-in gets its code. Errors: store.ErrNotFound.
func (e *Engine) FreshSSOSession(ctx context.Context, pool *cognate.UserPool, client *cognate.AppClient, secret string) (*cognate.SSOSession, *cognate.User, error) {
	session, user, err := e.storedSSO(ctx, pool, secret)
	if err != nil {
		return nil, nil, err
	}
	if session.ClientID != client.ID || !session.IsFresh(user, e.Now()) {
		return nil, nil, store.ErrNotFound
	}
	return session, user, nil
}

func (e *Engine) storedSSO(ctx context.Context, pool *cognate.UserPool, secret string) (*cognate.SSOSession, *cognate.User, error) {
	if secret == "" {
		return nil, nil, store.ErrNotFound
	}
	return e.Store.SSOSession(ctx, pool.ID, cognate.SSOSecretHash(secret))
}

// LogoutStep stores more in the transaction that ends an SSO session.
type LogoutStep func(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, session *cognate.SSOSession) error

// EndSSOSession ends the SSO session of a browser's cookie, if it has one, and deletes the unused codes of the session. Tokens of
// clients stay valid. It calls also in the transaction that ends the session. It returns the ended session, or nil if there was
// none.
// Source: docs/behaviour.md §7.5.
func (e *Engine) EndSSOSession(ctx context.Context, pool *cognate.UserPool, secret string, also LogoutStep) (*cognate.SSOSession, error) {
	session, _, err := e.storedSSO(ctx, pool, secret)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	audit.SetUser(ctx, session.Sub)
	err = e.Store.Write(ctx, func(tx *store.Tx) error {
		if err := also(ctx, tx, pool, session); err != nil {
			return err
		}
		return tx.DeleteSSOSession(ctx, session.PoolID, session.Sub, session.ID)
	})
	return session, audit.Changed(ctx, audit.SignedOut, err)
}
