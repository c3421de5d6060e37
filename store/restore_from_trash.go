package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/authn/totp"
	"cognate/store/gen"
)

// RestoreTrashedUser restores a user from an entry in a pool that the transaction has locked, and deletes the entry. The stamp of the
// user rises, so Sessions from before the deletion do not continue. After a restore of the database, the codes of software tokens are
// spent as those of other users. It leaves out what belongs to groups and clients that no longer exist, and returns how many rows of
// each table it left out.
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
// leaves out what belongs to users who no longer exist, and returns how many rows of each table it left out.
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
