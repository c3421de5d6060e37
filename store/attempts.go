package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

var attemptTables = []table{{name: "attempts", role: roleTransient, restoring: restoreKeeps, key: []string{"pool_id", "subject"}}}

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

// TwoAttempts returns the records of two subjects, without a lock. A subject without a record has the zero one.
func (t *Tx) TwoAttempts(ctx context.Context, poolID, first, second string) (a, b Attempts, err error) {
	return twoAttempts(ctx, t.q, poolID, first, second)
}

// TwoAttempts returns the records of two subjects. A subject without a record has the zero one.
func (s *Store) TwoAttempts(ctx context.Context, poolID, first, second string) (a, b Attempts, err error) {
	return twoAttempts(ctx, s.reader, poolID, first, second)
}

func twoAttempts(ctx context.Context, q *gen.Queries, poolID, first, second string) (a, b Attempts, err error) {
	rows, err := q.TwoAttempts(ctx, gen.TwoAttemptsParams{PoolID: poolID, First: first, Second: second})
	if err != nil {
		return Attempts{}, Attempts{}, fmt.Errorf("read attempts: %w", err)
	}
	for _, row := range rows {
		read := Attempts{int(row.Failures), fromMillis(row.LastFailedAt), fromMillis(row.LockedUntil)}
		if row.Subject == first {
			a = read
		} else {
			b = read
		}
	}
	return a, b, nil
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

// LockedAttempts returns the records of a pool that are locked after now, by subject.
func (s *Store) LockedAttempts(ctx context.Context, poolID string, now time.Time) (map[string]Attempts, error) {
	rows, err := s.reader.GetLockedAttempts(ctx, gen.GetLockedAttemptsParams{PoolID: poolID, Now: millis(now)})
	if err != nil {
		return nil, fmt.Errorf("list locked attempts: %w", err)
	}
	locked := make(map[string]Attempts)
	for _, row := range rows {
		locked[row.Subject] = Attempts{int(row.Failures), fromMillis(row.LastFailedAt), fromMillis(row.LockedUntil)}
	}
	return locked, nil
}
