package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

var attemptTables = []table{{name: "attempts", role: roleTransient, key: []string{"pool_id", "subject"}}}

// Attempts counts failed sign-in attempts, or requests within an hour. Package throttle owns the meaning and the keys
// (subjects) of the records.
type Attempts struct {
	Failures                int
	LastFailed, LockedUntil time.Time
}

// LockAttempts returns the record of a subject and locks it until the transaction ends, so that concurrent guesses are
// counted one after another.
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
	if !a.LockedUntil.IsZero() {
		t.locks = append(t.locks, Lock{PoolID: poolID, Subject: subject, Until: a.LockedUntil})
	}
	return nil
}

// DeleteAttempts deletes the record of a subject. Without a record it does nothing.
func (t *Tx) DeleteAttempts(ctx context.Context, poolID, subject string) error {
	if err := t.q.DeleteAttempts(ctx, gen.DeleteAttemptsParams{PoolID: poolID, Subject: subject}); err != nil {
		return fmt.Errorf("delete attempts: %w", err)
	}
	return nil
}
