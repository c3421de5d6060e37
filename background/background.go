// Package background runs periodic tasks. If several servers share a database, one of them runs a task in each period: the one that gets
// its lease. If that server is killed, another server takes the lease over and runs the task.
//
// The package does not contain the tasks. It does not run the work of every server: the outbox and the reserve of signing
// keys.
package background

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/lease"
	"cognate/trace"
)

// limit is how long a task may run.
const limit = 5 * time.Minute

// Task is periodic work.
type Task struct {
	Name   string        // stored in the database; it never changes
	Period time.Duration // 0 if the work is always due
	// Run does the work once. Its context ends after five minutes, and when another server has taken over the lease. Then its writes fail.
	Run func(ctx context.Context) error
}

// Runner runs the tasks of one server.
type Runner struct {
	Leases *lease.Leases
	Tasks  []Task
	Now    func() time.Time
	Log    *slog.Logger
	// Observe, if not nil, is called after each run of a task on this server.
	Observe func(task string, err error, took time.Duration)
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
	tick := time.NewTicker(lease.CheckEvery)
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

// runIfDue runs a task if this server gets its lease. It logs an error, except the one of a server that stops.
func (r *Runner) runIfDue(ctx context.Context, task Task) {
	err := r.Leases.Do(ctx, lease.Task{Name: task.Name, Period: task.Period}, r.Now, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, limit) // of real time, not by Now
		defer cancel()
		return r.observed(ctx, task)
	})
	if err != nil && ctx.Err() == nil {
		r.Log.ErrorContext(ctx, task.Name, "error", err) //nolint:sloglint // names of tasks are constants
	}
}

// observed runs the task once and reports how it ended.
func (r *Runner) observed(ctx context.Context, task Task) error {
	began := time.Now() //nolint:forbidigo // real time: how long the task takes
	ctx, end := trace.Root(ctx, "task "+task.Name)
	err := task.Run(ctx)
	end(trace.OutcomeOf(err))
	if r.Observe != nil {
		r.Observe(task.Name, err, time.Since(began)) //nolint:forbidigo // as above
	}
	return err
}
