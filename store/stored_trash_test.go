package store_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/authn/totp"
	"cognate/store"
)

// Entries of the trash of earlier builds can be restored.
func TestStoredTrash(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cognate.db")
	db := mustInsertStored(t, "sqlite", file)
	s := mustOpen(t, file, storedKey(t))
	entries, err := s.Trash(t.Context(), store.TrashPosition{}, 9)
	if err != nil || len(entries) == 0 {
		t.Fatalf("Trash() = %v, %v, want entries", entries, err)
	}
	for _, e := range entries {
		want := contents(t, db, s)
		mustWrite(t, s, func(tx *store.Tx) error {
			if err := tx.DeleteUser(t.Context(), e.PoolID, e.Key); err != nil {
				return err
			}
			pool, err := tx.LockUserPool(t.Context(), e.PoolID)
			if err != nil {
				return err
			}
			_, err = tx.RestoreTrashedUser(t.Context(), pool, &e)
			return err
		})
		got := contents(t, db, s)
		user := want["users"][e.PoolID+"/"+e.Key]
		stamp, _ := user["stamp"].(int64)
		user["stamp"] = stamp + 1
		user["last_step"] = totp.Step(s.RestoredAt()) + 1
		for _, table := range store.NotInTrash() {
			delete(want, table)
			delete(got, table)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("restored (-before +after):\n%s", diff)
		}
	}
}
