package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/authn/totp"
	"cognate/store/gen"
)

// This file keeps the rows of what is deleted, and restores them. It does not depend on the columns of tables.

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

// RestoreTrashedUser restores a user from an entry in a pool that the transaction has locked, and deletes the entry. The stamp of the
// user rises, so Sessions from before the deletion do not continue. After a restore of the database, the codes of software tokens are
// spent as those of other users. It leaves out what belongs to groups and clients that do not exist
// any more, and returns how many rows of each table it left out.
// Errors: ErrExists if the username is a username or an alias now; ErrAliasTaken; ErrIdentityTaken.
func (t *Tx) RestoreTrashedUser(ctx context.Context, p *cognate.UserPool, e *Trashed) (map[string]int, error) {
	left := make(map[string]int)
	err := t.eachTrashed(ctx, e, func(tb *table, r rows) error {
		if tb.name == "users" {
			return t.restoreUserRow(ctx, p, tb, r)
		}
		err := t.restoreRows(ctx, tb, r, left)
		if tb.name == "linked_identities" && errors.Is(err, ErrExists) {
			return ErrIdentityTaken
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return left, t.DeleteTrash(ctx, e)
}

// restoreUserRow inserts the row of a user with its aliases and index entries.
func (t *Tx) restoreUserRow(ctx context.Context, p *cognate.UserPool, tb *table, r rows) error {
	if len(r.values) != 1 {
		return errTrashDamaged
	}
	one := row{r.columns, r.values[0]}
	if err := t.s.spend(one); err != nil {
		return err
	}
	if err := t.requireNoAlias(ctx, p, p.Normal(one.text("username"))); err != nil {
		return err
	}
	if err := t.insert(ctx, tb, r); err != nil {
		return err
	}
	user, err := t.User(ctx, p.ID, one.text("sub"))
	if err != nil {
		return err
	}
	t.count(p.ID, user.Sub, 1)
	t.users = append(t.users, UserChange{After: user})
	if err := t.writeAliases(ctx, p, user, false); err != nil {
		return err
	}
	return t.writeIndex(ctx, user)
}

// spend raises the stamp in the row of a user. If the database was restored, the entry may be older than codes that the user has used
// since, so it also spends the codes of software tokens that a restore spends.
func (s *Store) spend(r row) error {
	stamp, isStamp := (*r.at("stamp")).(int64)
	lastStep, isStep := (*r.at("last_step")).(int64)
	token, isToken := (*r.at("software_token")).([]byte)
	if !isStamp || !isStep || !isToken {
		return errTrashDamaged
	}
	*r.at("stamp") = stamp + 1
	if at := s.RestoredAt(); len(token) > 0 && !at.IsZero() {
		*r.at("last_step") = max(lastStep, totp.LastStep(at))
	}
	return nil
}

// RestoreTrashedClient restores an app client from an entry in a pool that the transaction has locked, and deletes the entry. It
// leaves out what belongs to users who do not exist any more, and returns how many rows of each table it left out.
// Errors: ErrExists.
func (t *Tx) RestoreTrashedClient(ctx context.Context, e *Trashed) (map[string]int, error) {
	left := make(map[string]int)
	err := t.eachTrashed(ctx, e, func(tb *table, r rows) error { return t.restoreRows(ctx, tb, r, left) })
	if err != nil {
		return nil, err
	}
	return left, t.DeleteTrash(ctx, e)
}

// parents are the rows without which a restored row would have no meaning: a column of a table, and the table that has the row.
var parents = map[string][]struct{ column, table string }{
	"group_members": {{"name_key", "user_groups"}},
	"consents":      {{"client_id", "app_clients"}, {"sub", "users"}},
}

// restoreRows inserts rows whose parents exist, and counts the others.
func (t *Tx) restoreRows(ctx context.Context, tb *table, r rows, left map[string]int) error {
	kept := rows{columns: r.columns}
	for _, values := range r.values {
		hasParents := true
		for _, parent := range parents[tb.name] {
			var number int
			one := row{r.columns, values}
			err := t.raw.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+parent.table+" WHERE pool_id = $1 AND "+parent.column+" = $2",
				one.text("pool_id"), one.text(parent.column)).Scan(&number)
			if err != nil {
				return fmt.Errorf("look for %s: %w", parent.table, err)
			}
			hasParents = hasParents && number > 0
		}
		if hasParents {
			kept.values = append(kept.values, values)
		} else {
			left[tb.name]++
		}
	}
	return t.insert(ctx, tb, kept)
}

// RestoreTrashedPool restores a pool from an entry, and deletes the entry. It needs several transactions; the pool appears with the
// last one. The stamps of the users rise, and codes are spent, as in RestoreTrashedUser.
// Errors: ErrNotFound, ErrExists if the ID of the pool or of a client is taken, ErrStaged.
func (s *Store) RestoreTrashedPool(ctx context.Context, id string, now func() time.Time) (err error) {
	e, err := s.Trashed(ctx, id)
	if err != nil {
		return err
	}
	staged, err := s.StagePool(ctx, e.PoolID, now)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, staged.Abandon(context.WithoutCancel(ctx)))
		}
	}()
	var pool *cognate.UserPool
	var last []trashedRows
	for part := int64(1); part <= e.parts; part++ {
		var r trashedRows
		err := staged.Write(ctx, func(tx *Tx) (err error) {
			if r, err = tx.trashedPart(ctx, e, part); err != nil || r.isLast() {
				return err
			}
			return tx.restoreStaged(ctx, pool, r)
		})
		if err != nil {
			return err
		}
		if r.table.name == "user_pools" {
			if pool, err = poolFromTrash(r.rows); err != nil {
				return err
			}
		}
		if r.isLast() {
			last = append(last, r)
		}
	}
	return staged.Finish(ctx, func(tx *Tx) error {
		e, err := tx.LockTrashed(ctx, id)
		if err != nil {
			return err
		}
		for _, r := range last {
			if err := tx.insert(ctx, r.table, r.rows); err != nil {
				return err
			}
		}
		return tx.DeleteTrash(ctx, e)
	})
}

// trashedRows are the rows of a part.
type trashedRows struct {
	table *table
	rows
}

// isLast reports whether the last transaction inserts the rows: the pool, and the clients, which requests find by their IDs alone.
func (r trashedRows) isLast() bool {
	return r.table.name == "user_pools" || r.table.name == "app_clients"
}

// restoreStaged inserts many rows of a pool. For users it also inserts their aliases and index entries.
func (t *Tx) restoreStaged(ctx context.Context, p *cognate.UserPool, r trashedRows) error {
	if p == nil {
		return errTrashDamaged
	}
	if r.table.name != "users" {
		return t.insertMany(ctx, p.ID, r.table, r.rows)
	}
	var users []*cognate.User
	for _, values := range r.values {
		one := row{r.columns, values}
		if err := t.s.spend(one); err != nil {
			return err
		}
		u, err := userOfRow(one)
		if err != nil {
			return err
		}
		users = append(users, u)
	}
	if err := t.insertMany(ctx, p.ID, r.table, r.rows); err != nil {
		return err
	}
	return t.insertNames(ctx, p, users)
}

// insertMany adds rows of a pool with few statements. Errors: ErrExists.
func (t *Tx) insertMany(ctx context.Context, poolID string, tb *table, r rows) error {
	pool, version := slices.Index(r.columns, "pool_id"), slices.Index(r.columns, "version")
	without := func(values []any) []any { return slices.Delete(slices.Clone(values), pool, pool+1) }
	columns := slices.Delete(slices.Clone(r.columns), pool, pool+1)
	var all [][]any
	for _, values := range r.values {
		if version >= 0 {
			values[version] = newVersion()
		}
		all = append(all, without(values))
	}
	m := manyRows{
		into: tb.name + " (" + strings.Join(append([]string{"pool_id"}, columns...), ", ") + ")", first: []string{"$1"},
		conflict: "ON CONFLICT DO NOTHING",
	}
	var inserted int64
	if err := m.insert(ctx, t, poolID, all, &inserted); err != nil {
		return err
	}
	if inserted != int64(len(all)) {
		return ErrExists
	}
	return nil
}

// userOfRow returns a user without secrets.
func userOfRow(r row) (*cognate.User, error) {
	created, isTime := (*r.at("created_at")).(int64)
	enabled, isBit := (*r.at("enabled")).(int64)
	if !isTime || !isBit {
		return nil, errTrashDamaged
	}
	return userWithoutSecrets(gen.User{
		PoolID: r.text("pool_id"), Sub: r.text("sub"), Username: r.text("username"), Status: r.text("status"), Enabled: enabled,
		Document: r.text("document"), CreatedAt: created,
	})
}

// poolFromTrash returns the pool of its row.
func poolFromTrash(r rows) (*cognate.UserPool, error) {
	if len(r.values) != 1 {
		return nil, errTrashDamaged
	}
	one := row{r.columns, r.values[0]}
	return decodePool(gen.UserPool{PoolID: one.text("pool_id"), Document: one.text("document")})
}

// eachTrashed calls fn with the rows of each part.
func (t *Tx) eachTrashed(ctx context.Context, e *Trashed, fn func(*table, rows) error) error {
	for part := int64(1); part <= e.parts; part++ {
		r, err := t.trashedPart(ctx, e, part)
		if err != nil {
			return err
		}
		if err := fn(r.table, r.rows); err != nil {
			return err
		}
	}
	return nil
}

// trashedPart returns the rows of a part.
func (t *Tx) trashedPart(ctx context.Context, e *Trashed, part int64) (trashedRows, error) {
	found, err := t.q.GetTrashPart(ctx, gen.GetTrashPartParams{TrashID: e.ID, Part: part})
	if errors.Is(err, sql.ErrNoRows) {
		return trashedRows{}, errTrashDamaged // or it is being purged
	}
	if err != nil {
		return trashedRows{}, fmt.Errorf("read trash: %w", err)
	}
	var d trashPartDocument
	if err := t.s.unsealDocument(found.Trash.Sealed, trashAAD(e.ID, part), &d); err != nil {
		return trashedRows{}, err
	}
	i := slices.IndexFunc(poolTables, func(tb table) bool { return tb.name == d.Table && tb.inTrash })
	if i < 0 {
		return trashedRows{}, fmt.Errorf("this version has no table %s, which the entry of the trash has", d.Table)
	}
	r := rows{columns: d.Columns}
	if err := t.requireColumns(ctx, &poolTables[i], d.Columns); err != nil {
		return trashedRows{}, err
	}
	for _, texts := range d.Rows {
		values, err := trashedValues(texts)
		if err != nil || len(values) != len(d.Columns) {
			return trashedRows{}, errTrashDamaged
		}
		r.values = append(r.values, values)
	}
	return trashedRows{&poolTables[i], r}, nil
}

// requireColumns returns an error if a table has a column no more.
func (t *Tx) requireColumns(ctx context.Context, tb *table, columns []string) error {
	now, err := t.query(ctx, tb, "SELECT * FROM "+tb.name+" WHERE 1 = 0")
	if err != nil {
		return err
	}
	for _, column := range columns {
		if !slices.Contains(now.columns, column) {
			return fmt.Errorf("this version has no column %s of %s, which the entry of the trash has", column, tb.name)
		}
	}
	return nil
}

func trashedValues(texts []jsontext.Value) ([]any, error) {
	values := make([]any, 0, len(texts))
	for _, text := range texts {
		var err error
		switch text.Kind() {
		case '"':
			var value string
			err = json.Unmarshal(text, &value)
			values = append(values, value)
		case '0':
			var value int64
			err = json.Unmarshal(text, &value)
			values = append(values, value)
		case '[':
			var value [][]byte
			if err = json.Unmarshal(text, &value); err == nil && len(value) == 1 {
				values = append(values, value[0])
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

func trashAAD(id string, part int64) string {
	return aadOf("trash", id, strconv.FormatInt(part, 10), "sealed")
}
