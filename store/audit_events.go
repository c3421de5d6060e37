package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cognate"
	"cognate/store/gen"
)

// AuditEvent is a record of package audit, which owns its content.
type AuditEvent struct {
	ID     string // of NewAuditEventID
	Node   string // the server that made the record
	Record string // JSON
	// IsComplete says that the record has the outcome. A record without it was made by a transaction, after which the server was
	// killed.
	IsComplete bool
	// Position and Hash are those of the record in the chain. They are zero until it is linked.
	Position int64
	Hash     string
}

// NewAuditEventID returns a new ID: a UUID of version 7, so that IDs are in the order of their times. Those of one millisecond are in the
// order of their numbers, of which the last 26 bits count. Source: RFC 9562 section 6.2, method 1.
func NewAuditEventID(at time.Time, number uint32) string {
	id := uuid.New()
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	const version, variant = 7, 2
	id[6] = version<<4 | byte(number>>22)&0x0f
	id[7] = byte(number >> 14)
	id[8] = variant<<6 | byte(number>>8)&0x3f
	id[9] = byte(number)
	return id.String()
}

// FirstAuditEventID returns an ID that is lower than all IDs of a time and later, and higher than all earlier ones.
func FirstAuditEventID(at time.Time) string {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id.String()
}

// AuditEventTime returns the time in the ID of an audit event; the zero time if it is no such ID.
func AuditEventTime(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return time.Time{}
	}
	var ms int64
	for _, b := range parsed[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// AuditChain has the ends of the chain. A position of 0 means that there is none.
type AuditChain struct {
	// StartPosition and StartHash are those of the last record that was deleted because of its age.
	StartPosition int64
	StartHash     string
	// EndPosition and EndHash are those of the last record that was linked.
	EndPosition int64
	EndHash     string
}

// UserChange is a change that a transaction makes to a user. Before is nil for a new user, and After for a deleted one, whose
// Before has only the IDs.
type UserChange struct{ Before, After *cognate.User }

// UserChanges returns the changes to users so far, in their order, except those of an import. Callers must not change them.
func (t *Tx) UserChanges() []UserChange { return t.users }

// Lock is a subject that a transaction has locked because of failures. Package throttle owns the meaning of the subject.
type Lock struct {
	PoolID, Subject string
	Until           time.Time
}

// Locks returns what the transaction has locked so far.
func (t *Tx) Locks() []Lock { return t.locks }

// SaveAuditEvent stores a record, or replaces one that is not linked yet.
func (t *Tx) SaveAuditEvent(ctx context.Context, e *AuditEvent) error {
	_, err := t.q.SaveAuditEvent(ctx, gen.SaveAuditEventParams{ID: e.ID, Node: e.Node, Complete: bit(e.IsComplete), Record: e.Record})
	if err != nil {
		return fmt.Errorf("save audit event: %w", err)
	}
	return nil
}

// UnlinkedAuditEvents returns up to n records that can be linked, in the order of their IDs: complete ones, and incomplete ones
// that are older than lostBefore.
func (s *Store) UnlinkedAuditEvents(ctx context.Context, lostBefore time.Time, n int) ([]AuditEvent, error) {
	return unlinkedAuditEvents(ctx, s.reader, lostBefore, n)
}

// UnlinkedAuditEvents is Store.UnlinkedAuditEvents as the transaction sees it.
func (t *Tx) UnlinkedAuditEvents(ctx context.Context, lostBefore time.Time, n int) ([]AuditEvent, error) {
	return unlinkedAuditEvents(ctx, t.q, lostBefore, n)
}

func unlinkedAuditEvents(ctx context.Context, q *gen.Queries, lostBefore time.Time, n int) ([]AuditEvent, error) {
	rows, err := q.GetUnlinkedAuditEvents(ctx, gen.GetUnlinkedAuditEventsParams{LostBefore: FirstAuditEventID(lostBefore), PageSize: int32(n)})
	if err != nil {
		return nil, fmt.Errorf("read audit events: %w", err)
	}
	events := make([]AuditEvent, 0, len(rows))
	for _, row := range rows {
		events = append(events, AuditEvent{ID: row.ID, Record: row.Record, IsComplete: row.Complete == 1})
	}
	return events, nil
}

// LockAuditChain returns the ends of the chain, and locks the chain until the transaction ends, so that one server links records.
func (t *Tx) LockAuditChain(ctx context.Context) (AuditChain, error) {
	row, err := t.q.LockAuditChain(ctx)
	if err != nil {
		return AuditChain{}, fmt.Errorf("lock audit chain: %w", err)
	}
	return AuditChain(row), nil
}

// SaveAuditChain stores the ends of the chain that the transaction has locked.
func (t *Tx) SaveAuditChain(ctx context.Context, c AuditChain) error {
	if err := t.q.SaveAuditChain(ctx, gen.SaveAuditChainParams(c)); err != nil {
		return fmt.Errorf("save audit chain: %w", err)
	}
	return nil
}

// LinkAuditEvent stores the position and the hash of a record.
func (t *Tx) LinkAuditEvent(ctx context.Context, e *AuditEvent) error {
	err := t.q.LinkAuditEvent(ctx, gen.LinkAuditEventParams{Position: e.Position, Hash: e.Hash, ID: e.ID})
	if err != nil {
		return fmt.Errorf("link audit event: %w", err)
	}
	return nil
}

// DeleteAuditEvents deletes the records of the chain up to a position.
func (t *Tx) DeleteAuditEvents(ctx context.Context, position int64) error {
	if err := t.q.DeleteAuditEvents(ctx, position); err != nil {
		return fmt.Errorf("delete audit events: %w", err)
	}
	return nil
}

// LinkedAuditEvents returns up to n records of the chain after a position.
func (s *Store) LinkedAuditEvents(ctx context.Context, after int64, n int) ([]AuditEvent, error) {
	return linkedAuditEvents(ctx, s.reader, after, n)
}

// LinkedAuditEvents is Store.LinkedAuditEvents as the transaction sees it.
func (t *Tx) LinkedAuditEvents(ctx context.Context, after int64, n int) ([]AuditEvent, error) {
	return linkedAuditEvents(ctx, t.q, after, n)
}

func linkedAuditEvents(ctx context.Context, q *gen.Queries, after int64, n int) ([]AuditEvent, error) {
	rows, err := q.GetLinkedAuditEvents(ctx, gen.GetLinkedAuditEventsParams{After: after, PageSize: int32(n)})
	if err != nil {
		return nil, fmt.Errorf("read audit events: %w", err)
	}
	events := make([]AuditEvent, 0, len(rows))
	for _, row := range rows {
		events = append(events, AuditEvent{
			ID: row.ID, Node: row.Node, Record: row.Record, IsComplete: true, Position: row.Position, Hash: row.Hash,
		})
	}
	return events, nil
}

// AuditChain returns the ends of the chain.
func (s *Store) AuditChain(ctx context.Context) (AuditChain, error) { return auditChain(ctx, s.reader) }

func auditChain(ctx context.Context, q *gen.Queries) (AuditChain, error) {
	row, err := q.GetAuditChain(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return AuditChain{}, nil
	}
	if err != nil {
		return AuditChain{}, fmt.Errorf("read audit chain: %w", err)
	}
	return AuditChain(row), nil
}

// AuditCopy returns the position of the last record that a copy has. Errors: ErrNotFound.
func (s *Store) AuditCopy(ctx context.Context, name string) (int64, error) {
	position, err := s.reader.GetAuditCopy(ctx, name)
	if err != nil {
		return 0, found("get audit copy", err)
	}
	return position, nil
}

// SaveAuditCopy stores the position of the last record that a copy has. An earlier position changes nothing.
func (t *Tx) SaveAuditCopy(ctx context.Context, name string, position int64) error {
	if _, err := t.q.SaveAuditCopy(ctx, gen.SaveAuditCopyParams{Name: name, Position: position}); err != nil {
		return fmt.Errorf("save audit copy: %w", err)
	}
	return nil
}

// AuditLog reads the records of a database. It changes nothing and needs no master key.
type AuditLog struct {
	db *sql.DB
	q  *gen.Queries
}

// OpenAuditLog opens the database for reading only. The caller closes it.
func OpenAuditLog(url string) (*AuditLog, error) {
	db, err := dialectOf(url).openUnchanged(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &AuditLog{db, gen.New(db)}, nil
}

// Close closes the database.
func (l *AuditLog) Close() error { return l.db.Close() }

// Chain returns the ends of the chain.
func (l *AuditLog) Chain(ctx context.Context) (AuditChain, error) { return auditChain(ctx, l.q) }

// Linked returns up to n records of the chain after a position.
func (l *AuditLog) Linked(ctx context.Context, after int64, n int) ([]AuditEvent, error) {
	return linkedAuditEvents(ctx, l.q, after, n)
}

// Range calls fn with each record of a time from since until before, in the order of their times, linked or not. A zero time is no
// limit.
func (l *AuditLog) Range(ctx context.Context, since, before time.Time, fn func(*AuditEvent) error) (err error) {
	first, end := "", "g" // after every hexadecimal digit
	if !since.IsZero() {
		first = FirstAuditEventID(since)
	}
	if !before.IsZero() {
		end = FirstAuditEventID(before)
	}
	rows, err := l.db.QueryContext(ctx, `SELECT id, node, complete, record, position, hash FROM audit_events
		WHERE id >= $1 AND id < $2 ORDER BY id`, first, end)
	if err != nil {
		return fmt.Errorf("read audit events: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e AuditEvent
		if err := rows.Scan(&e.ID, &e.Node, &e.IsComplete, &e.Record, &e.Position, &e.Hash); err != nil {
			return fmt.Errorf("read audit events: %w", err)
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	return rows.Err()
}
