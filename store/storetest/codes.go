package storetest

import (
	"errors"
	"fmt"
	"testing"

	"cognate/store"
)

var codeTests = []part{
	{"codes are replaced, counted and deleted", codes},
}

func codes(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	u := mustUser(t, s, p, "ann")
	for i := range 2 {
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.SaveCode(t.Context(), store.Code{
				PoolID: p.ID, Sub: u.Sub, Purpose: "sign-up", Hash: fmt.Append(nil, "hash", i), Attribute: "email",
				Destination: "ann@example.com", Expires: now,
			})
		})
	}
	for failures := 1; failures <= 2; failures++ {
		mustWrite(t, s, func(tx *store.Tx) error {
			c, err := tx.LockCode(t.Context(), p.ID, u.Sub, "sign-up")
			if err != nil || string(c.Hash) != "hash1" || c.Failures != failures || !c.Expires.Equal(now) {
				t.Errorf("LockCode() = %+v, %v, want hash1 and %d failures", c, err, failures)
			}
			return nil
		})
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		if err := tx.DeleteCode(t.Context(), p.ID, u.Sub, "sign-up"); err != nil {
			return err
		}
		if _, err := tx.LockCode(t.Context(), p.ID, u.Sub, "sign-up"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("LockCode(deleted) = %v, want ErrNotFound", err)
		}
		return nil
	})
}
