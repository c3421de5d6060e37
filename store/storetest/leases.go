package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate/store"
)

var leaseTests = []part{
	{"lease of a task has one holder at a time", leases},
	{"lease is claimed once by racing servers", raceLeases},
	{"servers have heartbeats", nodes},
}

// claimLease claims the task "purge" at a time for a minute, in a period of ten minutes.
func claimLease(t *testing.T, s *store.Store, holder string, at time.Time) bool {
	t.Helper()
	var claimed bool
	mustWrite(t, s, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimLease(t.Context(), leaseOf(holder, at), at)
		return err
	})
	return claimed
}

func leaseOf(holder string, at time.Time) store.Lease {
	return store.Lease{Task: "purge", Holder: holder, Ends: at.Add(time.Minute), Latest: at.Add(10 * time.Minute)}
}

func endLease(t *testing.T, s *store.Store, holder string, due time.Time) {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error { return tx.EndLease(t.Context(), leaseOf(holder, now), due) })
}

func leases(t *testing.T, s *store.Store) {
	const second = time.Second
	steps := []struct {
		what   string
		holder string
		at     time.Time
		want   bool
	}{
		{"a task that has not run", "a", now, true},
		{"a task that runs", "b", now.Add(second), false},
		{"a task whose lease has nearly ended", "b", now.Add(time.Minute - time.Millisecond), false},
		{"a task whose lease has ended", "b", now.Add(time.Minute), true},
	}
	for _, c := range steps {
		if got := claimLease(t, s, c.holder, c.at); got != c.want {
			t.Errorf("ClaimLease(%s) = %t, want %t", c.what, got, c.want)
		}
	}
	endLease(t, s, "a", now) // no effect: b has the lease
	if claimLease(t, s, "c", now.Add(time.Minute+second)) {
		t.Error("ClaimLease() after another holder's end of the lease = true, want false")
	}
	next := now.Add(10 * time.Minute)
	endLease(t, s, "b", next)
	if claimLease(t, s, "c", next.Add(-time.Millisecond)) {
		t.Error("ClaimLease(task of this period) = true, want false")
	}
	if !claimLease(t, s, "c", next) {
		t.Error("ClaimLease(task of the next period) = false, want true")
	}
	endLease(t, s, "c", next.Add(time.Hour))
	if !claimLease(t, s, "d", next.Add(second)) {
		t.Error("ClaimLease(task that is due too late) = false, want true")
	}
}

func raceLeases(t *testing.T, s *store.Store) {
	var claimed atomic.Int32
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			if claimLease(t, s, fmt.Sprint(i), now) {
				claimed.Add(1)
			}
		})
	}
	g.Wait()
	if n := claimed.Load(); n != 1 {
		t.Errorf("%d of 8 racing servers claimed the task, want 1", n)
	}
}

func nodes(t *testing.T, s *store.Store) {
	beat := func(id string, at time.Time) {
		t.Helper()
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveHeartbeat(t.Context(), id, at) })
	}
	beat("a", now)
	beat("b", now.Add(time.Second))
	beat("a", now.Add(5*time.Second))
	want := func(what string, nodes ...store.Node) {
		t.Helper()
		got, err := s.Nodes(t.Context())
		if diff := cmp.Diff(nodes, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("Nodes() %s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	want("of two servers", store.Node{ID: "a", Beats: 2, Beat: now.Add(5 * time.Second)}, store.Node{ID: "b", Beats: 1, Beat: now.Add(time.Second)})
	mustWrite(t, s, func(tx *store.Tx) error { return tx.Purge(t.Context(), store.Cutoffs{Nodes: now.Add(5 * time.Second)}) })
	want("after a purge", store.Node{ID: "a", Beats: 2, Beat: now.Add(5 * time.Second)})
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteNode(t.Context(), "a") })
	want("after the stop")
}
