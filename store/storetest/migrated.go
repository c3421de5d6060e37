package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

// OnBoth runs a test on an empty store of each engine, side by side. No server uses the stores. It skips and fails as pgtest.URL does.
func OnBoth(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for engine, url := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "" },
		"postgres": Postgres,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), store.Config{URL: url(t), MasterKeys: []sealing.MasterKey{MasterKey(t)}})
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			t.Cleanup(func() { _ = s.Close() })
			test(t, s)
		})
	}
}

// Postgres returns the postgres:// URL of a new database with all migrations and no data, which is dropped when t ends. A process runs
// the migrations once. It skips and fails as pgtest.URL does.
func Postgres(t testing.TB) string {
	t.Helper()
	return pgtest.Template(t, "migrated", func(url string) error {
		_, err := store.Migrate(context.WithoutCancel(t.Context()), url)
		return err
	})
}

// SQLite returns the path of a new file of this name with all migrations and no data, which is removed when t ends. A process runs the
// migrations once.
func SQLite(t testing.TB, name string) string {
	t.Helper()
	content, err := migratedFile()
	if err != nil {
		t.Fatalf("make a migrated file: %v", err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// migratedFile returns the content of a SQLite file with all migrations and no data.
var migratedFile = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "cognate-migrated")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "cognate.db")
	if _, err := store.Migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
