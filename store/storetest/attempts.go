package storetest

import (
	"context"
	"testing"

	"cognate/store"
)

var attemptTests = []part{
	{"racing attempts are all counted", countAttempts},
}

func countAttempts(t *testing.T, s *store.Store) {
	race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		a, err := tx.LockAttempts(ctx, "eu-west-1_A", "ann")
		if err != nil {
			return false, err
		}
		a.Failures++
		a.LastFailed = now
		return true, tx.SaveAttempts(ctx, "eu-west-1_A", "ann", a)
	})
	mustWrite(t, s, func(tx *store.Tx) error {
		a, err := tx.LockAttempts(t.Context(), "eu-west-1_A", "ann")
		if err != nil || a.Failures != racers || !a.LastFailed.Equal(now) {
			t.Errorf("LockAttempts() = %+v, %v, want %d failures", a, err, racers)
		}
		return nil
	})
}
