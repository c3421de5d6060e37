package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

// SpendSession marks a Session as used. It reports false when it was used before: of two racing requests, one gets true.
func (t *Tx) SpendSession(ctx context.Context, session *cognate.AuthSession) (bool, error) {
	n, err := t.q.SpendSession(ctx, gen.SpendSessionParams{
		PoolID: session.PoolID, SessionID: sessionKey(session), ExpiresAt: millis(session.Expires),
	})
	if err != nil {
		return false, fmt.Errorf("spend session: %w", err)
	}
	return n == 1, nil
}

// SessionSpent reports whether a Session was used before.
func (t *Tx) SessionSpent(ctx context.Context, session *cognate.AuthSession) (bool, error) {
	n, err := t.q.SessionSpent(ctx, gen.SessionSpentParams{PoolID: session.PoolID, SessionID: sessionKey(session)})
	if err != nil {
		return false, fmt.Errorf("look up session: %w", err)
	}
	return n > 0, nil
}

// KeepSessionState keeps what a Session needs to go on and is too long to travel in it.
func (t *Tx) KeepSessionState(ctx context.Context, session *cognate.AuthSession, state []byte) error {
	sealed, err := t.s.seal(state, sessionStateAAD(session))
	if err != nil {
		return err
	}
	err = t.q.CreateSessionState(ctx, gen.CreateSessionStateParams{
		PoolID: session.PoolID, SessionID: sessionKey(session), Sealed: sealed, ExpiresAt: millis(session.Expires),
	})
	if err != nil {
		return fmt.Errorf("keep session state: %w", err)
	}
	return nil
}

// SessionState returns what KeepSessionState kept. Errors: ErrNotFound, also once the Session has expired.
func (s *Store) SessionState(ctx context.Context, session *cognate.AuthSession) ([]byte, error) {
	sealed, err := s.reader.GetSessionState(ctx, gen.GetSessionStateParams{PoolID: session.PoolID, SessionID: sessionKey(session)})
	if err != nil {
		return nil, found("get session state", err)
	}
	return s.unseal(sealed, sessionStateAAD(session))
}

func sessionStateAAD(session *cognate.AuthSession) string {
	return aadOf("session_states", session.PoolID, sessionKey(session), "sealed")
}

// sessionKey is what is kept of a Session: a hash of its name.
func sessionKey(session *cognate.AuthSession) string {
	sum := sha256.Sum256([]byte(session.ID))
	return hex.EncodeToString(sum[:])
}
