// Package background runs periodic tasks. If several servers share a database, one of them runs a task in each period: it
// claims a lease in the database. If that server is killed, its lease ends and another server runs the task. Leases work on
// SQLite and PostgreSQL, and need no advisory locks.
//
// The package does not contain the tasks. It does not run the work of every server: the outbox and the reserve of signing
// keys.
package background

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cognate/store"
)

const (
	// checkEvery is how often a server checks whether a task is due.
	checkEvery = time.Minute
	// lease is how long a task may run. After it, another server may run the task.
	lease = 5 * time.Minute
)

// ClockSkew is how far the clocks of two servers may be apart.
const ClockSkew = 15 * time.Minute

// Task is periodic work.
type Task struct {
	Name   string // stored in the database; it never changes
	Period time.Duration
	// Run does the work once. Its context ends after the lease.
	Run func(ctx context.Context) error
}

// Runner runs the tasks of one server.
type Runner struct {
	Store *store.Store
	Tasks []Task
	Now   func() time.Time
	Log   *slog.Logger
}

// Run runs tasks until ctx ends. A slow task does not delay the others.
func (r *Runner) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, task := range r.Tasks {
		g.Go(func() error {
			r.repeat(ctx, task)
			return nil
		})
	}
	return g.Wait()
}

func (r *Runner) repeat(ctx context.Context, task Task) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.runIfDue(ctx, task)
		}
	}
}

// RunDue runs each task that is due, once. Errors are logged.
func (r *Runner) RunDue(ctx context.Context) {
	for _, task := range r.Tasks {
		r.runIfDue(ctx, task)
	}
}

// runIfDue runs a task if this server gets its lease.
func (r *Runner) runIfDue(ctx context.Context, task Task) {
	began := r.Now()
	l := store.Lease{
		Task: task.Name, Holder: uuid.NewString(), Ends: began.Add(lease), Latest: began.Add(max(task.Period, lease) + ClockSkew),
	}
	var claimed bool
	err := r.Store.Write(ctx, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimLease(ctx, l, began)
		return err
	})
	r.log(ctx, task, err)
	if err != nil || !claimed {
		return
	}
	due := began.Add(task.Period)
	err = r.run(ctx, task)
	if err != nil && ctx.Err() != nil { // this server stops, so another one may run the task immediately
		due = began
	}
	r.log(ctx, task, err)
	ctx = context.WithoutCancel(ctx) // a lease that is not ended delays the task
	r.log(ctx, task, r.Store.Write(ctx, func(tx *store.Tx) error { return tx.EndLease(ctx, l, due) }))
}

// run runs the task once. The lease limits it in real time, not by Now.
func (r *Runner) run(ctx context.Context, task Task) error {
	ctx, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	return task.Run(ctx)
}

// log logs an error, except the one of a server that stops.
func (r *Runner) log(ctx context.Context, task Task, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.ErrorContext(ctx, task.Name, "error", err) //nolint:sloglint // names of tasks are constants
	}
}
