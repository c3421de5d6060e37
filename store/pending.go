package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"cognate/internal/lazyregexp"
)

// Migration is a change of the schema.
type Migration struct {
	Name     string // of its file; of a migration in Go, the same without an extension
	Additive bool   // the previous release still works after it (docs/upgrading.md)
}

// Migrate runs the migrations that the database does not have yet, as Open does, and returns them in their order. It creates a
// SQLite database that does not exist.
func Migrate(ctx context.Context, url string) (ran []Migration, err error) {
	d := dialectOf(url)
	read, write, err := d.open(Config{URL: url})
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, read.Close(), write.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	results, err := up(ctx, d, write, files, goMigrations()...)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	for _, result := range results {
		m, err := migrationOf(files, result.Source)
		if err != nil {
			return nil, err
		}
		ran = append(ran, m)
	}
	return ran, nil
}

// PendingMigrations returns what Migrate would run. It changes nothing, and does not create a database. It returns an error if
// the database has a migration that this build does not know and that is not marked as additive.
func PendingMigrations(ctx context.Context, url string) (pending []Migration, err error) {
	d := dialectOf(url)
	db, err := d.openUnchanged(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return pendingOf(ctx, d, db, files, goMigrations()...)
}

func pendingOf(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) ([]Migration, error) {
	p, err := readableMigrator(ctx, d, db, files, inGo...)
	if err != nil {
		return nil, err
	}
	applied, err := versions(ctx, d, db, goose.DefaultTablename, "version_id")
	if err != nil {
		return nil, err
	}
	var pending []Migration
	for _, source := range p.ListSources() {
		if slices.Contains(applied, source.Version) {
			continue
		}
		m, err := migrationOf(files, source)
		if err != nil {
			return nil, err
		}
		pending = append(pending, m)
	}
	return pending, nil
}

// additiveMark is the statement by which a migration marks itself as additive.
var additiveMark = lazyregexp.New(`INSERT INTO additive_migrations \(version\) VALUES \((\d+)\);`)

func migrationOf(files fs.FS, source *goose.Source) (Migration, error) {
	if source.Type == goose.TypeGo {
		m, ok := namesInGo[source.Version]
		if !ok {
			return Migration{}, fmt.Errorf("migration %d has no name", source.Version)
		}
		return m, nil
	}
	text, err := fs.ReadFile(files, source.Path)
	if err != nil {
		return Migration{}, fmt.Errorf("read migration: %w", err)
	}
	upwards, _, _ := strings.Cut(string(text), "-- +goose Down")
	return Migration{Name: path.Base(source.Path), Additive: additiveMark.MatchString(upwards)}, nil
}

// openSQLiteUnchanged opens a database for reading. A database that does not exist is empty.
func openSQLiteUnchanged(file string) (*sql.DB, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return sql.Open("sqlite", "file::memory:")
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)")
}

// IsNew reports whether the database at url has no migration yet: it does not exist, or is empty. It changes nothing.
func IsNew(ctx context.Context, url string) (isNew bool, err error) {
	d := dialectOf(url)
	db, err := d.openUnchanged(url)
	if err != nil {
		return false, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := versions(ctx, d, db, goose.DefaultTablename, "version_id")
	return len(applied) == 0, err
}
