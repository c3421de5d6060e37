package background_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate/background"
	"cognate/cognatetest"
	"cognate/lease"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

const (
	period  = 10 * time.Minute
	silence = 15 * time.Second // of a killed node, as package lease has it
)

// world is a database, a clock that the test moves, and how often the task ran on all nodes together.
type world struct {
	t     *testing.T
	url   string
	key   sealing.MasterKey
	clock *cognatetest.Clock
	began time.Time
	log   strings.Builder
	runs  atomic.Int32
	run   func(ctx context.Context) error
}

// onBoth runs a test on a database of SQLite, and on one of PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { t.Helper(); return t.TempDir() + "/cognate.db" },
		"postgres": func(t *testing.T) string { t.Helper(); return storetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, url: url(t), key: storetest.MasterKey(t), clock: cognatetest.NewClock()}
			w.began = w.clock.Now()
			w.run = func(context.Context) error { return nil }
			test(t, w)
		})
	}
}

// node returns a node with its own connections.
func (w *world) node() *background.Runner {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), store.Config{URL: w.url, MasterKeys: []sealing.MasterKey{w.key}})
	if err != nil {
		w.t.Fatalf("Open() = %v", err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	return &background.Runner{
		Leases: lease.New(s, func() time.Duration { return w.clock.Now().Sub(w.began) }), Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Tasks: []background.Task{{Name: "purge", Period: period, Run: func(ctx context.Context) error {
			w.runs.Add(1)
			return w.run(ctx)
		}}},
	}
}

// write writes to the database as the task of a node does.
func (w *world) write(ctx context.Context) error {
	s, err := store.Open(ctx, store.Config{URL: w.url, MasterKeys: []sealing.MasterKey{w.key}})
	if err != nil {
		return err
	}
	err = s.Write(ctx, func(tx *store.Tx) error { return tx.SaveHeartbeat(ctx, "slow", w.clock.Now()) })
	return errors.Join(err, s.Close())
}

func (w *world) want(what string, runs int32) {
	w.t.Helper()
	if got := w.runs.Load(); got != runs {
		w.t.Errorf("after %s the task has run %d times, want %d", what, got, runs)
	}
}

// Two nodes run a task once per period, also when they try at the same time and in no step with the period.
func TestOncePerPeriod(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		nodes := []*background.Runner{w.node(), w.node()}
		for done := range int32(3) {
			for range 10 {
				var g sync.WaitGroup
				for _, n := range nodes {
					g.Go(func() { n.RunDue(t.Context()) })
				}
				g.Wait()
				w.want("a minute of two nodes", done+1)
				w.clock.Advance(time.Minute)
			}
		}
	})
}

// Each run is reported with its outcome. A server without the lease reports none.
func TestObserve(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var seen []string
		node, other := w.node(), w.node()
		for _, n := range []*background.Runner{node, other} {
			n.Observe = func(task string, err error, _ time.Duration) { seen = append(seen, fmt.Sprint(task, " ", err)) }
		}
		node.RunDue(t.Context())
		other.RunDue(t.Context())
		w.clock.Advance(period)
		w.run = func(context.Context) error { return errors.New("broken") }
		other.RunDue(t.Context())
		if want := []string{"purge <nil>", "purge broken"}; !slices.Equal(seen, want) {
			t.Errorf("observed %q, want %q", seen, want)
		}
	})
}

func TestRestart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.node().RunDue(t.Context())
		w.want("the first start", 1)
		w.clock.Advance(period - time.Second)
		w.node().RunDue(t.Context())
		w.want("a restart within the period", 1)
		w.clock.Advance(time.Second)
		w.node().RunDue(t.Context())
		w.want("a restart after the period", 2)
	})
}

// The lease of a node that was killed in a task ends. If the node was only slow, it does not touch the lease of the next.
func TestKilledNode(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		killed, other := w.node(), w.node()
		w.run = func(ctx context.Context) error {
			w.run = func(context.Context) error { return nil }
			other.RunDue(t.Context())
			w.want("a try while the task runs", 1)
			w.clock.Advance(silence - time.Second)
			other.RunDue(t.Context())
			w.want("a try before the lease ends", 1)
			w.clock.Advance(time.Second)
			other.RunDue(t.Context())
			w.want("a try after the lease", 2)
			return w.write(ctx)
		}
		killed.RunDue(t.Context())
		if !strings.Contains(w.log.String(), store.ErrLeaseLost.Error()) {
			t.Errorf("log = %q, want the write of the slow node to fail", w.log.String())
		}
		w.clock.Advance(period - silence - time.Second)
		killed.RunDue(t.Context())
		w.want("the period of the slow node", 2)
		w.clock.Advance(silence)
		killed.RunDue(t.Context())
		w.want("the return of the slow node", 2)
		w.clock.Advance(time.Second)
		killed.RunDue(t.Context())
		w.want("the next period", 3)
	})
}

// A task that fails is logged and runs again in the next period.
func TestFailure(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		n := w.node()
		w.run = func(context.Context) error { return errors.New("disk full") }
		n.RunDue(t.Context())
		if !strings.Contains(w.log.String(), "msg=purge error=\"disk full\"") {
			t.Errorf("log = %q, want the error", w.log.String())
		}
		n.RunDue(t.Context())
		w.want("a failure", 1)
		w.clock.Advance(period)
		n.RunDue(t.Context())
		w.want("the next period", 2)
	})
}

// A node that stops leaves the task to the others immediately.
func TestStop(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		stopped, other := w.node(), w.node()
		ctx, stop := context.WithCancel(t.Context())
		w.run = func(ctx context.Context) error {
			stop()
			return ctx.Err()
		}
		stopped.RunDue(ctx)
		w.run = func(context.Context) error { return nil }
		other.RunDue(t.Context())
		w.want("a stop", 2)
		if w.log.Len() > 0 {
			t.Errorf("log = %q, want nothing", w.log.String())
		}
	})
}

// A node whose clock is late does not run a task that another node runs, or has run in the period.
func TestLateClock(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		late, right := w.node(), w.node()
		late.Now = func() time.Time { return w.clock.Now().Add(-10 * time.Minute) }
		w.run = func(ctx context.Context) error {
			w.run = func(context.Context) error { return nil }
			late.RunDue(ctx)
			w.want("a try of the late node while the task runs", 1)
			return nil
		}
		for done := range int32(3) {
			for range 10 {
				right.RunDue(t.Context())
				late.RunDue(t.Context())
				w.want("a minute of two nodes", done+1)
				w.clock.Advance(time.Minute)
			}
		}
	})
}

// A clock that is set forward by an hour does not make a node run a task that another node runs.
func TestClockSetForward(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		early, right := w.node(), w.node()
		early.Now = func() time.Time { return w.clock.Now().Add(time.Hour) }
		w.run = func(context.Context) error {
			for range 3 {
				early.RunDue(t.Context())
				w.want("a try of the early node while the task runs", 1)
			}
			return nil
		}
		right.RunDue(t.Context())
	})
}

// Servers whose clocks are two hours apart, which is more than the servers allow for, run a task about once per period together. If one of
// them is killed, the other one continues.
func TestClocksTwoHoursApart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		late, early := w.node(), w.node()
		late.Now = func() time.Time { return w.clock.Now().Add(-time.Hour) }
		early.Now = func() time.Time { return w.clock.Now().Add(time.Hour) }
		minutes := func(n int, nodes ...*background.Runner) {
			for range 2 * n {
				for _, node := range nodes {
					node.RunDue(t.Context())
				}
				w.clock.Advance(30 * time.Second)
			}
		}
		minutes(1, late, early) // each may run the task when it starts, because it does not know the other one's clock
		before := w.runs.Load()
		minutes(60, late, early)
		if runs := w.runs.Load() - before; runs < 5 || runs > 6 {
			t.Errorf("the task ran %d times in an hour, want once per 10 minutes", runs)
		}
		for _, left := range []*background.Runner{late, early} {
			before = w.runs.Load()
			minutes(31, left)
			if runs := w.runs.Load() - before; runs < 3 || runs > 4 {
				t.Errorf("a server alone ran the task %d times in 31 minutes, want once per 10 minutes", runs)
			}
		}
	})
}

// A clock that is set back, as in cognate dev, does not stop a task.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		n := w.node()
		w.clock.Advance(365 * 24 * time.Hour)
		n.RunDue(t.Context())
		w.clock.Advance(-365 * 24 * time.Hour)
		n.RunDue(t.Context())
		w.want("a clock that was set back", 2)
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(t.Context())
		n, done := w.node(), make(chan error, 1)
		go func() { done <- n.Run(ctx) }()
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}
