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
	// Name is the name of its file. A migration in Go has no extension there, and one that this build does not know is only a
	// number.
	Name     string
	Additive bool // the previous release still works after it (docs/upgrading.md)
	State    MigrationState
}

// MigrationState says whether a database has a migration.
type MigrationState string

// The states.
const (
	MigrationApplied MigrationState = "applied" // the database has it
	MigrationPending MigrationState = "pending" // the database does not have it yet
	MigrationUnknown MigrationState = "unknown" // the database has it, and this build does not know it
)

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
		m.State = MigrationApplied
		ran = append(ran, m)
	}
	return ran, nil
}

// PendingMigrations returns what Migrate would run. It changes nothing, and does not create a database. It returns an error if
// the database has a migration that this build does not know and that is not marked as additive.
func PendingMigrations(ctx context.Context, url string) ([]Migration, error) {
	all, err := Migrations(ctx, url)
	return onlyPending(all), err
}

// Migrations returns the migrations of this build, in their order, and then those that the database has and this build does not
// know. It changes nothing, and does not create a database. With an unknown migration that is not marked as additive, it also
// returns an error.
func Migrations(ctx context.Context, url string) (all []Migration, err error) {
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
	return allMigrations(ctx, d, db, files, goMigrations()...)
}

func pendingOf(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) ([]Migration, error) {
	all, err := allMigrations(ctx, d, db, files, inGo...)
	return onlyPending(all), err
}

func onlyPending(all []Migration) []Migration {
	return slices.DeleteFunc(all, func(m Migration) bool { return m.State != MigrationPending })
}

// allMigrations is Migrations of an open database.
func allMigrations(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) ([]Migration, error) {
	p, err := newMigrator(ctx, d, db, files, inGo...)
	if err != nil {
		return nil, err
	}
	unknown, err := unknownMigrations(ctx, d, db, p)
	if err != nil {
		return nil, err
	}
	applied, err := versions(ctx, d, db, goose.DefaultTablename, "version_id")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, source := range p.ListSources() {
		m, err := migrationOf(files, source)
		if err != nil {
			return nil, err
		}
		m.State = MigrationPending
		if slices.Contains(applied, source.Version) {
			m.State = MigrationApplied
		}
		all = append(all, m)
	}
	return append(all, unknown...), requireReadable(unknown)
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
