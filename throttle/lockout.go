// Package throttle slows guessing down: it counts the failed passwords and codes of a user, or of a name that is nobody's,
// and shuts the door for a while after too many.
//
// After five failures the subject is locked for a second, after each further one for twice as long, up to fifteen
// minutes. While locked, every attempt is refused unseen and does not lengthen the lock. A finished sign-in, or fifteen
// minutes without a failure, starts anew. Source: docs/behaviour.md §2.2.
package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

const (
	freeFailures = 5
	longestLock  = 15 * time.Minute
	// ResetAfter is how long after the last failure the count starts anew.
	ResetAfter = 15 * time.Minute
)

// UserKey returns the name under which a user's failures are counted.
func UserKey(u *cognate.User) string { return u.Sub }

// NameKey returns the name under which the failures of a typed name that is no user's are counted, so that unknown
// and known names lock alike. The name itself is not kept.
func NameKey(p *cognate.UserPool, login string) string {
	sum := sha256.Sum256([]byte(p.Normal(login)))
	return "name:" + hex.EncodeToString(sum[:])
}

// Guard is a subject's record inside a transaction. From Enter to the end of the transaction no other request passes the
// same door, so racing guesses are counted one by one.
type Guard struct {
	tx              *store.Tx
	poolID, subject string
	now             time.Time
	attempts        store.Attempts
}

// Acquire takes the subject's door. Errors: api.ErrAttemptsExceeded while it is locked.
func Acquire(ctx context.Context, tx *store.Tx, poolID, subject string, now time.Time) (*Guard, error) {
	a, err := tx.LockAttempts(ctx, poolID, subject)
	if err != nil {
		return nil, err
	}
	if now.Before(a.LockedUntil) {
		return nil, api.ErrAttemptsExceeded
	}
	if now.Sub(a.LastFailed) >= ResetAfter {
		a = store.Attempts{}
	}
	return &Guard{tx, poolID, subject, now, a}, nil
}

// Lock keeps the user's sign-ins from finishing until the transaction ends, locked or not. A transaction that revokes what
// the user has takes it first of all: a sign-in on its way is then over, and revoked with the rest, or sees what changed.
func Lock(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	_, err := tx.LockAttempts(ctx, poolID, sub)
	return err
}

// Fail counts a failure, locks the door when there were too many, and returns what the transaction's function must return
// for the count to be kept and the caller to get refusal.
func (d *Guard) Fail(ctx context.Context, refusal error) error {
	if err := d.Count(ctx); err != nil {
		return err
	}
	return store.CommitWith(refusal)
}

// Count counts a failure as Fail does, in a transaction that goes on: one that counts before it is known.
func (d *Guard) Count(ctx context.Context) error {
	d.attempts.Failures++
	d.attempts.LastFailed = d.now
	if over := d.attempts.Failures - freeFailures; over >= 0 {
		d.attempts.LockedUntil = d.now.Add(lockFor(over))
	}
	return d.tx.SaveAttempts(ctx, d.poolID, d.subject, d.attempts)
}

// Reset forgets the failures; call it when the sign-in is finished, not at one right answer on the way: a known password
// must not buy new guesses at the code.
func (d *Guard) Reset(ctx context.Context) error {
	if d.attempts == (store.Attempts{}) {
		return nil
	}
	return d.tx.SaveAttempts(ctx, d.poolID, d.subject, store.Attempts{})
}

func lockFor(over int) time.Duration {
	if over >= 10 { // 2^10 s is past the longest lock
		return longestLock
	}
	return min(time.Second<<over, longestLock)
}
