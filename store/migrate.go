package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// tableLocker locks a row in a table, so that only one server migrates at a time. Distributed engines that are compatible with
// PostgreSQL have no advisory locks.
func tableLocker() (goose.ProviderOption, error) {
	l, err := lock.NewPostgresTableLocker()
	if err != nil {
		return nil, err
	}
	return goose.WithLocker(l), nil
}

// migrate runs the migrations that the database does not have yet. It changes nothing and returns an error if the database
// has a migration that this build does not know and that is not marked as additive.
func migrate(ctx context.Context, d dialect, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return migrateWith(ctx, d, db, files, goMigrations()...)
}

func migrateWith(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) error {
	_, err := up(ctx, d, db, files, inGo...)
	return err
}

// up is migrateWith, and returns what ran.
func up(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) ([]*goose.MigrationResult, error) {
	p, err := readableMigrator(ctx, d, db, files, inGo...)
	if err != nil {
		return nil, err
	}
	return p.Up(ctx)
}

// readableMigrator is newMigrator, and requires that this build can read the database.
func readableMigrator(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) (*goose.Provider, error) {
	p, err := newMigrator(ctx, d, db, files, inGo...)
	if err != nil {
		return nil, err
	}
	unknown, err := unknownMigrations(ctx, d, db, p)
	if err != nil {
		return nil, err
	}
	return p, requireReadable(unknown)
}

// unknownMigrations returns the migrations of the database that this build does not know, by their numbers.
func unknownMigrations(ctx context.Context, d dialect, db *sql.DB, p *goose.Provider) ([]Migration, error) {
	known := make(map[int64]bool)
	for _, source := range p.ListSources() {
		known[source.Version] = true
	}
	applied, err := versions(ctx, d, db, goose.DefaultTablename, "version_id")
	if err != nil {
		return nil, err
	}
	additive, err := versions(ctx, d, db, "additive_migrations", "version")
	if err != nil {
		return nil, err
	}
	var unknown []Migration
	for _, version := range applied {
		if version != 0 && !known[version] { // goose stores 0 in a new table
			unknown = append(unknown, Migration{
				Name: strconv.FormatInt(version, 10), Additive: slices.Contains(additive, version), State: MigrationUnknown,
			})
		}
	}
	return unknown, nil
}

// requireReadable returns an error if an unknown migration of a database is not additive. This build would otherwise write rows
// into a schema whose rules it does not know.
func requireReadable(unknown []Migration) error {
	var numbers []string
	for _, m := range unknown {
		if !m.Additive {
			numbers = append(numbers, m.Name)
		}
	}
	if len(numbers) > 0 {
		return fmt.Errorf("the database was written by a newer version of Cognate (migration %s), which this version cannot read; "+
			"start that version or a later one", strings.Join(numbers, ", "))
	}
	return nil
}

// requireMigrated returns ErrPending if a database has pending migrations. It changes nothing.
func requireMigrated(ctx context.Context, d dialect, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	pending, err := pendingOf(ctx, d, db, files, goMigrations()...)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("%w: %d, the first one is %s", ErrPending, len(pending), pending[0].Name)
	}
	return nil
}

// versions returns the migrations in a column of a table, in order. A table that does not exist has none.
func versions(ctx context.Context, d dialect, db *sql.DB, table, column string) (found []int64, err error) {
	var exists bool
	if err := db.QueryRowContext(ctx, d.tableExists, table).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for table %s: %w", table, err)
	}
	if !exists {
		return nil, nil
	}
	rows, err := db.QueryContext(ctx, "SELECT "+column+" FROM "+table+" ORDER BY 1")
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return nil, fmt.Errorf("read table %s: %w", table, err)
		}
		found = append(found, version)
	}
	return found, rows.Err()
}

// newMigrator returns a provider that runs the migrations in files and those in Go on a database. New files are named by their time
// (YYYYMMDDHHMMSS_name.sql). They can run out of order: of two branches, the one with the earlier time may land second.
// A migration must depend only on migrations that have landed.
func newMigrator(ctx context.Context, d dialect, db *sql.DB, files fs.FS, inGo ...*goose.Migration) (*goose.Provider, error) {
	d, err := d.on(ctx, db)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithAllowOutofOrder(true), goose.WithGoMigrations(inGo...)}
	opt, err := d.locker()
	if err != nil {
		return nil, err
	}
	if opt != nil {
		opts = append(opts, opt)
	}
	return goose.NewProvider(d.goose, db, editedFiles{files, d.migration}, opts...)
}

// knownMigrations returns the numbers of all migrations of this build.
func knownMigrations() map[int64]bool {
	known := make(map[int64]bool)
	for _, m := range goMigrations() {
		known[m.Version] = true
	}
	files, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is a part of the program
	}
	for _, file := range files {
		if version, err := goose.NumericComponent(file.Name()); err == nil {
			known[version] = true
		}
	}
	return known
}

// someMigrations are the files of some migrations.
type someMigrations struct {
	fs.FS
	numbers []int64
}

// Open opens a file, or the folder with the files of these migrations only.
func (s someMigrations) Open(name string) (fs.File, error) {
	file, err := s.FS.Open(name)
	if folder, ok := file.(fs.ReadDirFile); ok && err == nil {
		return someFiles{folder, s.numbers}, nil
	}
	return file, err
}

type someFiles struct {
	fs.ReadDirFile
	numbers []int64
}

// ReadDir returns the files of the migrations.
func (f someFiles) ReadDir(n int) ([]fs.DirEntry, error) {
	entries, err := f.ReadDirFile.ReadDir(n)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		version, err := goose.NumericComponent(e.Name())
		return err != nil || !slices.Contains(f.numbers, version)
	}), err
}

// editedFiles are files whose text is edited when it is read. Folders stay as they are.
type editedFiles struct {
	fs.FS
	edit func(name, text string) string
}

// Open opens a file or a folder.
func (e editedFiles) Open(name string) (fs.File, error) {
	file, err := e.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return file, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), file.Close())
	}
	return &editedFile{file, strings.NewReader(e.edit(name, string(text)))}, nil
}

// editedFile is an open file with another text. Its size is still that of the file.
type editedFile struct {
	fs.File
	text *strings.Reader
}

// Read reads the edited text.
func (f *editedFile) Read(b []byte) (int, error) { return f.text.Read(b) }
