package storetest

import (
	"context"
	"testing"

	"cognate"
	"cognate/store"
)

var sessionTests = []part{
	{"session is spent once by racing requests", spendSession},
}

func spendSession(t *testing.T, s *store.Store) {
	session := &cognate.AuthSession{ID: "nonce", PoolID: "eu-west-1_A", Expires: now}
	wins := race(t, s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.SpendSession(ctx, session) })
	if wins != 1 {
		t.Errorf("SpendSession() was true %d times, want once", wins)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if spent, err := tx.IsSessionSpent(t.Context(), session); err != nil || !spent {
			t.Errorf("IsSessionSpent() = %v, %v, want true", spent, err)
		}
		return nil
	})
}
