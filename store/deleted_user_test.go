package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/account"
	"cognate/store"
	"cognate/throttle"
	"cognate/trash"
)

// Deleting a user leaves no row with the sub in any table, except in the trash, whose rows are sealed, and in the audit records.
func TestDeletedUserLeavesNoRow(t *testing.T) {
	t.Parallel()
	const sub = "00000000-0000-4000-8000-000000000001"
	file := filepath.Join(t.TempDir(), "cognate.db")
	db := mustInsertStored(t, "sqlite", file)
	s := mustOpen(t, file, storedKey(t))
	limits := throttle.DefaultLimits()
	mustWrite(t, s, func(tx *store.Tx) error {
		for kind := range limits.PerHour {
			if err := limits.Take(t.Context(), tx, kind, fullPool, sub, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	found := func() (tables []string) {
		for table, rows := range contents(t, db, s) {
			if strings.Contains(fmt.Sprint(rows), sub) {
				tables = append(tables, table)
			}
		}
		slices.Sort(tables)
		return tables
	}
	before := []string{
		"attempts", "auth_events", "authorization_codes", "codes", "consents", "credentials", "devices", "grants", "group_members",
		"linked_identities", "outbox", "passkey_registrations", "sso_sessions", "user_aliases", "user_index", "users",
	}
	if diff := cmp.Diff(before, found()); diff != "" {
		t.Errorf("tables with the sub before (-want +got):\n%s", diff)
	}
	users := &account.Service{Store: s, Trash: trash.Bin{Store: s, Retention: time.Hour, Now: time.Now}}
	if err := users.Delete(t.Context(), &cognate.UserPool{ID: fullPool}, sub); err != nil {
		t.Fatalf("Delete() = %v", err)
	}
	if tables := found(); tables != nil {
		t.Errorf("tables with the sub of a deleted user: %q", tables)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM trash WHERE instr(sealed, $1) > 0", sub).Scan(&n); err != nil || n > 0 {
		t.Errorf("rows of the trash with the sub in plain text = %d, %v", n, err)
	}
	if entries, err := s.Trash(t.Context(), store.TrashPosition{}, 9); err != nil || entries[len(entries)-1].Key != sub {
		t.Errorf("Trash() = %+v, %v, want the user", entries, err)
	}
}
