package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var sessionTables = []table{
	{name: "spent_sessions", role: roleTransient, restoring: restoreDrops, inTrash: true, key: []string{"pool_id", "session_id"}},
	{name: "session_states", role: roleTransient, restoring: restoreDrops, key: []string{"pool_id", "session_id"}, sealed: []string{"sealed"}},
}

// SpendSession marks a Session as spent. It returns false if it was spent before: of two concurrent requests, one gets true.
func (t *Tx) SpendSession(ctx context.Context, session *cognate.AuthSession) (bool, error) {
	n, err := t.q.SpendSession(ctx, gen.SpendSessionParams{
		PoolID: session.PoolID, SessionID: sessionKey(session), ExpiresAt: millis(session.Expires),
	})
	if err != nil {
		return false, fmt.Errorf("spend session: %w", err)
	}
	return n == 1, nil
}

// IsSessionSpent reports whether a Session was spent before.
func (t *Tx) IsSessionSpent(ctx context.Context, session *cognate.AuthSession) (bool, error) {
	n, err := t.q.SessionSpent(ctx, gen.SessionSpentParams{PoolID: session.PoolID, SessionID: sessionKey(session)})
	if err != nil {
		return false, fmt.Errorf("look up session: %w", err)
	}
	return n > 0, nil
}

// CreateSessionState stores the custom sign-in that a Session continues, which is too long for the Session string.
func (t *Tx) CreateSessionState(ctx context.Context, session *cognate.AuthSession, c *cognate.CustomSignIn) error {
	sealed, err := t.s.sealDocument(fromCustomSignIn(c), true, sessionStateAAD(session))
	if err != nil {
		return err
	}
	err = t.q.CreateSessionState(ctx, gen.CreateSessionStateParams{
		PoolID: session.PoolID, SessionID: sessionKey(session), Sealed: sealed, ExpiresAt: millis(session.Expires),
	})
	if err != nil {
		return fmt.Errorf("create session state: %w", err)
	}
	return nil
}

// SessionState returns what CreateSessionState stored. Errors: ErrNotFound, also after a purge of an expired one.
func (s *Store) SessionState(ctx context.Context, session *cognate.AuthSession) (*cognate.CustomSignIn, error) {
	sealed, err := s.reader.GetSessionState(ctx, gen.GetSessionStateParams{PoolID: session.PoolID, SessionID: sessionKey(session)})
	if err != nil {
		return nil, found("get session state", err)
	}
	aad := sessionStateAAD(session)
	plaintext, err := s.unseal(sealed, aad)
	if err != nil {
		return nil, err
	}
	var d customSignInDocument
	if err := decode(aad, string(plaintext), &d); err != nil {
		return nil, err
	}
	return d.toCustomSignIn(), nil
}

func sessionStateAAD(session *cognate.AuthSession) string {
	return aadOf("session_states", session.PoolID, sessionKey(session), "sealed")
}

// sessionKey returns the stored key of a Session: a hash of its ID.
func sessionKey(session *cognate.AuthSession) string {
	sum := sha256.Sum256([]byte(session.ID))
	return hex.EncodeToString(sum[:])
}
