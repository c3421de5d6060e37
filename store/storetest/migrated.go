package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cognate/internal/pgtest"
	"cognate/store"
)

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
