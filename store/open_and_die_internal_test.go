package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"sync/atomic"
)

// OpenAndDie opens a store, and kills this process before the statement with this number. If there are fewer statements on the writing
// connection, it returns their number and closes the store.
func OpenAndDie(ctx context.Context, c Config, at int64) (statements int64, err error) {
	return OpenWith(ctx, c, at, func() {
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {} // the signal arrives
	})
}

// OpenWith opens a store and closes it. It calls do before the statement with this number on the writing connection. It returns the number
// of statements.
func OpenWith(ctx context.Context, c Config, at int64, do func()) (statements int64, err error) {
	died := &dying{at: at, do: do}
	s := &Store{dialect: dialectOf(c.URL)}
	open := s.dialect.open
	s.dialect.open = func(c Config) (read, write *sql.DB, err error) {
		read, inner, err := open(c)
		if err != nil {
			return nil, nil, err
		}
		died.inner = inner
		write = sql.OpenDB(died)
		write.SetMaxOpenConns(inner.Stats().MaxOpenConnections)
		if read == inner {
			read = write
		}
		return read, write, nil
	}
	if err := s.connect(ctx, c); err != nil {
		return 0, err
	}
	if err := s.prepare(ctx, c); err != nil {
		return 0, errors.Join(err, s.Close(), died.inner.Close())
	}
	return died.statements.Load(), errors.Join(s.Close(), died.inner.Close())
}

// dying opens connections that count statements.
type dying struct {
	inner      *sql.DB
	at         int64
	do         func()
	statements atomic.Int64
}

// next counts a statement, and calls do before the one with the number at.
func (d *dying) next() {
	if d.statements.Add(1) == d.at {
		d.do()
	}
}

// Connect opens a connection of the engine.
func (d *dying) Connect(ctx context.Context) (driver.Conn, error) {
	held, err := d.inner.Conn(ctx)
	if err != nil {
		return nil, err
	}
	c := &dyingConn{held: held, dying: d}
	return c, held.Raw(func(raw any) error {
		var isConn bool
		if c.Conn, isConn = raw.(driver.Conn); !isConn {
			return errors.New("the engine has another kind of connections")
		}
		return nil
	})
}

// Driver returns the driver of the engine.
func (d *dying) Driver() driver.Driver { return d.inner.Driver() }

// dyingConn is a connection of the engine that counts statements.
type dyingConn struct {
	driver.Conn
	held  *sql.Conn
	dying *dying
}

// ExecContext counts a statement and runs it.
func (c *dyingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.dying.next()
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// QueryContext counts a query and runs it.
func (c *dyingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.dying.next()
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// PrepareContext prepares a statement, which is not counted.
func (c *dyingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// BeginTx counts the start of a transaction.
func (c *dyingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.dying.next()
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return dyingTx{tx, c.dying}, err
}

// CheckNamedValue converts a value as the engine does.
func (c *dyingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// Close returns the connection to the engine.
func (c *dyingConn) Close() error { return c.held.Close() }

// dyingTx is a transaction whose commit is counted.
type dyingTx struct {
	driver.Tx
	dying *dying
}

// Commit counts the commit and commits.
func (t dyingTx) Commit() error {
	t.dying.next()
	return t.Tx.Commit()
}
