package storetest

import (
	"errors"
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

const leasedTask = "purge"

// claimLease claims the lease of the task as it was read, with a due time.
func claimLease(t *testing.T, s *store.Store, last store.Lease, holder string, due time.Time) bool {
	t.Helper()
	var claimed bool
	mustWrite(t, s, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimLease(t.Context(), last, holder, due)
		return err
	})
	return claimed
}

func mustLease(t *testing.T, s *store.Store) store.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), leasedTask)
	if err != nil {
		t.Fatalf("Lease() = %v", err)
	}
	return l
}

func leases(t *testing.T, s *store.Store) {
	want := func(what string, want store.Lease) {
		t.Helper()
		want.Task = leasedTask
		if diff := cmp.Diff(want, mustLease(t, s)); diff != "" {
			t.Errorf("Lease() %s (-want +got):\n%s", what, diff)
		}
	}
	next := now.Add(10 * time.Minute)
	free := mustLease(t, s)
	want("of a task that never ran", store.Lease{})
	if !claimLease(t, s, free, "a", next) || claimLease(t, s, free, "b", next) {
		t.Error("a free lease was not claimed once")
	}
	first := mustLease(t, s)
	want("after the claim", store.Lease{Holder: "a", Beats: 1, Due: next})
	renew := func(l store.Lease) error {
		return s.Write(t.Context(), func(tx *store.Tx) error { return tx.RenewLease(t.Context(), l) })
	}
	if err := renew(first); err != nil {
		t.Errorf("RenewLease() = %v", err)
	}
	want("after a renewal", store.Lease{Holder: "a", Beats: 2, Due: next})
	if claimLease(t, s, first, "b", next) {
		t.Error("ClaimLease() after a renewal = true, want false")
	}
	save := func(l store.Lease, node string) error {
		ctx := store.UnderLease(t.Context(), l)
		return s.Write(ctx, func(tx *store.Tx) error { return tx.SaveHeartbeat(ctx, node, now) })
	}
	if err := save(first, "written"); err != nil {
		t.Errorf("Write() under the lease = %v", err)
	}
	want("after a write", store.Lease{Holder: "a", Beats: 3, Due: next})
	if !claimLease(t, s, mustLease(t, s), "b", next) {
		t.Error("ClaimLease() of a silent lease = false, want true")
	}
	for what, err := range map[string]error{"RenewLease()": renew(first), "Write()": save(first, "lost")} {
		if !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("%s of the former holder = %v, want ErrLeaseLost", what, err)
		}
	}
	if found, err := s.Nodes(t.Context()); err != nil || len(found) != 1 || found[0].ID != "written" {
		t.Errorf("rows of the holders: %v, %v, want only that of the write under the lease", found, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.EndLease(t.Context(), first, now) })
	want("after the end of a lost lease", store.Lease{Holder: "b", Beats: 4, Due: next})
	second := mustLease(t, s)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.EndLease(t.Context(), second, now) })
	want("after the end", store.Lease{Beats: 5, Due: now})
}

func raceLeases(t *testing.T, s *store.Store) {
	free := mustLease(t, s)
	var claimed atomic.Int32
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			if claimLease(t, s, free, fmt.Sprint(i), now) {
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
	mustPurge(t, s, store.Cutoffs{Nodes: now.Add(5 * time.Second)})
	want("after a purge", store.Node{ID: "a", Beats: 2, Beat: now.Add(5 * time.Second)})
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteNode(t.Context(), "a") })
	want("after the stop")
}
