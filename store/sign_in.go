package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

// Principal is a user who holds a token, with all that the token's worth depends on, as of now.
type Principal struct {
	Pool    *cognate.UserPool
	Client  *cognate.AppClient
	User    *cognate.User
	Revoked bool // the grant was revoked
}

// Principal returns whom a grant belongs to, in one read. Errors: ErrNotFound, when the grant, its pool, client or user
// is gone.
func (s *Store) Principal(ctx context.Context, poolID, grantID string) (*Principal, error) {
	row, err := s.reader.GetPrincipal(ctx, gen.GetPrincipalParams{PoolID: poolID, GrantID: grantID})
	if err != nil {
		return nil, found("get principal", err)
	}
	pr := &Principal{Revoked: row.Revoked == 1}
	if pr.Pool, err = s.poolFromRow(row.UserPool); err != nil {
		return nil, err
	}
	if pr.Client, err = s.clientFromRow(row.AppClient); err != nil {
		return nil, err
	}
	if pr.User, err = s.userFromRow(row.User); err != nil {
		return nil, err
	}
	return pr, nil
}

// GrantByRefreshToken returns the grant that a refresh token (by its hash) continues. Errors: ErrNotFound.
func (s *Store) GrantByRefreshToken(ctx context.Context, poolID string, hash []byte) (*cognate.Grant, error) {
	row, err := s.reader.GetGrantByRefreshHash(ctx, gen.GetGrantByRefreshHashParams{PoolID: poolID, RefreshHash: hash})
	if err != nil {
		return nil, found("get grant", err)
	}
	return &cognate.Grant{
		PoolID: row.PoolID, ID: row.GrantID, ClientID: row.ClientID, Sub: row.Sub, OriginJTI: row.OriginJti,
		RefreshHash: row.RefreshHash, AuthTime: fromMillis(row.AuthTime), Expires: fromMillis(row.ExpiresAt),
		Revoked: row.Revoked == 1,
	}, nil
}

// CreateGrant adds a grant.
func (t *Tx) CreateGrant(ctx context.Context, g cognate.Grant) error {
	err := t.q.CreateGrant(ctx, gen.CreateGrantParams{
		PoolID: g.PoolID, GrantID: g.ID, ClientID: g.ClientID, Sub: g.Sub, OriginJti: g.OriginJTI,
		RefreshHash: g.RefreshHash, AuthTime: millis(g.AuthTime), ExpiresAt: millis(g.Expires),
	})
	if err != nil {
		return fmt.Errorf("create grant: %w", err)
	}
	return nil
}

// RevokeGrant ends one sign-in. Revoking twice is no error.
func (t *Tx) RevokeGrant(ctx context.Context, poolID, grantID string) error {
	if err := t.q.RevokeGrant(ctx, gen.RevokeGrantParams{PoolID: poolID, GrantID: grantID}); err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// RevokeUserGrants ends every sign-in of a user.
func (t *Tx) RevokeUserGrants(ctx context.Context, poolID, sub string) error {
	if err := t.q.RevokeUserGrants(ctx, gen.RevokeUserGrantsParams{PoolID: poolID, Sub: sub}); err != nil {
		return fmt.Errorf("revoke grants: %w", err)
	}
	return nil
}

// SpendSession marks a Session as used. It reports false when it was used before: of two racing requests, one gets true.
func (t *Tx) SpendSession(ctx context.Context, session *cognate.Session) (bool, error) {
	n, err := t.q.SpendSession(ctx, gen.SpendSessionParams{
		PoolID: session.PoolID, SessionID: sessionKey(session), ExpiresAt: millis(session.Expires),
	})
	if err != nil {
		return false, fmt.Errorf("spend session: %w", err)
	}
	return n == 1, nil
}

// SessionSpent reports whether a Session was used before.
func (t *Tx) SessionSpent(ctx context.Context, session *cognate.Session) (bool, error) {
	n, err := t.q.SessionSpent(ctx, gen.SessionSpentParams{PoolID: session.PoolID, SessionID: sessionKey(session)})
	if err != nil {
		return false, fmt.Errorf("look up session: %w", err)
	}
	return n > 0, nil
}

// sessionKey is what is kept of a Session: a hash of its name.
func sessionKey(session *cognate.Session) string {
	sum := sha256.Sum256([]byte(session.ID))
	return hex.EncodeToString(sum[:])
}

// Attempts is the record of failed sign-in attempts of one subject.
type Attempts struct {
	Failures                int
	LastFailed, LockedUntil time.Time
}

// LockAttempts returns the record of a subject (a sub, or a mark of a typed name that is nobody's) and keeps others from
// reading it this way until the transaction ends, so that racing guesses are counted one by one.
func (t *Tx) LockAttempts(ctx context.Context, poolID, subject string) (Attempts, error) {
	row, err := t.q.LockAttempts(ctx, gen.LockAttemptsParams{PoolID: poolID, Subject: subject})
	if err != nil {
		return Attempts{}, fmt.Errorf("lock attempts: %w", err)
	}
	return Attempts{int(row.Failures), fromMillis(row.LastFailedAt), fromMillis(row.LockedUntil)}, nil
}

// SaveAttempts stores a record that the transaction has locked.
func (t *Tx) SaveAttempts(ctx context.Context, poolID, subject string, a Attempts) error {
	err := t.q.SaveAttempts(ctx, gen.SaveAttemptsParams{
		Failures: int64(a.Failures), LastFailedAt: millis(a.LastFailed), LockedUntil: millis(a.LockedUntil),
		PoolID: poolID, Subject: subject,
	})
	if err != nil {
		return fmt.Errorf("save attempts: %w", err)
	}
	return nil
}

// Code is a one-time code that was sent to a user.
type Code struct {
	PoolID, Sub string
	Purpose     string
	Hash        []byte // SHA-256 of the code
	Attribute   string // email or phone_number
	Destination string
	Failures    int // answers so far, this one included
	Expires     time.Time
}

// SaveCode keeps a code in place of an earlier one of the same purpose.
func (t *Tx) SaveCode(ctx context.Context, c Code) error {
	// Six digits could be found from their hash alone, so the hash is sealed, too.
	sealed, err := t.s.seal(c.Hash, codePlace(c.PoolID, c.Sub, c.Purpose))
	if err != nil {
		return err
	}
	err = t.q.SaveCode(ctx, gen.SaveCodeParams{
		PoolID: c.PoolID, Sub: c.Sub, Purpose: c.Purpose, Sealed: sealed, Attribute: c.Attribute,
		Destination: c.Destination, ExpiresAt: millis(c.Expires),
	})
	if err != nil {
		return fmt.Errorf("save code: %w", err)
	}
	return nil
}

// LockCode returns a code and counts an answer to it. Errors: ErrNotFound.
func (t *Tx) LockCode(ctx context.Context, poolID, sub, purpose string) (Code, error) {
	row, err := t.q.LockCode(ctx, gen.LockCodeParams{PoolID: poolID, Sub: sub, Purpose: purpose})
	if err != nil {
		return Code{}, found("lock code", err)
	}
	hash, err := t.s.unseal(row.Sealed, codePlace(poolID, sub, purpose))
	if err != nil {
		return Code{}, err
	}
	return Code{
		PoolID: poolID, Sub: sub, Purpose: purpose, Hash: hash, Attribute: row.Attribute,
		Destination: row.Destination, Failures: int(row.Failures), Expires: fromMillis(row.ExpiresAt),
	}, nil
}

// DeleteCode forgets a code. Forgetting one that is not there is no error.
func (t *Tx) DeleteCode(ctx context.Context, poolID, sub, purpose string) error {
	if err := t.q.DeleteCode(ctx, gen.DeleteCodeParams{PoolID: poolID, Sub: sub, Purpose: purpose}); err != nil {
		return fmt.Errorf("delete code: %w", err)
	}
	return nil
}

func codePlace(poolID, sub, purpose string) string {
	return place("codes", poolID, sub, purpose, "sealed")
}

// Purge removes what has expired and can't matter any more: grants, spent Sessions, codes, and attempts older than
// attemptsBefore, locks included.
func (t *Tx) Purge(ctx context.Context, now, attemptsBefore time.Time) error {
	for _, purge := range []struct {
		run    func(context.Context, int64) error
		before time.Time
	}{
		{t.q.PurgeGrants, now}, {t.q.PurgeSpentSessions, now}, {t.q.PurgeCodes, now}, {t.q.PurgeAttempts, attemptsBefore},
	} {
		if err := purge.run(ctx, millis(purge.before)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}
