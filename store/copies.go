package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"cognate"
)

// This file copies whole rows for `cognate dev`. It does not depend on the columns: only a new table needs an entry in
// poolTables.

// Snapshot is a copy of all rows of pools, with sealed secrets. Only the store that it was taken from can unseal it.
type Snapshot struct {
	tables []rows // in the order of poolTables
	// accounts has the rows of accountTables in their order; none if the snapshot is of some pools only.
	accounts []rows
}

// rows are rows of one table.
type rows struct {
	columns []string
	values  [][]any
}

// Snapshot returns a consistent copy of all pools, and of what belongs to accounts.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	return s.snapshot(ctx, []string{""}, accountTables)
}

// SnapshotOf returns a consistent copy of the pools with these IDs.
func (s *Store) SnapshotOf(ctx context.Context, poolIDs []string) (*Snapshot, error) {
	return s.snapshot(ctx, poolIDs, nil)
}

// snapshot returns a copy of pools, where an empty ID means all pools, and of tables of accounts.
func (s *Store) snapshot(ctx context.Context, poolIDs []string, accounts []table) (*Snapshot, error) {
	var copied *Snapshot
	err := s.WriteSnapshot(ctx, func(tx *Tx) error {
		copied = &Snapshot{tables: make([]rows, len(poolTables))}
		for i := range poolTables {
			for _, id := range poolIDs {
				found, err := tx.rowsOf(ctx, &poolTables[i], id)
				if err != nil {
					return fmt.Errorf("snapshot: %w", err)
				}
				copied.tables[i].columns = found.columns
				copied.tables[i].values = append(copied.tables[i].values, found.values...)
			}
		}
		for i := range accounts {
			found, err := tx.rowsOf(ctx, &accounts[i], "")
			if err != nil {
				return fmt.Errorf("snapshot: %w", err)
			}
			copied.accounts = append(copied.accounts, found)
		}
		return ErrRollback
	})
	if err != nil {
		return nil, err
	}
	return copied, nil
}

// Restore replaces all pools, and what belongs to accounts, with those of a snapshot.
func (t *Tx) Restore(ctx context.Context, s *Snapshot) error {
	if err := t.DeleteUserPools(ctx); err != nil {
		return err
	}
	for i := range poolTables {
		if err := t.insert(ctx, &poolTables[i], s.tables[i]); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	for i := range s.accounts {
		if err := t.insert(ctx, &accountTables[i], s.accounts[i]); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// DeleteUserPools deletes all pools with all their rows, and what belongs to accounts.
func (t *Tx) DeleteUserPools(ctx context.Context) error {
	t.counts = nil
	for _, tb := range slices.Concat(poolTables, accountTables) {
		if _, err := t.raw.ExecContext(ctx, "DELETE FROM "+tb.name); err != nil {
			return fmt.Errorf("delete user pools: %w", err)
		}
	}
	return nil
}

// ResetUserPool deletes all rows of a pool except settings, clients and keys. Errors: ErrNotFound.
func (t *Tx) ResetUserPool(ctx context.Context, id string) error {
	if _, err := t.LockUserPool(ctx, id); err != nil {
		return err
	}
	if err := t.clear(ctx, id, func(tb *table) bool { return !tb.role.survivesReset() }); err != nil {
		return fmt.Errorf("reset user pool: %w", err)
	}
	return nil
}

// clear deletes the rows of a pool in the tables for which selects returns true.
func (t *Tx) clear(ctx context.Context, id string, selects func(*table) bool) error {
	maps.DeleteFunc(t.counts, func(s shard, _ int64) bool { return s.poolID == id }) // of users that are deleted here
	for i := range poolTables {
		tb := &poolTables[i]
		if !selects(tb) {
			continue
		}
		if _, err := t.raw.ExecContext(ctx, "DELETE FROM "+tb.name+" WHERE pool_id = $1", id); err != nil {
			return err
		}
	}
	return nil
}

// Fork says how to copy a pool.
type Fork struct {
	From, To string // IDs of the pools
	// ClientID returns the new ID of a client, the same for each call: client IDs are unique in all pools.
	ClientID func(old string) string
	// Password returns the stored form of a user's password in the copy: an SRP verifier depends on the pool's ID.
	Password func(username string, old cognate.Password) (cognate.Password, error)
}

// ForkUserPool copies a pool with its settings, clients, keys and users, but without its domains, and without devices, grants and
// other transient rows.
// Errors: ErrNotFound if the pool does not exist; ErrExists if the new ID or that of a client is taken.
func (t *Tx) ForkUserPool(ctx context.Context, f Fork) error {
	if _, err := t.LockUserPool(ctx, f.From); err != nil {
		return err
	}
	if err := t.saveCounts(ctx); err != nil {
		return err
	}
	for i := range poolTables {
		if !poolTables[i].role.isForked() {
			continue
		}
		copied, err := t.rowsOf(ctx, &poolTables[i], f.From)
		if err != nil {
			return fmt.Errorf("fork user pool: %w", err)
		}
		for _, values := range copied.values {
			if err := t.move(&poolTables[i], row{copied.columns, values}, f); err != nil {
				return fmt.Errorf("fork user pool: %w", err)
			}
		}
		if err := t.insert(ctx, &poolTables[i], copied); err != nil {
			return fmt.Errorf("fork user pool: %w", err)
		}
	}
	return nil
}

// row is one row. Its values can be changed.
type row struct {
	columns []string
	values  []any
}

func (r row) at(column string) *any { return &r.values[slices.Index(r.columns, column)] }

func (r row) text(column string) string { return fmt.Sprint(*r.at(column)) }

// aad returns the associated data of a sealed column of the row.
func (r row) aad(tb *table, column string) string {
	parts := []string{tb.name}
	columns := tb.key
	if tb.aadColumns != nil {
		columns = tb.aadColumns
	}
	for _, k := range columns {
		parts = append(parts, r.text(k))
	}
	return aadOf(append(parts, column)...)
}

// move changes a row of a pool into a row of its fork. It seals the secrets again with the associated data of the new row.
func (t *Tx) move(tb *table, r row, f Fork) error {
	secrets := make(map[string][]byte)
	for _, column := range tb.sealed {
		sealed, ok := (*r.at(column)).([]byte)
		if !ok || len(sealed) == 0 {
			continue
		}
		var err error
		if secrets[column], err = t.s.unseal(sealed, r.aad(tb, column)); err != nil {
			return err
		}
	}
	*r.at("pool_id") = f.To
	if slices.Contains(r.columns, "client_id") && r.text("client_id") != cognate.AllClients {
		*r.at("client_id") = f.ClientID(r.text("client_id"))
	}
	if secret, ok := secrets["password"]; ok {
		moved, err := movePassword(secret, r.text("username"), f)
		if err != nil {
			return err
		}
		secrets["password"] = moved
	}
	for column, secret := range secrets {
		sealed, err := t.s.seal(secret, r.aad(tb, column))
		if err != nil {
			return err
		}
		*r.at(column) = sealed
	}
	return nil
}

func movePassword(stored []byte, username string, f Fork) ([]byte, error) {
	var d passwordDocument
	if err := decode("password", string(stored), &d); err != nil {
		return nil, err
	}
	password, err := f.Password(username, d.toPassword())
	if err != nil {
		return nil, err
	}
	moved, err := encode("password", fromPassword(password))
	return []byte(moved), err
}

// rowsOf returns the rows of a pool, or of all pools if the ID is empty.
func (t *Tx) rowsOf(ctx context.Context, tb *table, poolID string) (rows, error) {
	query, args := "SELECT * FROM "+tb.name, []any(nil)
	if poolID != "" {
		query, args = query+" WHERE pool_id = $1", []any{poolID}
	}
	return t.query(ctx, tb, query, args...)
}

// query returns rows of a table with all columns.
func (t *Tx) query(ctx context.Context, tb *table, query string, args ...any) (_ rows, err error) {
	found, err := t.raw.QueryContext(ctx, query, args...)
	if err != nil {
		return rows{}, fmt.Errorf("read %s: %w", tb.name, err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	var r rows
	if r.columns, err = found.Columns(); err != nil {
		return rows{}, fmt.Errorf("read %s: %w", tb.name, err)
	}
	for found.Next() {
		values := make([]any, len(r.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return rows{}, fmt.Errorf("read %s: %w", tb.name, err)
		}
		for _, column := range slices.Concat(tb.sealed, tb.plain) {
			if value := (row{r.columns, values}).at(column); isNoBytes(*value) {
				*value = []byte{}
			}
		}
		r.values = append(r.values, values)
	}
	return r, found.Err()
}

// isNoBytes reports whether a value is nil. SQLite's driver returns nil for empty bytes; no column is NULL.
func isNoBytes(value any) bool {
	bytes, ok := value.([]byte)
	return value == nil || ok && bytes == nil
}

// insert adds rows with new versions, so that the cache of documents cannot return an earlier row of the same ID.
// Errors: ErrExists.
func (t *Tx) insert(ctx context.Context, tb *table, r rows) error {
	if len(r.values) == 0 {
		return nil
	}
	marks := make([]string, len(r.columns))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	statement, err := t.raw.PrepareContext(ctx, "INSERT INTO "+tb.name+" ("+strings.Join(r.columns, ", ")+
		") VALUES ("+strings.Join(marks, ", ")+") ON CONFLICT DO NOTHING")
	if err != nil {
		return fmt.Errorf("write %s: %w", tb.name, err)
	}
	defer func() { _ = statement.Close() }() // the end of the transaction also closes it
	version := slices.Index(r.columns, "version")
	for _, values := range r.values {
		if version >= 0 {
			values = slices.Clone(values)
			values[version] = newVersion()
		}
		result, err := t.execPrepared(ctx, statement, values...)
		if err != nil {
			return fmt.Errorf("write %s: %w", tb.name, err)
		}
		n, err := result.RowsAffected()
		if err := changed("write "+tb.name, ErrExists, n, err); err != nil {
			return err
		}
	}
	return nil
}

// newVersion returns a random first version for a row. The cache of decoded documents uses the version, and so distinguishes
// a row from a deleted row with the same ID.
func newVersion() int64 { return rand.Int64N(1<<62) + 1 }
