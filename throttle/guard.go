package throttle

import (
	"cmp"
	"context"
	"time"

	"cognate/api"
	"cognate/store"
)

// Guard counts the failures of one key in a transaction. Until the transaction ends, other transactions that acquire the
// same key wait, so concurrent guesses are counted one after another.
type Guard struct {
	limits      Limits
	tx          *store.Tx
	poolID, key string
	now         time.Time
	attempts    store.Attempts
	address     *Address // nil if the request has none
}

// Acquire locks the row of a key (UserKey, NameKey) and returns its guard. Errors: api.ErrAttemptsExceeded while the key is
// locked because of too many failures; TooManyRequestsException if too many came from the address of the client.
func (l Limits) Acquire(ctx context.Context, tx *store.Tx, poolID, key string, now time.Time) (*Guard, error) {
	a, err := tx.LockAttempts(ctx, poolID, key)
	if err != nil {
		return nil, err
	}
	if now.Before(a.LockedUntil) {
		return nil, api.ErrAttemptsExceeded
	}
	address := addressFrom(ctx)
	if err := address.requireFree(ctx, tx, now); err != nil {
		return nil, err
	}
	if now.Sub(a.LastFailed) >= ResetAfter {
		a = store.Attempts{}
	}
	return &Guard{l, tx, poolID, key, now, a, address}, nil
}

// Lock makes the user's sign-ins wait until the transaction ends, whether failures lock the user or not. A transaction that
// revokes tokens of a user calls it first. A concurrent sign-in then either finished before, and its tokens are revoked too,
// or it waits and sees the change.
func Lock(ctx context.Context, tx *store.Tx, poolID, sub string) error {
	_, err := tx.LockAttempts(ctx, poolID, sub)
	return err
}

// Fail counts a failure, and locks the key if there are too many. It returns the error that the transaction's function must
// return, so that the count is committed and the caller of Write gets refusal.
func (g *Guard) Fail(ctx context.Context, refusal error) error {
	if err := g.Count(ctx); err != nil {
		return err
	}
	return store.CommitWith(refusal)
}

// Count counts a failure as Fail does, in a transaction that continues. Errors: TooManyRequestsException if too many came from the
// address of the client.
func (g *Guard) Count(ctx context.Context) error {
	if err := g.address.countWrong(ctx, g.tx, g.now); err != nil {
		return err
	}
	if err := g.address.countName(ctx, g.tx, g.poolID, g.key, g.now); err != nil {
		return err
	}
	g.attempts.Failures++
	g.attempts.LastFailed = g.now
	if over := g.attempts.Failures - g.limits.FreeFailures; over >= 0 {
		g.attempts.LockedUntil = g.now.Add(g.limits.lockFor(over))
		if g.limits.Locked != nil {
			g.tx.AfterCommit(g.limits.Locked)
		}
	}
	return g.tx.SaveAttempts(ctx, g.poolID, g.key, g.attempts)
}

// Reset sets the count to zero. Call it when the sign-in is finished, not after one right answer of several: an attacker
// who knows the password must not get new guesses at the code.
func (g *Guard) Reset(ctx context.Context) error {
	if g.attempts == (store.Attempts{}) {
		return nil
	}
	return g.tx.SaveAttempts(ctx, g.poolID, g.key, store.Attempts{})
}

// lockFor returns how long a failure locks the key: one second for the first failure that locks, then twice as long each
// time. over is the number of earlier failures that locked the key.
func (l Limits) lockFor(over int) time.Duration {
	longest := cmp.Or(l.LongestLock, ResetAfter)
	if over > 32 { // longer than a century
		return longest
	}
	return min(time.Second<<over, longest)
}
