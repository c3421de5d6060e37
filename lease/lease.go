// Package lease lets one of several servers on a database do the work of a task. The server that works holds a lease in the database,
// and renews it every five seconds. Another server takes the lease over if it has seen no renewal for 15 seconds, so the work continues
// at most 20 seconds after a server was killed.
//
// A server measures the 15 seconds with its own clock, from when it saw the last renewal. So the clocks of the servers may differ, and
// may be set. If a server was only slow and has lost its lease, its writes fail.
package lease

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"cognate/store"
)

const (
	// CheckEvery is how often a server should call Do. With silence it bounds the time until a lease is taken over.
	CheckEvery = 2 * time.Second
	// silence is how long a holder does not renew its lease before another server takes it over.
	silence = 15 * time.Second
	// beatEvery is how often a holder renews its lease.
	beatEvery = 5 * time.Second
	// ClockSkew is how far the clocks of two servers may be apart, and by how much a clock may be wrong until it is set.
	ClockSkew = 75 * time.Minute
)

// Task is work that one server does at a time.
type Task struct {
	Name string // stored in the database; it never changes
	// Period is the time from one start of the work to the next; 0 if the work is always due.
	Period time.Duration
}

// Leases are the leases on a database as one server sees them. Create it with New.
type Leases struct {
	store  *store.Store
	uptime func() time.Duration
	mu     sync.Mutex
	seen   map[string]sighting // by the name of the task
}

// sighting is the last change of a lease that this server has seen, and when.
type sighting struct {
	holder string
	beats  int64
	at     time.Duration
}

// New returns the leases on a database. uptime returns the time since the start of the server. If it is nil, it is measured with a clock
// that cannot be set.
func New(st *store.Store, uptime func() time.Duration) *Leases {
	if uptime == nil {
		began := time.Now()                                        //nolint:forbidigo // the time of day does not change the difference
		uptime = func() time.Duration { return time.Since(began) } //nolint:forbidigo // as above
	}
	return &Leases{store: st, uptime: uptime, seen: make(map[string]sighting)}
}

// Do does the work of a task if it is due by the time of day of now, and this server gets the lease. Otherwise it does nothing. If another
// server takes the lease over, writes in the context of work fail, and the context ends soon after.
func (l *Leases) Do(ctx context.Context, task Task, now func() time.Time, work func(ctx context.Context) error) error {
	began := now()
	last, err := l.store.Lease(ctx, task.Name)
	if err != nil || !l.isFree(last, began, began.Add(task.Period+ClockSkew)) {
		return err
	}
	held, claimed, err := l.claim(ctx, last, began.Add(task.Period))
	if err != nil || !claimed {
		return err
	}
	err = l.hold(ctx, held, work)
	due := began.Add(task.Period)
	if err != nil && ctx.Err() != nil { // this server stops, so another one may do the work immediately
		due = began
	}
	ctx = context.WithoutCancel(ctx) // a lease that is not ended delays the work
	endErr := l.store.Write(ctx, func(tx *store.Tx) error { return tx.EndLease(ctx, held, due) })
	if err != nil {
		return err
	}
	return endErr
}

// isFree reports whether a server can claim a lease: the work is due and no server holds it, or its holder does not renew it. latest is the
// latest time at which the work can be due; a later one was stored by a server whose clock was wrong.
func (l *Leases) isFree(last store.Lease, now, latest time.Time) bool {
	if last.Holder == "" {
		return !now.Before(last.Due) || last.Due.After(latest)
	}
	return l.silent(last) >= silence
}

// silent returns how long this server has seen no change of a lease.
func (l *Leases) silent(last store.Lease) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.uptime()
	before, known := l.seen[last.Task]
	if !known || before.holder != last.Holder || before.beats != last.Beats {
		l.seen[last.Task] = sighting{last.Holder, last.Beats, at}
		return 0
	}
	return at - before.at
}

func (l *Leases) claim(ctx context.Context, last store.Lease, due time.Time) (held store.Lease, claimed bool, err error) {
	held = store.Lease{Task: last.Task, Holder: uuid.NewString()}
	err = l.store.Write(ctx, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimLease(ctx, last, held.Holder, due)
		return err
	})
	return held, claimed, err
}

// hold does work while this server renews the lease. The context of work ends when no renewal was stored for so long that another server
// may take over.
func (l *Leases) hold(ctx context.Context, held store.Lease, work func(ctx context.Context) error) error {
	working, stop := context.WithCancelCause(store.UnderLease(ctx, held))
	beating, stopBeating := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() { stop(l.beat(beating, held)) })
	err := work(working)
	if cause := context.Cause(working); err != nil && cause != nil && ctx.Err() == nil {
		err = cause
	}
	stopBeating()
	beats.Wait()
	return err
}

// beat renews the lease until ctx ends or the lease is lost.
func (l *Leases) beat(ctx context.Context, held store.Lease) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	last := l.uptime()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		at := l.uptime()
		err := l.renew(ctx, held)
		switch {
		case err == nil:
			last = at
		case isLost(err), l.uptime()-last >= silence-beatEvery:
			return err
		}
	}
}

// renew renews the lease once. It ends before the next renewal.
func (l *Leases) renew(ctx context.Context, held store.Lease) error {
	ctx, stop := context.WithTimeout(ctx, beatEvery)
	defer stop()
	return l.store.Write(ctx, func(tx *store.Tx) error { return tx.RenewLease(ctx, held) })
}

func isLost(err error) bool { return errors.Is(err, store.ErrLeaseLost) }
