package storetest

import (
	"testing"
	"time"

	"cognate"
	"cognate/store"
)

var purgeTests = []part{
	{"purge deletes expired rows", purge},
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
		return tx.Purge(t.Context(), store.Cutoffs{Grants: now, SpentSessions: now, Codes: now, Attempts: now})
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		for session, want := range map[*cognate.AuthSession]bool{old: false, live: true} {
			if got, err := tx.IsSessionSpent(t.Context(), session); err != nil || got != want {
				t.Errorf("IsSessionSpent(%s) after purge = %v, %v, want %v", session.ID, got, err, want)
			}
		}
		return nil
	})
}
