package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"cognate/sealing"
	"cognate/store/gen"
)

// Dump is the content of a database at one moment. It has whole rows, with sealed secrets, and does not depend on their columns.
type Dump struct {
	db *sql.DB
	tx *sql.Tx // nil if nothing else uses db
	d  dialect
}

// Dump calls fn with one moment of the database, while servers use it. For SQLite it first copies the database to the file scratch, which
// it replaces and removes: a long read of the database itself would keep its write-ahead log from being emptied. For PostgreSQL it reads
// in a transaction.
func (s *Store) Dump(ctx context.Context, scratch string, fn func(*Dump) error) error {
	if s.dialect.isSQLite {
		return s.dumpCopy(ctx, scratch, fn)
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it has changed nothing
	return fn(&Dump{s.read, tx, s.dialect})
}

// dumpCopy copies the database in one step, so that no other transaction falls between two pages.
func (s *Store) dumpCopy(ctx context.Context, scratch string, fn func(*Dump) error) (err error) {
	if err := removeDatabase(scratch); err != nil {
		return err
	}
	if err := protectFile(scratch); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeDatabase(scratch)) }()
	if err := s.copyTo(ctx, scratch); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	db, err := openCopy(scratch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return fn(&Dump{db: db, d: s.dialect})
}

// openCopy opens a file that no other process uses.
func openCopy(file string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?mode=ro&immutable=1&_pragma=query_only(1)"+cacheSize(copyCache))
}

// copyCache is the size of the page cache of a copy, in bytes.
const copyCache = 8 << 20

// sqliteConn is what a connection of SQLite's driver can do besides SQL.
type sqliteConn interface {
	NewBackup(toURI string) (*sqlite.Backup, error)
	NewRestore(fromURI string) (*sqlite.Backup, error)
}

func (s *Store) copyTo(ctx context.Context, file string) error {
	// Nothing is lost if the copy is: it needs no syncs and no journal.
	to := "file:" + (&url.URL{Path: file}).EscapedPath() + "?_pragma=synchronous(OFF)&_pragma=journal_mode(OFF)"
	return onSQLite(ctx, s.read, func(c sqliteConn) error {
		b, err := c.NewBackup(to)
		if err != nil {
			return err
		}
		return errors.Join(copyPages(b), b.Finish())
	})
}

// onSQLite calls a function with the driver's side of a connection.
func onSQLite(ctx context.Context, db *sql.DB, fn func(sqliteConn) error) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(sqliteConn)
		if !ok {
			return fmt.Errorf("%T cannot copy", driver)
		}
		return fn(c)
	})
}

// copyPages copies a whole database.
func copyPages(backup *sqlite.Backup) error {
	_, err := backup.Step(-1)
	return err
}

// removeDatabase removes a SQLite file and the files beside it, if they exist.
func removeDatabase(file string) error {
	for _, name := range []string{file, file + "-wal", file + "-shm", file + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (d *Dump) query(ctx context.Context, query string) (*sql.Rows, error) {
	if d.tx != nil {
		return d.tx.QueryContext(ctx, query)
	}
	return d.db.QueryContext(ctx, query)
}

// Schema returns the numbers of the migrations of the database, in order.
func (d *Dump) Schema(ctx context.Context) (numbers []int64, err error) {
	rows, err := d.query(ctx, "SELECT version_id FROM "+goose.DefaultTablename+" WHERE version_id > 0 ORDER BY version_id")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		numbers = append(numbers, number)
	}
	return slices.Compact(numbers), rows.Err()
}

// MasterKeyID returns the ID of the master key that the data keyset is sealed with.
func (d *Dump) MasterKeyID(ctx context.Context) (string, error) {
	var on gen.DBTX = d.db
	if d.tx != nil {
		on = d.tx
	}
	row, err := gen.New(on).GetDataKey(ctx, dataKeyID)
	if err != nil {
		return "", found("read data key", err)
	}
	return sealing.MasterKeyID(row.Wrapped)
}

// BackupTables returns the names of the tables that a backup contains, in the order in which a restore fills them.
func BackupTables() []string {
	names := make([]string, len(allTables))
	for i := range allTables {
		names[i] = allTables[i].name
	}
	return names
}

// Rows calls each with every row of a table. A value is a string, an int64 or a []byte that is not nil. The slices are valid until each
// returns.
func (d *Dump) Rows(ctx context.Context, name string, each func(columns []string, values []any) error) (err error) {
	tb := tableNamed(name)
	if tb == nil {
		return fmt.Errorf("no table %s", name)
	}
	// In the order of the key, a restore adds each row at the end of the table.
	rows, err := d.query(ctx, "SELECT * FROM "+tb.name+" ORDER BY "+strings.Join(tb.key, ", "))
	if err != nil {
		return fmt.Errorf("read %s: %w", tb.name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("read %s: %w", tb.name, err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read %s: %w", tb.name, err)
		}
		for i, value := range values {
			if isNoBytes(value) {
				values[i] = []byte{}
			}
		}
		if err := each(columns, values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// tableNamed returns the table of allTables with a name; nil if there is none.
func tableNamed(name string) *table {
	i := slices.IndexFunc(allTables, func(tb table) bool { return tb.name == name })
	if i < 0 {
		return nil
	}
	return &allTables[i]
}
