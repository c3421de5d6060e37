package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cognate/store/gen"
)

// maxMembers is the number of transactions that one commit of SQLite stores at most, so that none waits long for the others.
const maxMembers = 128

// groups runs the transactions of SQLite, which has one writer. A commit waits for the disk. The transactions that arrive during this time
// run one after another in one transaction of SQLite, as its members, and share its commit:
//
//   - Every member but the first has a savepoint, so that an error undoes the member alone.
//   - A member sees the changes of earlier members. So no member returns before the commit, not even with an error, unless it saw no
//     changes. If the commit fails, all members fail.
//
// A member commits if no goroutine waits after it. There is no other goroutine and no timer: a single transaction is committed
// immediately.
type groups struct {
	db       *sql.DB   // with one connection
	prepared *prepared // on db
	// unprepared are the texts that members have run and that are not prepared. It is changed only by the goroutine that uses the
	// connection. They are prepared once the connection has no transaction.
	unprepared map[string]bool
	most       int // members of a group
	// inUse is full while a goroutine uses the connection. Others get it in the order of their arrival.
	inUse chan struct{}
	// waiting is how many goroutines wait for the connection. Each of them calls leave later.
	waiting atomic.Int64
	open    *group // changed only by the goroutine that uses the connection; nil if there is none
}

// group is a transaction of SQLite with its members.
type group struct {
	tx      *sql.Tx
	members int
	changed bool // by a member that commits
	// broken is an error after which SQLite may have rolled back the transaction. The group fails.
	broken error
	ended  chan struct{} // closed after the commit or the rollback
	err    error         // of the commit. Read it after ended
}

// The statements of a member's savepoint.
const (
	savepoint = "SAVEPOINT member"
	keep      = "RELEASE member"
	undo      = "ROLLBACK TO member"
)

// newGroups returns groups on a database with one connection.
func newGroups(db *sql.DB, most int) *groups {
	return &groups{db: db, prepared: newPrepared(db), unprepared: make(map[string]bool), most: most, inUse: make(chan struct{}, 1)}
}

// run runs a function as a member of a group, and returns after the end of the group. If alone is set, the member is the first of its
// group, which saves the cost of a large savepoint.
func (g *groups) run(ctx context.Context, alone bool, fn func(statements) outcome) error {
	if err := g.take(ctx); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	joined, sawChanges, o, err := g.member(ctx, alone, fn)
	if err != nil {
		return err
	}
	if !o.commits && !sawChanges {
		return o.err
	}
	<-joined.ended
	if joined.err != nil {
		return joined.err
	}
	if o.commits {
		o.committed()
	}
	return o.err
}

// take waits for the connection.
func (g *groups) take(ctx context.Context) error {
	g.waiting.Add(1)
	select {
	case g.inUse <- struct{}{}:
		g.waiting.Add(-1)
		return nil
	case <-ctx.Done():
		go func() { // an open group may count on this goroutine for its commit
			g.inUse <- struct{}{}
			g.waiting.Add(-1)
			g.leave()
		}()
		return ctx.Err()
	}
}

// leave gives the connection to the next goroutine. It ends the open group if no goroutine waits, or if the group is full or broken.
func (g *groups) leave() {
	if o := g.open; o != nil && (g.waiting.Load() == 0 || o.members >= g.most || o.broken != nil) {
		g.end()
	}
	if g.open == nil {
		g.prepare()
	}
	<-g.inUse
}

// prepare prepares the statements that members have run without. If it fails for one, its next use tries again.
func (g *groups) prepare() {
	for text := range g.unprepared {
		_, _ = g.prepared.statement(context.Background(), text)
	}
	clear(g.unprepared)
}

// end commits the open group, or rolls it back if no member commits.
func (g *groups) end() {
	o := g.open
	g.open = nil
	defer close(o.ended)
	switch {
	case o.broken != nil:
		o.err = fmt.Errorf("transaction: %w", errors.Join(o.broken, o.tx.Rollback()))
	case !o.changed:
		_ = o.tx.Rollback() // there is nothing to undo
	default:
		if err := o.tx.Commit(); err != nil {
			o.err = fmt.Errorf("commit: %w", err)
			_ = o.tx.Rollback()
		}
	}
}

// member runs a function in the open group, and gives the connection back. It returns the group, and whether the function saw changes of other
// members. Errors: errors that prevent the start.
func (g *groups) member(ctx context.Context, alone bool, fn func(statements) outcome) (joined *group, sawChanges bool, o outcome, err error) {
	defer g.leave()
	if g.open != nil && alone {
		g.end()
	}
	if g.open == nil {
		tx, err := g.db.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return nil, false, outcome{}, fmt.Errorf("begin transaction: %w", err)
		}
		g.open = &group{tx: tx, ended: make(chan struct{})}
	}
	joined = g.open
	joined.members++
	first := joined.members == 1
	s := statements{g, joined}
	if !first {
		if _, err := s.ExecContext(ctx, savepoint); err != nil {
			return nil, false, outcome{}, fmt.Errorf("begin transaction: %w", err)
		}
	}
	defer func() { // also after a panic
		switch {
		case joined.broken != nil:
		case first && !o.commits:
			g.end()
		case !first:
			joined.conclude(ctx, s, o.commits)
		}
		if o.commits {
			joined.changed = true
		}
	}()
	sawChanges = joined.changed
	o = fn(s)
	if err := ctx.Err(); o.commits && err != nil {
		o = outcome{err: err} // the request has ended
	}
	return joined, sawChanges, o, nil
}

// conclude ends the savepoint of a member. If that fails, the group is broken.
func (g *group) conclude(ctx context.Context, s statements, commits bool) {
	texts := []string{keep}
	if !commits {
		texts = []string{undo, keep}
	}
	for _, text := range texts {
		if _, err := s.ExecContext(context.WithoutCancel(ctx), text); err != nil {
			g.broken = err
			return
		}
	}
}

// statements runs the statements of a member. The end of the member's context does not interrupt a statement, because SQLite would roll
// back the changes of all members. It prevents further statements.
type statements struct {
	groups *groups
	group  *group
}

var _ gen.DBTX = statements{}

// endedContext is a context that has ended. With it, no statement starts.
var endedContext = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// context returns the context for a statement.
func (s statements) context(ctx context.Context) context.Context {
	if s.group.broken != nil {
		return endedContext
	}
	if ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// prepared returns the prepared statement of a text, for the transaction. It returns nil if there is none yet.
func (s statements) prepared(ctx context.Context, text string) *sql.Stmt {
	p := s.groups.prepared.existing(text)
	if p == nil {
		if isReused(text) {
			s.groups.unprepared[text] = true
		}
		return nil
	}
	return s.group.tx.StmtContext(ctx, p) // closed with the transaction
}

// ExecContext runs a statement.
func (s statements) ExecContext(ctx context.Context, text string, args ...any) (result sql.Result, err error) {
	ctx = s.context(ctx)
	if p := s.prepared(ctx, text); p != nil {
		result, err = p.ExecContext(ctx, args...)
	} else {
		result, err = s.group.tx.ExecContext(ctx, text, args...)
	}
	s.group.watch(err)
	return result, err
}

// QueryContext runs a query.
func (s statements) QueryContext(ctx context.Context, text string, args ...any) (rows *sql.Rows, err error) {
	ctx = s.context(ctx)
	if p := s.prepared(ctx, text); p != nil {
		rows, err = p.QueryContext(ctx, args...)
	} else {
		rows, err = s.group.tx.QueryContext(ctx, text, args...)
	}
	s.group.watch(err)
	return rows, err
}

// QueryRowContext runs a query for one row.
func (s statements) QueryRowContext(ctx context.Context, text string, args ...any) (row *sql.Row) {
	ctx = s.context(ctx)
	if p := s.prepared(ctx, text); p != nil {
		row = p.QueryRowContext(ctx, args...)
	} else {
		row = s.group.tx.QueryRowContext(ctx, text, args...)
	}
	s.group.watch(row.Err())
	return row
}

// PrepareContext prepares a statement for the transaction. Tx.execPrepared runs it.
func (s statements) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return s.group.tx.PrepareContext(s.context(ctx), text)
}

// execPrepared runs a statement that the transaction has prepared. On SQLite the end of the context does not interrupt it, as with
// statements.ExecContext.
func (t *Tx) execPrepared(ctx context.Context, statement *sql.Stmt, args ...any) (sql.Result, error) {
	s, ok := t.raw.(statements)
	if !ok {
		return statement.ExecContext(ctx, args...)
	}
	result, err := statement.ExecContext(s.context(ctx), args...)
	s.group.watch(err)
	return result, err
}

// watch marks the group as broken by an error after which SQLite may have rolled back the transaction.
// Source: SQLite documentation, "Response To Errors Within A Transaction".
func (g *group) watch(err error) {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok || g.broken != nil {
		return
	}
	switch failure.Code() & 0xff { // without the extended part
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT:
		g.broken = err
	}
}
