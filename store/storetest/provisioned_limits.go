package storetest

import (
	"testing"

	"cognate/store"
)

var provisionedLimitTests = []part{{"provisioned limits are copied", provisionedLimits}}

func provisionedLimits(t *testing.T, s *store.Store) {
	mustPool(t, s, "eu-west-1_A")
	want := func(what, accountID, region string, want int) {
		t.Helper()
		if got, err := s.ProvisionedLimit(t.Context(), accountID, region, "UserRead"); err != nil || got != want {
			t.Errorf("%s: ProvisionedLimit(%s, %s) = %d, %v, want %d", what, accountID, region, got, err, want)
		}
	}
	set := func(rate int) {
		t.Helper()
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.SetProvisionedLimit(t.Context(), "123456789012", "eu-west-1", "UserRead", rate)
		})
	}
	want("none", "123456789012", "eu-west-1", 0)
	set(200)
	set(300)
	want("set", "123456789012", "eu-west-1", 300)
	want("set", "123456789012", "eu-west-2", 0)
	want("set", "000000000000", "eu-west-1", 0)
	copied, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.DeleteUserPools(t.Context()) })
	want("after DeleteUserPools", "123456789012", "eu-west-1", 0)
	mustWrite(t, s, func(tx *store.Tx) error { return tx.Restore(t.Context(), copied) })
	want("restored", "123456789012", "eu-west-1", 300)
	partial, err := s.SnapshotOf(t.Context(), []string{"eu-west-1_A"})
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, func(tx *store.Tx) error { return tx.Restore(t.Context(), partial) })
	want("restored from pools", "123456789012", "eu-west-1", 0)
}
