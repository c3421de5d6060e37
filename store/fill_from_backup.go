package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"cognate/internal/disk"
	"cognate/store/gen"
)

// Filling says which database is filled from a backup.
type Filling struct {
	URL string // as in Config
	// Schema are the numbers of the migrations of the backup. Check can do without them.
	Schema []int64
}

// Check returns everything that prevents that the database is filled: it has rows, or this build or the database has another
// schema. It changes nothing. The second error is one of the check itself.
func (f Filling) Check(ctx context.Context) (problems []string, err error) {
	if unknown := f.unknown(); len(unknown) > 0 {
		problems = append(problems, "the backup was made by a newer version of Cognate (migration "+strings.Join(unknown, ", ")+
			"); use that version or a later one")
	}
	d := dialectOf(f.URL)
	db, err := d.openUnchanged(f.URL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	filled, err := filledTables(ctx, d, db)
	if err != nil {
		return nil, err
	}
	if len(filled) > 0 {
		return append(problems, fmt.Sprintf("the database is not empty: %d tables have rows, such as %s; restore into a new %s",
			len(filled), filled[len(filled)-1], d.newDatabase)), nil
	}
	if d.isSQLite {
		return problems, nil // a new file replaces the empty one
	}
	applied, err := versions(ctx, d, db, goose.DefaultTablename, "version_id")
	if err != nil {
		return nil, err
	}
	for _, version := range applied {
		if version != 0 && f.Schema != nil && !slices.Contains(f.Schema, version) {
			problems = append(problems, "the empty database has a newer schema than the backup; restore into a database without tables")
			break
		}
	}
	return problems, nil
}

// unknown returns the migrations of the backup that this build does not have.
func (f Filling) unknown() (numbers []string) {
	known := knownMigrations()
	for _, version := range f.Schema {
		if !known[version] {
			numbers = append(numbers, strconv.FormatInt(version, 10))
		}
	}
	return numbers
}

// filledTables returns the tables of a backup that have rows. A database on which a server was started, but nothing was created, has
// only data keys, which a restore replaces.
func filledTables(ctx context.Context, d dialect, db *sql.DB) (names []string, err error) {
	for _, tb := range allTables {
		var exists bool
		if err := db.QueryRowContext(ctx, d.tableExists, tb.name).Scan(&exists); err != nil {
			return nil, fmt.Errorf("look for table %s: %w", tb.name, err)
		}
		if !exists || tb.name == dataKeysTable {
			continue
		}
		var filled bool
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+tb.name+")").Scan(&filled); err != nil {
			return nil, fmt.Errorf("read %s: %w", tb.name, err)
		}
		if filled {
			names = append(names, tb.name)
		}
	}
	return names, nil
}

// dataKeysTable is the table with the sealed data keys.
const dataKeysTable = "data_keys"

// FindServers returns the servers on a database: those whose heartbeats go on, and those that were killed. If there was a heartbeat, it
// calls wait, which waits for the next one. It changes nothing.
func FindServers(ctx context.Context, databaseURL string, wait func(context.Context) error) (running, stopped []Node, err error) {
	d := dialectOf(databaseURL)
	db, err := d.openUnchanged(databaseURL)
	if err != nil {
		return nil, nil, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var exists bool
	if err := db.QueryRowContext(ctx, d.tableExists, nodesTable).Scan(&exists); err != nil || !exists {
		return nil, nil, err
	}
	before, err := gen.New(db).ListNodes(ctx)
	if err != nil || len(before) == 0 {
		return nil, nil, err
	}
	if err := wait(ctx); err != nil {
		return nil, nil, err
	}
	after, err := gen.New(db).ListNodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range after {
		if slices.Contains(before, row) {
			stopped = append(stopped, toNode(row))
		} else {
			running = append(running, toNode(row))
		}
	}
	return running, stopped, nil
}

// Filler fills an empty database.
type Filler struct {
	conn    *sql.Conn
	d       dialect
	columns map[string][]fillColumn // of the tables that exist, in the order of the schema
}

type fillColumn struct{ name, kind string }

// The kinds of columns.
const (
	kindText   = "text"
	kindNumber = "number"
	kindBytes  = "bytes"
)

// Fill runs the migrations of the backup on an empty database, calls fn to add the rows, changes what RestoreOptions says, commits, and runs the
// remaining migrations. After an error the database has no rows, unless the error is a *MigrationError. Call Check first. A SQLite
// database gets its name once it is whole. Errors: *MigrationError, ErrInUse.
func (f Filling) Fill(ctx context.Context, o RestoreOptions, fn func(*Filler) error) (err error) {
	d := dialectOf(f.URL)
	if !d.isSQLite {
		_, db, err := openPostgres(Config{URL: f.URL})
		if err != nil {
			return err
		}
		return errors.Join(f.fill(ctx, d, db, o, fn), db.Close())
	}
	file := f.URL + ".restoring"
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), removeDatabase(file)); err != nil {
		return err
	}
	if err := protectFile(file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeDatabase(file)) }()
	// A file that is not whole is removed, so its writes need no journal.
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+
		"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=temp_store(FILE)&_txlock=immediate"+cacheSize(fillCache))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err := errors.Join(f.fill(ctx, d, db, o, fn), db.Close()); err != nil {
		return err
	}
	return replaceDatabase(f.URL, file)
}

// fillCache is the size of the page cache while a SQLite database is filled, in bytes.
const fillCache = 48 << 20

// replaceDatabase gives a whole SQLite file the name of an empty one.
func replaceDatabase(empty, whole string) error {
	if err := disk.SyncFile(whole); err != nil {
		return err
	}
	if err := removeDatabase(empty); err != nil {
		return err
	}
	if err := os.Rename(whole, empty); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(empty))
}

func (f Filling) fill(ctx context.Context, d dialect, db *sql.DB, o RestoreOptions, fn func(*Filler) error) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := f.migrate(ctx, d, db, files); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := fillTables(ctx, d, db, o, fn); err != nil {
		return err
	}
	if err := migrateWith(ctx, d, db, files, goMigrations()...); err != nil {
		if d.isSQLite {
			return fmt.Errorf("migrate: %w", err)
		}
		return &MigrationError{err}
	}
	return nil
}

// MigrationError is the error of a migration that the backup does not have. The database has the rows of the backup.
type MigrationError struct{ err error }

func (e *MigrationError) Error() string { return fmt.Sprintf("migrate: %v", e.err) }

func (e *MigrationError) Unwrap() error { return e.err }

// migrate runs the migrations of the backup and no others.
func (f Filling) migrate(ctx context.Context, d dialect, db *sql.DB, files fs.FS) error {
	var inGo []*goose.Migration
	for _, m := range goMigrations() {
		if slices.Contains(f.Schema, m.Version) {
			inGo = append(inGo, m)
		}
	}
	return migrateWith(ctx, d, db, someMigrations{files, f.Schema}, inGo...)
}

func fillTables(ctx context.Context, d dialect, db *sql.DB, o RestoreOptions, fn func(*Filler) error) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	f := &Filler{conn, d, make(map[string][]fillColumn)}
	if err := f.readColumns(ctx); err != nil {
		return err
	}
	// The driver's own transaction does not allow other uses of the connection, such as COPY.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	if err := f.fill(ctx, o, fn); err != nil {
		_, undone := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undone)
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (f *Filler) fill(ctx context.Context, o RestoreOptions, fn func(*Filler) error) error {
	if _, err := f.conn.ExecContext(ctx, "DELETE FROM "+dataKeysTable); err != nil {
		return fmt.Errorf("delete data keys: %w", err)
	}
	if err := fn(f); err != nil {
		return err
	}
	return o.invalidateUsed(ctx, f.conn, f.has)
}

// has reports whether the database has a table.
func (f *Filler) has(table string) bool { return f.columns[table] != nil }

// readColumns reads the columns of all tables.
func (f *Filler) readColumns(ctx context.Context) error {
	names := []string{nodesTable}
	for _, tb := range allTables {
		names = append(names, tb.name)
	}
	for _, name := range names {
		var exists bool
		if err := f.conn.QueryRowContext(ctx, f.d.tableExists, name).Scan(&exists); err != nil {
			return fmt.Errorf("look for table %s: %w", name, err)
		}
		if !exists {
			continue
		}
		columns, err := f.columnsOf(ctx, name)
		if err != nil {
			return fmt.Errorf("read the columns of %s: %w", name, err)
		}
		f.columns[name] = columns
	}
	return nil
}

func (f *Filler) columnsOf(ctx context.Context, table string) (columns []fillColumn, err error) {
	rows, err := f.conn.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		kind, ok := map[string]string{
			"TEXT": kindText, "BIGINT": kindNumber, "INTEGER": kindNumber, "INT8": kindNumber, "BYTEA": kindBytes,
		}[t.DatabaseTypeName()]
		if !ok {
			return nil, fmt.Errorf("column %s has the type %s", t.Name(), t.DatabaseTypeName())
		}
		columns = append(columns, fillColumn{t.Name(), kind})
	}
	return columns, rows.Err()
}

// Insert adds rows to a table, with their columns in any order. A value is a string, an int64 or a []byte. It ignores the rows of a table
// that a restore drops. The error names the number of a row that does not fit, from 1.
func (f *Filler) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	tb, own := tableNamed(table), f.columns[table]
	if tb == nil || own == nil {
		return fmt.Errorf("the schema of the backup has no table %s", table)
	}
	if tb.dropsOnRestore() {
		return nil
	}
	ordered, err := inOrder(own, columns)
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	for i, row := range rows {
		if err := requireKinds(ordered, row); err != nil {
			return fmt.Errorf("table %s, row %d: %w", table, i+1, err)
		}
	}
	if f.d.isSQLite {
		return f.insert(ctx, table, ordered, rows)
	}
	return f.copy(ctx, table, ordered, rows)
}

// inOrder returns the columns of a table in the order of names, which must be all of them.
func inOrder(columns []fillColumn, names []string) ([]fillColumn, error) {
	ordered := make([]fillColumn, 0, len(columns))
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c fillColumn) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("the schema of the backup has no column %q", name)
		}
		if slices.Contains(ordered, columns[i]) {
			return nil, fmt.Errorf("column %s is there twice", name)
		}
		ordered = append(ordered, columns[i])
	}
	if len(ordered) != len(columns) {
		return nil, fmt.Errorf("%d of %d columns are missing", len(columns)-len(ordered), len(columns))
	}
	return ordered, nil
}

// requireKinds returns an error if a value of a row is not of the kind of its column.
func requireKinds(columns []fillColumn, row []any) error {
	if len(row) != len(columns) {
		return fmt.Errorf("the row has %d values, and the table %d columns", len(row), len(columns))
	}
	for i, value := range row {
		kind := ""
		switch value.(type) {
		case string:
			kind = kindText
		case int64:
			kind = kindNumber
		case []byte:
			kind = kindBytes
		}
		if kind != columns[i].kind {
			return fmt.Errorf("the value of column %s is no %s", columns[i].name, columns[i].kind)
		}
	}
	return nil
}

// insert adds rows with few statements.
func (f *Filler) insert(ctx context.Context, table string, columns []fillColumn, rows [][]any) (err error) {
	size := maxParams / len(columns)
	full := len(rows) / size * size
	for _, part := range []struct {
		rows [][]any
		size int
	}{{rows[:full], size}, {rows[full:], len(rows) - full}} {
		if err := f.insertParts(ctx, table, columns, part.rows, part.size); err != nil {
			return err
		}
	}
	return nil
}

// insertParts inserts rows in parts of one size, with one statement that is prepared once.
func (f *Filler) insertParts(ctx context.Context, table string, columns []fillColumn, rows [][]any, size int) (err error) {
	if len(rows) == 0 {
		return nil
	}
	tuple := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
	statement, err := f.conn.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(namesOf(columns), ", ")+") VALUES "+
		strings.Repeat(tuple+", ", size-1)+tuple)
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	args := make([]any, 0, size*len(columns))
	for part := range slices.Chunk(rows, size) {
		args = args[:0]
		for _, row := range part {
			args = append(args, row...)
		}
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return fmt.Errorf("write %s: %w", table, err)
		}
	}
	return nil
}

// copy adds rows by COPY.
func (f *Filler) copy(ctx context.Context, table string, columns []fillColumn, rows [][]any) error {
	err := f.conn.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%T cannot copy", driver)
		}
		_, err := conn.Conn().CopyFrom(ctx, pgx.Identifier{table}, namesOf(columns), pgx.CopyFromRows(rows))
		return err
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

func namesOf(columns []fillColumn) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}
