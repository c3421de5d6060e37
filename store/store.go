// Package store keeps the nouns of package cognate in SQLite or PostgreSQL: one set of queries, one set of migrations,
// secrets sealed on the way in and opened on the way out.
//
// It holds no rules and knows no wire: a caller decides, inside a transaction where it must, and the store remembers.
//
// Reads go through methods of Store; changes go through methods of Tx inside Store.Write. A transaction locks what it
// decides about by writing it first ("Lock..." methods), which reads the newest state on both engines and makes racing
// requests queue instead of fail.
package store

//go:generate go tool -modfile=../tools/go.mod sqlc generate
//go:generate go tool -modfile=../tools/go.mod sqlc compile -f sqlc_sqlite.yaml

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cognate"
	"cognate/sealing"
	"cognate/store/gen"
)

// What callers branch on. Which API error an absence becomes is the caller's to say.
var (
	ErrNotFound   = errors.New("store: not found")
	ErrExists     = errors.New("store: already exists")
	ErrAliasTaken = errors.New("store: alias belongs to another user")
)

// Config says where a store keeps its data and how it seals it.
type Config struct {
	// URL is postgres://… or the path of a SQLite file; empty keeps everything in memory until Close.
	URL string
	// MasterKeys open the data key; the first one seals it when the store is new or the key was replaced.
	MasterKeys []sealing.MasterKey
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	inMemory    bool
	dialect     dialect
	read, write *sql.DB
	reader      *gen.Queries // on read
	writer      *gen.Queries // on write
	box         *sealing.Box
	pools       documents[cognate.UserPool]
	clients     documents[cognate.AppClient]
	decoy       []byte
}

// Open connects, migrates and unseals the data key. The caller closes the store.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{dialect: dialectOf(c.URL), inMemory: c.URL == ""}
	if err := s.connect(ctx, c.URL); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.prepare(ctx, c.MasterKeys); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context, url string) error {
	var err error
	s.read, s.write, err = s.dialect.open(url)
	if err != nil {
		return err
	}
	if err := s.write.PingContext(ctx); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

func (s *Store) prepare(ctx context.Context, masters []sealing.MasterKey) error {
	if err := migrate(ctx, s.dialect, s.write); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	var err error
	if s.reader, err = s.dialect.queries(ctx, s.read); err != nil {
		return fmt.Errorf("prepare queries: %w", err)
	}
	if s.writer, err = s.dialect.queries(ctx, s.write); err != nil {
		return fmt.Errorf("prepare queries: %w", err)
	}
	return s.unsealDataKey(ctx, masters)
}

// InMemory reports whether nothing of the store outlives it.
func (s *Store) InMemory() bool { return s.inMemory }

// Close releases the database. A store in memory is gone afterwards.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Tx is a running transaction. It must not be kept beyond the function it was handed to.
type Tx struct {
	q   *gen.Queries
	raw *sql.Tx // for what is done to whole tables
	s   *Store
}

// CommitWith makes Write keep the transaction and then return refusal: for an attempt that is to be counted and refused.
func CommitWith(refusal error) error { return commitWith{refusal} }

type commitWith struct{ refusal error }

func (c commitWith) Error() string { return c.refusal.Error() }

// ErrRollback makes Write undo the transaction and return nil: for one that has only looked, behind its locks, and so
// need not wait for the disk.
var ErrRollback = errors.New("store: nothing to keep")

// maxTries bounds how often a transaction is repeated after a serialization failure.
const maxTries = 12

// Write runs fn in a transaction: its changes happen all or not at all, and last once Write has returned nil. An error of fn
// undoes them, unless it is one of Counted; ErrNothingToKeep undoes them without being an error. Engines
// that answer a conflict with a serialization failure (40001, 40P01) have fn run again, so fn must have no effects
// outside the transaction: messages, signatures and random secrets stay outside.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.writeWith(ctx, sql.LevelDefault, fn)
}

// WriteSnapshot is Write in which all reads show one moment, for what reads more than it locks.
func (s *Store) WriteSnapshot(ctx context.Context, fn func(*Tx) error) error {
	return s.writeWith(ctx, s.dialect.snapshot, fn)
}

func (s *Store) writeWith(ctx context.Context, isolation sql.IsolationLevel, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, isolation, fn)
		if err == nil || try == maxTries || !isConflict(err) {
			return err
		}
		if err := pause(ctx, time.Millisecond<<min(try, 6)); err != nil {
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, isolation sql.IsolationLevel, fn func(*Tx) error) error {
	tx, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: isolation})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	err = fn(&Tx{q: s.writer.WithTx(tx), raw: tx, s: s})
	kept, isCounted := errors.AsType[commitWith](err)
	switch {
	case errors.Is(err, ErrRollback):
		return nil
	case err != nil && !isCounted:
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if isCounted {
		return kept.refusal
	}
	return nil
}

func isConflict(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// found turns the absence of a row into ErrNotFound and names what was being done.
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

// changed turns "no row was touched" into absent and names what was being done.
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
