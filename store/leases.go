package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate/store/gen"
)

// ErrLeaseLost is the error of a write under a lease that another server has taken over.
var ErrLeaseLost = errors.New("store: another server has taken over the lease")

// Lease is the right of one server to do the work of a task.
type Lease struct {
	Task   string
	Holder string // a new ID for each claim; empty when nothing works at the task
	// Beats is incremented by each claim, each renewal by the holder and each of its writes.
	Beats int64
	Due   time.Time // when the work is due again
}

// Lease returns the lease of a task. A task that never ran has the zero value, with its name.
func (s *Store) Lease(ctx context.Context, task string) (Lease, error) {
	row, err := s.reader.GetLease(ctx, task)
	err = found("get lease", err)
	if errors.Is(err, ErrNotFound) {
		return Lease{Task: task}, nil
	}
	return Lease{Task: task, Holder: row.Holder, Beats: row.Beats, Due: fromMillis(row.DueAt)}, err
}

// ClaimLease claims the lease that the caller has read as last for a holder, and reports whether it succeeded. It fails if the lease
// has changed since: of several servers one succeeds.
func (t *Tx) ClaimLease(ctx context.Context, last Lease, holder string, due time.Time) (bool, error) {
	n, err := t.q.ClaimLease(ctx, gen.ClaimLeaseParams{
		Task: last.Task, Holder: holder, DueAt: millis(due), LastHolder: last.Holder, LastBeats: last.Beats,
	})
	if err != nil {
		return false, fmt.Errorf("claim lease: %w", err)
	}
	return n == 1, nil
}

// RenewLease shows that the holder still works. Errors: ErrLeaseLost.
func (t *Tx) RenewLease(ctx context.Context, l Lease) error {
	n, err := t.q.RenewLease(ctx, gen.RenewLeaseParams{Task: l.Task, Holder: l.Holder})
	return changed("renew lease", ErrLeaseLost, n, err)
}

// EndLease ends a lease. The work is due again at due. If another server has claimed the lease since, it does nothing.
func (t *Tx) EndLease(ctx context.Context, l Lease, due time.Time) error {
	err := t.q.EndLease(ctx, gen.EndLeaseParams{DueAt: millis(due), Task: l.Task, Holder: l.Holder})
	if err != nil {
		return fmt.Errorf("end lease: %w", err)
	}
	return nil
}

type underLeaseKey struct{}

// UnderLease returns a context with which every write fails with ErrLeaseLost if the lease has another holder. The check is part of the
// transaction: it locks the row of the lease, so no other server can claim the lease before the commit.
func UnderLease(ctx context.Context, l Lease) context.Context {
	return context.WithValue(ctx, underLeaseKey{}, l)
}

// requireLease fails if ctx is that of a lease which has another holder.
func (t *Tx) requireLease(ctx context.Context) error {
	l, isUnder := ctx.Value(underLeaseKey{}).(Lease)
	if !isUnder {
		return nil
	}
	return t.RenewLease(ctx, l)
}
