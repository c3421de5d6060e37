package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
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

// migrate brings the schema up to date.
func migrate(ctx context.Context, d dialect, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := newMigrator(d, db, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// newMigrator returns a provider that runs the migrations in files on a database. New files are named by their time
// (YYYYMMDDHHMMSS_name.sql). They can run out of order: of two branches, the one with the earlier time may land second.
// A migration must depend only on migrations that have landed.
func newMigrator(d dialect, db *sql.DB, files fs.FS) (*goose.Provider, error) {
	opts := []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	opt, err := d.locker()
	if err != nil {
		return nil, err
	}
	if opt != nil {
		opts = append(opts, opt)
	}
	return goose.NewProvider(d.goose, db, editedFiles{files, d.migration}, opts...)
}

// editedFiles are files whose text is edited when it is read. Folders stay as they are.
type editedFiles struct {
	fs.FS
	edit func(text string) string
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
	return &editedFile{file, strings.NewReader(e.edit(string(text)))}, nil
}

// editedFile is an open file with another text. Its size is still that of the file.
type editedFile struct {
	fs.File
	text *strings.Reader
}

// Read reads the edited text.
func (f *editedFile) Read(b []byte) (int, error) { return f.text.Read(b) }
