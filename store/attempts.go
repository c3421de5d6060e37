package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

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
