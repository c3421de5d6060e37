// Package lease lets one of several servers on a database do the work of a task. The server that works holds a lease in the database,
// and renews it every five seconds. Another server takes the lease over if it has seen no renewal for 15 seconds, so the work continues
// at most 20 seconds after a server was killed.
//
// A server measures the 15 seconds with its own clock, from when it saw the last renewal. So the clocks of the servers may differ, and
// may be set. If a server was only slow and has lost its lease, its writes fail.
//
// When work is due is stored as a time of day. If the clocks of two servers are far apart, each of them finds work due that the other has
// just done. So a server that has seen another one begin the work also measures the period from then.
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
	// others says that another server did the work last, and that this server saw it begin, at began.
	others bool
	began  time.Duration
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
	if err != nil || !l.isFree(last, task, began) {
		return err
	}
	held, claimed, err := l.claim(ctx, last, began.Add(task.Period))
	if err != nil || !claimed {
		return err
	}
	l.saw(sighting{holder: held.Holder, beats: last.Beats + 1, at: l.uptime()}, task)
	err = l.hold(ctx, held, work)
	due := began.Add(task.Period)
	if err != nil && ctx.Err() != nil { // this server stops, so another one may do the work immediately
		due = time.Time{}
	}
	ctx = context.WithoutCancel(ctx) // a lease that is not ended delays the work
	endErr := l.store.Write(ctx, func(tx *store.Tx) error { return tx.EndLease(ctx, held, due) })
	if endErr == nil {
		endErr = l.sawEnd(ctx, task)
	}
	if err != nil {
		return err
	}
	return endErr
}

// sawEnd remembers the lease as it is after this server has ended it. So a later change of it shows that another server has worked.
func (l *Leases) sawEnd(ctx context.Context, task Task) error {
	last, err := l.store.Lease(ctx, task.Name)
	if err == nil && last.Holder == "" {
		l.saw(sighting{beats: last.Beats, at: l.uptime()}, task)
	}
	return err
}

// isFree reports whether a server can claim the lease of a task: the work is due at a time of day, and no server holds the lease; or its
// holder does not renew it.
func (l *Leases) isFree(last store.Lease, task Task, now time.Time) bool {
	at := l.uptime()
	seen := l.look(last, task, at)
	if last.Holder != "" {
		return at-seen.at >= silence
	}
	if last.Due.IsZero() { // the work is new, or the server that did it has stopped
		return true
	}
	// No work is due later than after its period; a later time was stored by a server whose clock was wrong.
	isDue := !now.Before(last.Due) || last.Due.After(now.Add(task.Period+ClockSkew))
	if !seen.others {
		return isDue
	}
	since := at - seen.began
	return since >= task.Period && (isDue || since >= task.Period+silence)
}

// look returns the last change of a lease, which this server sees now or has seen before.
func (l *Leases) look(last store.Lease, task Task, at time.Duration) sighting {
	l.mu.Lock()
	before, known := l.seen[task.Name]
	l.mu.Unlock()
	if known && before.holder == last.Holder && before.beats == last.Beats {
		return before
	}
	now := sighting{holder: last.Holder, beats: last.Beats, at: at}
	switch isSame := before.holder != "" && (last.Holder == before.holder || last.Holder == ""); {
	case !known:
	case isSame: // the lease was renewed, or it has ended
		now.others, now.began = before.others, before.began
	default:
		now.others, now.began = true, at
	}
	l.saw(now, task)
	return now
}

func (l *Leases) saw(s sighting, task Task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[task.Name] = s
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
