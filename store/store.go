// Package store stores the nouns of package cognate in SQLite or PostgreSQL, with one set of queries and one set of
// migrations. It seals secrets before it writes them, and unseals them after it reads them.
//
// It has no rules and no wire types. Callers decide, if necessary inside a transaction.
//
// Reads are methods of Store. Changes are methods of Tx inside Store.Write. A transaction first locks the rows that it
// decides about with a "Lock..." method, which writes the row. This reads the newest state on both engines, and concurrent
// requests wait for each other instead of failing.
package store

//go:generate go tool -modfile=../tools/go.mod sqlc generate
//go:generate go tool -modfile=../tools/go.mod sqlc compile -f sqlc_sqlite.yaml

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cognate"
	"cognate/internal/pause"
	"cognate/sealing"
	"cognate/store/gen"
	"cognate/trace"
)

// Errors that callers branch on. The caller chooses the API error.
var (
	ErrNotFound   = errors.New("store: not found")
	ErrExists     = errors.New("store: already exists")
	ErrAliasTaken = errors.New("store: alias belongs to another user")
	ErrPending    = errors.New("store: migrations are pending")
)

// Config says where the database is and which keys open it.
type Config struct {
	// URL is postgres://… or the path of a SQLite file. If it is empty, the data is in memory until Close.
	URL string
	// CacheBytes is the greatest size of the page caches of SQLite together. Default 16 MB.
	CacheBytes int64
	// Connections is the greatest number of connections to PostgreSQL. Default 32.
	Connections int
	// MasterKeys unseal the data key. The first one seals it in a new store, and if another key sealed it before.
	MasterKeys []sealing.MasterKey
	// KeepMasterKey leaves the data key under the master key that sealed it.
	KeepMasterKey bool
	// ManualMigrations makes Open return ErrPending if migrations are pending, instead of running them. It then changes no table, so
	// the database user needs no right to do that.
	ManualMigrations bool
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	inMemory    bool
	dialect     dialect
	read, write *sql.DB
	reader      *gen.Queries // on read
	writer      *gen.Queries // on write, outside Write
	groups      *groups      // runs the transactions of SQLite; nil for PostgreSQL
	box         *sealing.Box
	pools       documents[cognate.UserPool]
	clients     documents[cognate.AppClient]
	decoy       []byte
	restored    atomic.Pointer[restore]
	usersPace   pace

	transactions atomic.Int64 // that were started, without those of WriteUsers
	// retries counts repetitions of transactions after a serialization failure, and conflicted those that failed in the end.
	retries, conflicted atomic.Int64
}

// Open connects, migrates and unseals the data key. The caller closes the store. Errors: ErrPending.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{dialect: dialectOf(c.URL), inMemory: c.URL == ""}
	if err := s.connect(ctx, c); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.prepare(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context, c Config) error {
	var err error
	s.read, s.write, err = s.dialect.open(c)
	if err != nil {
		return err
	}
	if err := s.write.PingContext(ctx); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

func (s *Store) prepare(ctx context.Context, c Config) error {
	opened, err := s.openDataKey(ctx, c.MasterKeys)
	if err != nil {
		return err
	}
	run := migrate
	switch {
	case c.ManualMigrations:
		run = requireMigrated
	case s.inMemory:
		run = migrateInMemory
	}
	if err := run(ctx, s.dialect, s.write); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if s.dialect, err = s.dialect.on(ctx, s.write); err != nil {
		return err
	}
	s.reader = gen.New(s.dialect.statements(s.read))
	s.writer = gen.New(s.write)
	if s.dialect.isSQLite {
		most := maxMembers
		if s.inMemory { // a commit does not wait for a disk, and readers wait for it
			most = 1
		}
		s.groups = newGroups(s.write, most)
	}
	return s.unsealDataKey(ctx, c, opened)
}

// InMemory reports whether the data is lost at Close.
func (s *Store) InMemory() bool { return s.inMemory }

// Close closes the database. A store in memory loses its data.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Tx is a running transaction. It is valid only until the function of Write returns.
type Tx struct {
	q   *gen.Queries
	raw gen.DBTX // for statements on whole tables
	s   *Store
	// counts are the users that the transaction has added to the counts.
	counts map[shard]int64
	// users and locks are what the transaction has done to users, for the audit record.
	users []UserChange
	locks []Lock
	// committed are called after the commit.
	committed []func()
}

// AfterCommit makes Write call fn after it has committed the transaction. fn is not called if the transaction is rolled back;
// if it is repeated, only the calls of the last run count.
func (t *Tx) AfterCommit(fn func()) { t.committed = append(t.committed, fn) }

type beforeCommitKey struct{}

// WithBeforeCommit returns a context with which Write calls fn in each transaction as the last step before the commit. It is not
// called if the transaction is rolled back, and it is called again if the transaction is repeated. An error of fn rolls the
// transaction back.
func WithBeforeCommit(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) context.Context {
	return context.WithValue(ctx, beforeCommitKey{}, fn)
}

// WithoutBeforeCommit returns a context without the function, for work that goes on after its request.
func WithoutBeforeCommit(ctx context.Context) context.Context { return WithBeforeCommit(ctx, nil) }

// beforeCommit calls the function of WithBeforeCommit, if ctx has one.
func (t *Tx) beforeCommit(ctx context.Context) error {
	fn, _ := ctx.Value(beforeCommitKey{}).(func(context.Context, *Tx) error)
	if fn == nil {
		return nil
	}
	return fn(ctx, t)
}

// CommitWith makes Write commit the transaction and then return err, for example after a failed attempt that must be counted.
func CommitWith(err error) error { return commitWith{err} }

type commitWith struct{ err error }

func (c commitWith) Error() string { return c.err.Error() }

// ErrRollback makes Write roll back the transaction and return nil. A transaction that only read rows behind its locks uses
// it, to avoid the disk write of a commit.
var ErrRollback = errors.New("store: roll back")

// maxTries bounds how often a transaction is repeated after a serialization failure.
const maxTries = 12

// Write runs fn in a transaction and commits it if fn returns nil or an error of CommitWith. Any other error rolls it back;
// for ErrRollback, Write returns nil. After a serialization failure (40001, 40P01) Write runs fn again, so fn must have no
// effects outside the transaction: messages, signatures and random secrets belong outside.
//
// If the connection fails, Write returns an error and does not run fn again: the database may have committed the transaction.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.writeWith(ctx, howToWrite{}, fn)
}

// WriteSnapshot is Write with all reads from one snapshot, for transactions that read more rows than they lock.
func (s *Store) WriteSnapshot(ctx context.Context, fn func(*Tx) error) error {
	return s.writeWith(ctx, howToWrite{isolation: s.dialect.snapshot}, fn)
}

// howToWrite has the options of a transaction.
type howToWrite struct {
	isolation sql.IsolationLevel
	// changesMuch is set if the transaction changes many rows.
	changesMuch bool
}

func (s *Store) writeWith(ctx context.Context, how howToWrite, fn func(*Tx) error) (err error) {
	ctx, end := trace.Start(ctx, "transaction")
	defer func() { end(trace.OutcomeOf(err)) }()
	if !how.changesMuch {
		s.transactions.Add(1)
	}
	for try := 1; ; try++ {
		err := s.once(ctx, how, fn)
		if err == nil || !isConflict(err) {
			return err
		}
		if try == maxTries {
			s.conflicted.Add(1)
			return err
		}
		s.retries.Add(1)
		if err := pause.For(ctx, beforeRetry(try)); err != nil {
			return err
		}
	}
}

// beforeRetry returns how long to wait after a number of tries. The random part makes it unlikely that transactions meet again.
func beforeRetry(tries int) time.Duration {
	most := time.Millisecond << min(tries, 6)
	return most/2 + rand.N(most)
}

// Retries returns how many transactions were repeated after a serialization failure.
func (s *Store) Retries() int64 { return s.retries.Load() }

func (s *Store) once(ctx context.Context, how howToWrite, fn func(*Tx) error) error {
	if s.groups != nil {
		return s.groups.run(ctx, how.changesMuch, func(on statements) outcome {
			return (&Tx{q: gen.New(on), raw: on, s: s}).decide(ctx, fn)
		})
	}
	tx, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: how.isolation})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // has no effect after a commit
	o := (&Tx{q: gen.New(s.dialect.statements(tx)), raw: tx, s: s}).decide(ctx, fn)
	if !o.commits {
		return o.err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	o.committed()
	return o.err
}

// outcome is what the function of a transaction has decided. The zero value rolls back.
type outcome struct {
	commits bool
	err     error    // of Write, if the commit does not fail
	then    []func() // after the commit
}

// decide runs the function of a transaction. If it commits, decide also stores what the transaction counted, calls the function
// of WithBeforeCommit, and checks the lease of UnderLease.
func (t *Tx) decide(ctx context.Context, fn func(*Tx) error) outcome {
	err := fn(t)
	with, commits := errors.AsType[commitWith](err)
	switch {
	case errors.Is(err, ErrRollback):
		return outcome{}
	case err != nil && !commits:
		return outcome{err: err}
	}
	if err := t.saveCounts(ctx); err != nil {
		return outcome{err: err}
	}
	if err := t.beforeCommit(ctx); err != nil {
		return outcome{err: err}
	}
	if err := t.requireLease(ctx); err != nil { // last, so that the row is locked for a short time
		return outcome{err: err}
	}
	return outcome{commits: true, err: with.err, then: t.committed}
}

func (o outcome) committed() {
	for _, fn := range o.then {
		fn()
	}
}

func isConflict(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// found turns sql.ErrNoRows into ErrNotFound. It wraps other errors with the action.
func found(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// changed returns absent if a statement changed no row. It wraps other errors with the action.
func changed(doing string, absent error, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if rows == 0 {
		return absent
	}
	return nil
}

func aadOf(parts ...string) string { return strings.Join(parts, "/") }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
