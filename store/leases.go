package store

import (
	"context"
	"fmt"
	"time"

	"cognate/store/gen"
)

// Lease is the right of one server to run a periodic task.
type Lease struct {
	Task   string
	Holder string // a new ID for each claim
	Ends   time.Time
	// Latest is the latest time at which the task can be due, by its period and the skew of the servers' clocks. A task that is
	// due later was claimed by a server whose clock was wrong.
	Latest time.Time
}

// ClaimLease claims the lease of a task that is due at now, and reports whether it succeeded: of several servers one does.
// A task without a record is due.
func (t *Tx) ClaimLease(ctx context.Context, l Lease, now time.Time) (bool, error) {
	n, err := t.q.ClaimLease(ctx, gen.ClaimLeaseParams{
		Task: l.Task, Holder: l.Holder, LeaseEnds: millis(l.Ends), Now: millis(now), Latest: millis(l.Latest),
	})
	if err != nil {
		return false, fmt.Errorf("claim lease: %w", err)
	}
	return n == 1, nil
}

// EndLease ends a lease. The task is due again at due. If another server has claimed the task since, it does nothing.
func (t *Tx) EndLease(ctx context.Context, l Lease, due time.Time) error {
	err := t.q.EndLease(ctx, gen.EndLeaseParams{DueAt: millis(due), Task: l.Task, Holder: l.Holder})
	if err != nil {
		return fmt.Errorf("end lease: %w", err)
	}
	return nil
}
