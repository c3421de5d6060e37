package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cognate"
	"cognate/store"
)

var purgeTests = []part{
	{"purge deletes expired rows", purge},
	{"purge deletes more rows than one transaction takes", purgeMany},
}

func mustPurge(t *testing.T, s *store.Store, before store.Cutoffs) {
	t.Helper()
	if err := s.Purge(t.Context(), before); err != nil {
		t.Fatalf("Purge() = %v", err)
	}
}

// Each transaction of a purge deletes 1,000 rows at most.
func purgeMany(t *testing.T, s *store.Store) {
	const rows = 2500
	mustWrite(t, s, func(tx *store.Tx) error {
		for i := range rows {
			session := &cognate.AuthSession{ID: fmt.Sprint(i), PoolID: "eu-west-1_A", Expires: now.Add(-time.Second)}
			if _, err := tx.SpendSession(t.Context(), session); err != nil {
				return err
			}
		}
		return nil
	})
	transactions := 0
	counting := store.WithBeforeCommit(t.Context(), func(context.Context, *store.Tx) error {
		transactions++
		return nil
	})
	if err := s.Purge(counting, store.Cutoffs{SpentSessions: now}); err != nil {
		t.Fatalf("Purge() = %v", err)
	}
	if want := 3 + 1; transactions != want { // the last one is for jobs and staged pools
		t.Errorf("a purge of %d rows had %d transactions, want %d", rows, transactions, want)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, id := range []string{"0", "1000", "2499"} {
			if spent, err := tx.IsSessionSpent(t.Context(), &cognate.AuthSession{ID: id, PoolID: "eu-west-1_A"}); err != nil || spent {
				t.Errorf("IsSessionSpent(%s) after the purge = %t, %v", id, spent, err)
			}
		}
		return nil
	})
}

func purge(t *testing.T, s *store.Store) {
	old := &cognate.AuthSession{ID: "old", PoolID: "eu-west-1_A", Expires: now.Add(-time.Second)}
	live := &cognate.AuthSession{ID: "live", PoolID: "eu-west-1_A", Expires: now.Add(time.Second)}
	mustWrite(t, s, func(tx *store.Tx) error {
		for _, session := range []*cognate.AuthSession{old, live} {
			if _, err := tx.SpendSession(t.Context(), session); err != nil {
				return err
			}
		}
		return nil
	})
	mustPurge(t, s, store.Cutoffs{Grants: now, SpentSessions: now, Codes: now, Attempts: now})
	mustWrite(t, s, func(tx *store.Tx) error {
		for session, want := range map[*cognate.AuthSession]bool{old: false, live: true} {
			if got, err := tx.IsSessionSpent(t.Context(), session); err != nil || got != want {
				t.Errorf("IsSessionSpent(%s) after purge = %v, %v, want %v", session.ID, got, err, want)
			}
		}
		return nil
	})
}
