package store

import (
	"context"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

var ssoSessionTables = []table{
	{
		name: "sso_sessions", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "session_id"}, plain: []string{"secret_hash"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteUserSSOSessions(ctx, gen.DeleteUserSSOSessionsParams{PoolID: poolID, Sub: sub})
		},
		deleteOfClient: func(ctx context.Context, q *gen.Queries, poolID, clientID string) error {
			return q.DeleteClientSSOSessions(ctx, gen.DeleteClientSSOSessionsParams{PoolID: poolID, ClientID: clientID})
		},
	},
}

// SSOSession returns the SSO session with the hash of a cookie, and its user, in one read. The caller decides whether the session
// is live. Errors: ErrNotFound.
func (s *Store) SSOSession(ctx context.Context, poolID string, secretHash []byte) (*cognate.SSOSession, *cognate.User, error) {
	row, err := s.reader.GetSSOSession(ctx, gen.GetSSOSessionParams{PoolID: poolID, SecretHash: secretHash})
	if err != nil {
		return nil, nil, found("get SSO session", err)
	}
	user, err := s.userFromRow(row.User)
	if err != nil {
		return nil, nil, err
	}
	return ssoSessionFromRow(row.SsoSession), user, nil
}

// SSOSessionByID returns an SSO session. The caller decides whether it is live. Errors: ErrNotFound.
func (s *Store) SSOSessionByID(ctx context.Context, poolID, id string) (*cognate.SSOSession, error) {
	row, err := s.reader.GetSSOSessionByID(ctx, gen.GetSSOSessionByIDParams{PoolID: poolID, SessionID: id})
	if err != nil {
		return nil, found("get SSO session", err)
	}
	return ssoSessionFromRow(row), nil
}

// SSOSessions returns the SSO sessions of a user that have not expired, latest sign-in first. The caller decides whether they are
// live.
func (s *Store) SSOSessions(ctx context.Context, poolID, sub string, now time.Time) ([]*cognate.SSOSession, error) {
	rows, err := s.reader.ListSSOSessions(ctx, gen.ListSSOSessionsParams{PoolID: poolID, Sub: sub, Now: millis(now)})
	if err != nil {
		return nil, fmt.Errorf("list SSO sessions: %w", err)
	}
	sessions := make([]*cognate.SSOSession, 0, len(rows))
	for _, row := range rows {
		sessions = append(sessions, ssoSessionFromRow(row))
	}
	return sessions, nil
}

// CreateSSOSession adds an SSO session.
func (t *Tx) CreateSSOSession(ctx context.Context, s *cognate.SSOSession) error {
	err := t.q.CreateSSOSession(ctx, gen.CreateSSOSessionParams{
		PoolID: s.PoolID, SessionID: s.ID, SecretHash: s.SecretHash, Sub: s.Sub, ClientID: s.ClientID,
		AuthTime: millis(s.AuthTime), ExpiresAt: millis(s.Expires), Stamp: s.Stamp,
		Amr: joinMethods(s.Methods), SecondFactor: bit(s.SecondFactor), DeviceType: s.DeviceType, IpAddress: s.IPAddress,
		LastActiveAt: millis(s.LastActive),
	})
	if err != nil {
		return fmt.Errorf("create SSO session: %w", err)
	}
	return nil
}

// LockSSOSession returns an SSO session, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockSSOSession(ctx context.Context, poolID, id string) (*cognate.SSOSession, error) {
	row, err := t.q.LockSSOSession(ctx, gen.LockSSOSessionParams{PoolID: poolID, SessionID: id})
	if err != nil {
		return nil, found("lock SSO session", err)
	}
	return ssoSessionFromRow(row), nil
}

// TouchSSOSession stores the activity of an SSO session.
func (t *Tx) TouchSSOSession(ctx context.Context, s *cognate.SSOSession) error {
	err := t.q.TouchSSOSession(ctx, gen.TouchSSOSessionParams{
		DeviceType: s.DeviceType, IpAddress: s.IPAddress, LastActiveAt: millis(s.LastActive), PoolID: s.PoolID, SessionID: s.ID,
	})
	if err != nil {
		return fmt.Errorf("touch SSO session: %w", err)
	}
	return nil
}

// DeleteSSOSession deletes an SSO session and the unused codes that were issued for it. Deleting it again has no effect.
func (t *Tx) DeleteSSOSession(ctx context.Context, poolID, sub, id string) error {
	if err := t.q.DeleteSSOSession(ctx, gen.DeleteSSOSessionParams{PoolID: poolID, SessionID: id}); err != nil {
		return fmt.Errorf("delete SSO session: %w", err)
	}
	err := t.q.DeleteSSOSessionAuthorizationCodes(ctx, gen.DeleteSSOSessionAuthorizationCodesParams{
		PoolID: poolID, Sub: sub, SsoSession: id,
	})
	if err != nil {
		return fmt.Errorf("delete codes of SSO session: %w", err)
	}
	return nil
}

// DeletePoolSSOSessions deletes the SSO sessions of all users of a pool.
func (t *Tx) DeletePoolSSOSessions(ctx context.Context, poolID string) error {
	if err := t.q.DeletePoolSSOSessions(ctx, poolID); err != nil {
		return fmt.Errorf("delete SSO sessions: %w", err)
	}
	return nil
}

// DeleteOldSSOSessions deletes the SSO sessions of a user except the given number of newest ones.
func (t *Tx) DeleteOldSSOSessions(ctx context.Context, poolID, sub string, number int) error {
	err := t.q.DeleteOldSSOSessions(ctx, gen.DeleteOldSSOSessionsParams{PoolID: poolID, Sub: sub, OlderThan: int32(number - 1)})
	if err != nil {
		return fmt.Errorf("delete old SSO sessions: %w", err)
	}
	return nil
}

func ssoSessionFromRow(row gen.SsoSession) *cognate.SSOSession {
	return &cognate.SSOSession{
		PoolID: row.PoolID, ID: row.SessionID, SecretHash: row.SecretHash, Sub: row.Sub, ClientID: row.ClientID,
		AuthTime: fromMillis(row.AuthTime), Expires: fromMillis(row.ExpiresAt), Stamp: row.Stamp,
		Methods: splitMethods(row.Amr), SecondFactor: row.SecondFactor == 1,
		DeviceType: row.DeviceType, IPAddress: row.IpAddress, LastActive: fromMillis(row.LastActiveAt),
	}
}
