package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

func TestIsUnreachable(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"08006": true, "57P01": true, "57P03": true, "25006": true, // the connection or the server ends
		"28P01": false, "3D000": false, "42P01": false, "57014": false, // wrong password, unknown database, unknown table, cancelled
	} {
		err := fmt.Errorf("migrate: %w", errors.Join(errors.New("other"), &pgconn.PgError{Code: code}))
		if got := store.IsUnreachable(err); got != want {
			t.Errorf("IsUnreachable(%s) = %t, want %t", code, got, want)
		}
	}
	for _, err := range []error{nil, store.ErrPending, errors.New("sealing: wrong key")} {
		if store.IsUnreachable(err) {
			t.Errorf("IsUnreachable(%v) = true", err)
		}
	}
	for _, url := range []string{"postgres://a@127.0.0.1:1/b", "postgres://a@id.invalid/b"} {
		_, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{storedKey(t)}})
		if !store.IsUnreachable(err) {
			t.Errorf("Open(%s) = %v, want unreachable", url, err)
		}
	}
}

// A connection that breaks in the first migration is unreachable, and the next attempt finishes the migrations.
func TestConnectionBreaksInMigration(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{3, 60} { // before and during the migrations
		url := pgtest.URL(t)
		other := mustConnect(t, "pgx", url)
		_, err := store.OpenWith(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{storedKey(t)}, Connections: 4}, at, func() {
			_, err := other.ExecContext(t.Context(),
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			if err != nil {
				t.Error(err)
			}
		})
		if !store.IsUnreachable(err) {
			t.Errorf("Open() whose connection breaks before statement %d = %v, want unreachable", at, err)
		}
		endLock(t, url)
		s, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{storedKey(t)}, Connections: 4})
		if err != nil {
			t.Errorf("Open() again = %v", err)
			continue
		}
		if err := errors.Join(s.Close(), other.Close()); err != nil {
			t.Error(err)
		}
	}
}
