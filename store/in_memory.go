package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// emptyInMemory is a database in memory that has all migrations and no data. A process that opens many stores in memory, as tests do,
// runs the migrations once: later stores copy this database.
var emptyInMemory struct {
	sync.Mutex
	// open keeps the database in memory. It is nil until the first store in memory has run the migrations.
	open driver.Conn
}

const emptyInMemoryDSN = "file:/empty?vfs=memdb"

// migrateInMemory is migrate for a new database in memory.
func migrateInMemory(ctx context.Context, d dialect, db *sql.DB) error {
	isCopied, err := copyEmpty(ctx, db)
	if err != nil || isCopied {
		return err
	}
	if err := migrate(ctx, d, db); err != nil {
		return err
	}
	return keepEmpty(ctx, db)
}

// copyEmpty copies emptyInMemory into a database, and reports whether it exists.
func copyEmpty(ctx context.Context, db *sql.DB) (isCopied bool, err error) {
	emptyInMemory.Lock()
	defer emptyInMemory.Unlock()
	if emptyInMemory.open == nil {
		return false, nil
	}
	err = onSQLite(ctx, db, func(c sqliteConn) error {
		b, err := c.NewRestore(emptyInMemoryDSN)
		if err != nil {
			return err
		}
		return errors.Join(copyPages(b), b.Finish())
	})
	return err == nil, err
}

// keepEmpty makes emptyInMemory from a database that has all migrations and no data, unless it exists.
func keepEmpty(ctx context.Context, db *sql.DB) error {
	emptyInMemory.Lock()
	defer emptyInMemory.Unlock()
	if emptyInMemory.open != nil {
		return nil
	}
	return onSQLite(ctx, db, func(c sqliteConn) error {
		b, err := c.NewBackup(emptyInMemoryDSN)
		if err != nil {
			return err
		}
		if err := copyPages(b); err != nil {
			return errors.Join(err, b.Finish())
		}
		emptyInMemory.open, err = b.Commit()
		return err
	})
}
