package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"cognate/audit"
	"cognate/store"
	"cognate/store/storetest"
)

// Verify finds the first record that is missing or changed, and old records may be deleted.
func TestVerify(t *testing.T) {
	t.Parallel()
	const hash = "'0000000000000000000000000000000000000000000000000000000000000000'"
	for engine, database := range map[string]func(t *testing.T) (driver, url string){
		"sqlite":   func(t *testing.T) (string, string) { t.Helper(); return "sqlite", storetest.SQLite(t, "cognate.db") },
		"postgres": func(t *testing.T) (string, string) { t.Helper(); return "pgx", storetest.Postgres(t) },
	} {
		for _, c := range []struct {
			what, change string
			position     int64 // of the first difference; 0: none
		}{
			{what: "nothing"},
			{"a changed record", "UPDATE audit_events SET record = '{}' WHERE position = 2", 2},
			{"a changed hash", "UPDATE audit_events SET hash = " + hash + " WHERE position = 3", 3},
			{"a deleted record", "DELETE FROM audit_events WHERE position = 2", 2},
			{"a deleted end", "DELETE FROM audit_events WHERE position = 4", 4},
			{"a deleted start", "DELETE FROM audit_events WHERE position = 1", 1},
			{"another order", "UPDATE audit_events SET position = 5 - position WHERE position IN (2, 3)", 2},
			{"a forged end", "UPDATE audit_chain SET end_hash = " + hash, 4},
		} {
			t.Run(engine+" "+c.what, func(t *testing.T) {
				t.Parallel()
				driver, url := database(t)
				mustLinkRecords(t, url)
				mustExecute(t, driver, url, c.change)
				result, err := verifyRecords(t, url)
				broken, isBroken := errors.AsType[*audit.Broken](err)
				switch {
				case c.position == 0 && (err != nil || result.First != 1 || result.Last != 4):
					t.Errorf("Verify() = %+v, %v, want 1 to 4", result, err)
				case c.position != 0 && (!isBroken || broken.Position != c.position):
					t.Errorf("Verify() = %v, want a difference at position %d", err, c.position)
				}
			})
		}
	}
}

func mustExecute(t *testing.T, driver, url, statement string) {
	t.Helper()
	if statement == "" {
		return
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// mustLinkRecords stores four records and links them.
func mustLinkRecords(t *testing.T, url string) {
	t.Helper()
	s := mustOpen(t, url, storetest.MasterKey(t))
	begin := time.Now().Add(-time.Hour)
	mustWrite(t, s, func(tx *store.Tx) error {
		for i := range 4 {
			id := store.NewAuditEventID(begin.Add(time.Duration(i)*time.Second), 0)
			e := &store.AuditEvent{ID: id, Node: "node", Record: fmt.Sprintf(`{"n":%d}`, i), IsComplete: true}
			if err := tx.SaveAuditEvent(t.Context(), e); err != nil {
				return err
			}
		}
		return nil
	})
	if err := (&audit.Chain{Store: s}).Link(t.Context(), time.Now()); err != nil {
		t.Fatalf("Link() = %v", err)
	}
}

func verifyRecords(t *testing.T, url string) (audit.Verified, error) {
	t.Helper()
	log, err := store.OpenAuditLog(url)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	return audit.Verify(t.Context(), log, audit.Anchor{})
}
