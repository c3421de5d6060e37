package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate/store/gen"
)

// This file keeps the rows of what is deleted. It does not depend on the columns of tables. restore_from_trash.go restores them.

// TrashKind says what an entry of the trash was.
type TrashKind string

// The kinds.
const (
	TrashedUser   TrashKind = "USER"
	TrashedClient TrashKind = "CLIENT"
	TrashedPool   TrashKind = "POOL"
)

// Trashed is an entry of the trash.
type Trashed struct {
	ID      string
	Kind    TrashKind
	PoolID  string // of the user or the client, or that was deleted
	Name    string // the username, or the name of the client or the pool
	Key     string // the sub, or the ID of the client or the pool
	Deleted time.Time
	parts   int64 // after the first one
}

// ErrIdentityTaken means that a linked identity belongs to another user.
var ErrIdentityTaken = errors.New("store: linked identity belongs to another user")

// errTrashDamaged: a part of an entry is missing or was changed.
var errTrashDamaged = errors.New("the entry of the trash is damaged")

// trashHeadDocument is the stored form of the first part of an entry, before it is sealed.
type trashHeadDocument struct {
	form
	Kind   TrashKind `json:"Kind"`
	PoolID string    `json:"PoolID"`
	Name   string    `json:"Name"`
	Key    string    `json:"Key"`
	Parts  int64     `json:"Parts"`
}

// trashPartDocument is the stored form of another part: some rows of one table. Bytes are a list with one text in base64.
type trashPartDocument struct {
	form
	Table   string             `json:"Table"`
	Columns []string           `json:"Columns"`
	Rows    [][]jsontext.Value `json:"Rows"`
}

// The sizes of parts. Images are large.
const (
	rowsInPart   = 200
	imagesInPart = 4
)

// TrashUser copies a user, with the rows that belong to the user, to the trash. The caller deletes the user afterwards.
// Errors: ErrNotFound.
func (t *Tx) TrashUser(ctx context.Context, poolID, sub, id string, now time.Time) error {
	user, err := t.LockUser(ctx, poolID, sub)
	if err != nil {
		return err
	}
	e := &Trashed{ID: id, Kind: TrashedUser, PoolID: poolID, Name: user.Username, Key: sub, Deleted: now}
	return t.trash(ctx, e, "sub", func(tb *table) bool { return tb.name == "users" || tb.deleteOfUser != nil })
}

// TrashAppClient copies an app client, with the rows that belong to it, to the trash. The caller deletes the client afterwards.
// Errors: ErrNotFound.
func (t *Tx) TrashAppClient(ctx context.Context, poolID, clientID, id string, now time.Time) error {
	client, err := t.LockAppClient(ctx, poolID, clientID)
	if err != nil {
		return err
	}
	e := &Trashed{ID: id, Kind: TrashedClient, PoolID: poolID, Name: client.Name, Key: clientID, Deleted: now}
	return t.trash(ctx, e, "client_id", func(tb *table) bool { return tb.name == "app_clients" || tb.deleteOfClient != nil })
}

// TrashUserPool copies a pool with all its rows to the trash. The caller deletes the pool afterwards. Errors: ErrNotFound.
func (t *Tx) TrashUserPool(ctx context.Context, poolID, id string, now time.Time) error {
	pool, err := t.LockUserPool(ctx, poolID)
	if err != nil {
		return err
	}
	e := &Trashed{ID: id, Kind: TrashedPool, PoolID: poolID, Name: pool.Name, Key: poolID, Deleted: now}
	return t.trash(ctx, e, "pool_id", func(*table) bool { return true })
}

// trash copies the rows of tables in which a column is the key of the entry.
func (t *Tx) trash(ctx context.Context, e *Trashed, column string, selects func(*table) bool) error {
	for i := range poolTables {
		tb := &poolTables[i]
		if !tb.inTrash || !selects(tb) {
			continue
		}
		if err := t.trashTable(ctx, e, tb, column); err != nil {
			return fmt.Errorf("copy to trash: %w", err)
		}
	}
	head, err := encode("trash", &trashHeadDocument{Kind: e.Kind, PoolID: e.PoolID, Name: e.Name, Key: e.Key, Parts: e.parts})
	if err != nil {
		return err
	}
	return t.createTrash(ctx, e, 0, head)
}

func (t *Tx) trashTable(ctx context.Context, e *Trashed, tb *table, column string) error {
	size := rowsInPart
	if len(tb.plain) > 0 {
		size = imagesInPart
	}
	var after []any
	for {
		found, err := t.page(ctx, tb, selection{poolID: e.PoolID, column: column, value: e.Key, after: after, limit: size})
		if err != nil {
			return err
		}
		if len(found.values) > 0 {
			if err := t.trashRows(ctx, e, tb, found); err != nil {
				return err
			}
			after = keyOf(tb, row{found.columns, found.values[len(found.values)-1]})
		}
		if len(found.values) < size || len(after) == 0 {
			return nil
		}
	}
}

func (t *Tx) trashRows(ctx context.Context, e *Trashed, tb *table, r rows) error {
	d := &trashPartDocument{Table: tb.name, Columns: r.columns}
	for _, values := range r.values {
		var texts []jsontext.Value
		for _, value := range values {
			if bytes, ok := value.([]byte); ok {
				value = [][]byte{bytes}
			}
			text, err := json.Marshal(value)
			if err != nil {
				return fmt.Errorf("encode %s: %w", tb.name, err)
			}
			texts = append(texts, text)
		}
		d.Rows = append(d.Rows, texts)
	}
	text, err := encode("trash", d)
	if err != nil {
		return err
	}
	e.parts++
	return t.createTrash(ctx, e, e.parts, text)
}

func (t *Tx) createTrash(ctx context.Context, e *Trashed, part int64, text string) error {
	sealed, err := t.s.seal([]byte(text), trashAAD(e.ID, part))
	if err != nil {
		return err
	}
	err = t.q.CreateTrash(ctx, gen.CreateTrashParams{
		TrashID: e.ID, Part: part, DeletedAt: millis(e.Deleted), Sealed: sealed,
	})
	if err != nil {
		return fmt.Errorf("create trash: %w", err)
	}
	return nil
}

// selection selects a page of rows of a pool in a table, in order of their keys.
type selection struct {
	poolID string
	// Only rows in which the column is the value are selected. It may be pool_id.
	column, value string
	after         []any // the key of the row before the page, without pool_id; empty for the first page
	limit         int
}

// page returns a page of rows.
func (t *Tx) page(ctx context.Context, tb *table, s selection) (rows, error) {
	where, args := []string{"pool_id = $1", s.column + " = $2"}, []any{s.poolID, s.value}
	if len(s.after) > 0 {
		var marks []string
		for _, value := range s.after {
			args = append(args, value)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		where = append(where, "("+strings.Join(tb.key[1:], ", ")+") > ("+strings.Join(marks, ", ")+")")
	}
	query := "SELECT * FROM " + tb.name + " WHERE " + strings.Join(where, " AND ") + " ORDER BY " + strings.Join(tb.key, ", ") +
		" LIMIT " + strconv.Itoa(s.limit)
	return t.query(ctx, tb, query, args...)
}

// keyOf returns the key of a row, without pool_id.
func keyOf(tb *table, r row) (key []any) {
	for _, column := range tb.key[1:] {
		key = append(key, *r.at(column))
	}
	return key
}

// TrashPosition is the end of a page of the trash. The zero value is before the first page.
type TrashPosition struct {
	Deleted time.Time
	ID      string
}

// Trash returns up to limit entries after a position, the oldest first.
func (s *Store) Trash(ctx context.Context, after TrashPosition, limit int) ([]Trashed, error) {
	found, err := s.reader.ListTrash(ctx, gen.ListTrashParams{
		AfterDeleted: millis(after.Deleted), AfterID: after.ID, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list trash: %w", err)
	}
	entries := make([]Trashed, 0, len(found))
	for _, row := range found {
		e, err := s.trashFromRow(row.Trash)
		if err != nil {
			return nil, err
		}
		entries = append(entries, *e)
	}
	return entries, nil
}

// Trashed returns an entry of the trash. Errors: ErrNotFound.
func (s *Store) Trashed(ctx context.Context, id string) (*Trashed, error) {
	row, err := s.reader.GetTrashPart(ctx, gen.GetTrashPartParams{TrashID: id, Part: 0})
	if err != nil {
		return nil, found("get trash", err)
	}
	return s.trashFromRow(row.Trash)
}

// LockTrashed returns an entry of the trash, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockTrashed(ctx context.Context, id string) (*Trashed, error) {
	row, err := t.q.LockTrash(ctx, id)
	if err != nil {
		return nil, found("lock trash", err)
	}
	return t.s.trashFromRow(row)
}

func (s *Store) trashFromRow(row gen.Trash) (*Trashed, error) {
	var d trashHeadDocument
	if err := s.unsealDocument(row.Sealed, trashAAD(row.TrashID, 0), &d); err != nil {
		return nil, err
	}
	return &Trashed{
		ID: row.TrashID, Kind: d.Kind, PoolID: d.PoolID, Name: d.Name, Key: d.Key, Deleted: fromMillis(row.DeletedAt), parts: d.Parts,
	}, nil
}

// partsAtOnce is how many parts a short transaction deletes.
const partsAtOnce = 50

// IsSmall reports whether DeleteTrash deletes the entry in a short transaction. Until it does, call ShortenTrash.
func (e *Trashed) IsSmall() bool { return e.parts <= partsAtOnce }

// ShortenTrash deletes the last parts of an entry that is deleted for good.
func (t *Tx) ShortenTrash(ctx context.Context, e *Trashed) error {
	e.parts -= partsAtOnce
	if err := t.q.DeleteTrashFrom(ctx, gen.DeleteTrashFromParams{TrashID: e.ID, FirstPart: e.parts + 1}); err != nil {
		return fmt.Errorf("delete trash: %w", err)
	}
	return nil
}

// DeleteTrash deletes an entry.
func (t *Tx) DeleteTrash(ctx context.Context, e *Trashed) error {
	if err := t.q.DeleteTrashFrom(ctx, gen.DeleteTrashFromParams{TrashID: e.ID, FirstPart: 0}); err != nil {
		return fmt.Errorf("delete trash: %w", err)
	}
	return nil
}

func trashAAD(id string, part int64) string {
	return aadOf("trash", id, strconv.FormatInt(part, 10), "sealed")
}
