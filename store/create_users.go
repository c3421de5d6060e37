package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cognate"
	"cognate/internal/pause"
)

// errCreateAgain says that another transaction has taken a name since this one looked for it.
var errCreateAgain = errors.New("store: a name was taken meanwhile")

// maxCreateTries limits how often CreateUsers is repeated because of other transactions.
const maxCreateTries = 5

// NotCreated says why CreateUsers did not store a user.
type NotCreated struct {
	Err   error  // ErrExists or ErrAliasTaken, as from CreateUser
	Alias string // with ErrAliasTaken: the alias that another user has, in the pool's normal form
}

// WriteUsers runs fn in a transaction, as Write does, for a function that calls CreateUsers. It runs fn again if another
// transaction has taken a name. An import calls it again and again, so it first waits if other transactions need the database.
func (s *Store) WriteUsers(ctx context.Context, fn func(*Tx) error) error {
	if err := s.usersPace.wait(ctx); err != nil {
		return err
	}
	began := time.Now()                                                                       //nolint:forbidigo // the real time of a transaction
	defer func() { s.usersPace.took(time.Since(began), s.inMemory, s.transactions.Load()) }() //nolint:forbidigo // as above
	for try := 1; ; try++ {
		err := s.writeWith(ctx, howToWrite{changesMuch: true}, fn)
		if !errors.Is(err, errCreateAgain) || try == maxCreateTries {
			return err
		}
	}
}

// pace says when the next WriteUsers may start, so that other transactions get most of the time if there are any.
type pace struct {
	mu     sync.Mutex
	next   time.Time
	others int64 // transactions of others up to the end of the previous call
}

// maxPause limits a pause: so many times as long as the call before it.
const maxPause = 3

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	next := p.next
	p.mu.Unlock()
	return pause.For(ctx, time.Until(next)) //nolint:forbidigo // the real time of a transaction
}

// took records that a call took some time, and how many transactions of others there have been until now. The next call waits for as long
// for each of them since the previous call, up to maxPause. A database in memory has no readers beside a writer, so there the next call
// always waits.
func (p *pace) took(d time.Duration, inMemory bool, others int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	times := min(others-p.others, maxPause)
	if inMemory {
		times = max(times, 1)
	}
	p.others = others
	p.next = time.Now().Add(d * time.Duration(times)) //nolint:forbidigo // the real time of a transaction
}

// CreateUsers adds many users with few statements. A user whose username or alias belongs to another user, or to an earlier one
// of the list, is not stored: the result has the reason at its index. Call it in WriteUsers only.
func (t *Tx) CreateUsers(ctx context.Context, p *cognate.UserPool, users []*cognate.User) (map[int]NotCreated, error) {
	taken, err := t.takenNames(ctx, p, users)
	if err != nil {
		return nil, err
	}
	refused := make(map[int]NotCreated)
	var fresh []*cognate.User
	for i, u := range users {
		if refusal := taken.claim(p, u); refusal.Err != nil {
			refused[i] = refusal
			continue
		}
		fresh = append(fresh, u)
	}
	if err := t.insertUsers(ctx, p, fresh); err != nil {
		return nil, err
	}
	return refused, nil
}

// names are the names of a pool that are looked for and belong to users.
type names struct{ usernames, aliases map[string]bool }

// claim takes the names of a new user, or returns why the user cannot have them.
func (n names) claim(p *cognate.UserPool, u *cognate.User) NotCreated {
	key := p.Normal(u.Username)
	if n.usernames[key] || n.aliases[key] {
		return NotCreated{Err: ErrExists}
	}
	aliases := u.Aliases(p)
	for i, alias := range aliases {
		if n.aliases[alias] || alias != key && n.usernames[alias] || slices.Contains(aliases[:i], alias) {
			return NotCreated{Err: ErrAliasTaken, Alias: alias}
		}
	}
	n.usernames[key] = true
	for _, alias := range aliases {
		n.aliases[alias] = true
	}
	return NotCreated{}
}

// takenNames returns which usernames and aliases of the users belong to users of the pool. It locks them first, as lockName does.
func (t *Tx) takenNames(ctx context.Context, p *cognate.UserPool, users []*cognate.User) (names, error) {
	var all []string
	for _, u := range users {
		all = append(append(all, p.Normal(u.Username)), u.Aliases(p)...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if t.needsNameLocks(p) {
		if err := t.lockNames(ctx, p.ID, all); err != nil {
			return names{}, err
		}
	}
	usernames, err := t.present(ctx, "users", "username_key", p.ID, all)
	if err != nil {
		return names{}, err
	}
	aliases, err := t.present(ctx, "user_aliases", "alias", p.ID, all)
	return names{usernames, aliases}, err
}

// lockNames is lockName for many names. They are locked in one order, so that two transactions do not wait for each other.
func (t *Tx) lockNames(ctx context.Context, poolID string, all []string) error {
	var subjects [][]any
	for _, name := range all {
		sum := sha256.Sum256([]byte(name))
		subjects = append(subjects, []any{"taking:" + hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(subjects, func(a, b []any) int { return strings.Compare(fmt.Sprint(a[0]), fmt.Sprint(b[0])) })
	locked := manyRows{
		into: "attempts (pool_id, failures, last_failed_at, locked_until, subject)", first: []string{"$1", "0", "0", "0"},
		conflict: "ON CONFLICT (pool_id, subject) DO UPDATE SET failures = attempts.failures",
	}
	return locked.insert(ctx, t, poolID, subjects, nil)
}

// present returns which of the values a column of a table of the pool has.
func (t *Tx) present(ctx context.Context, table, column, poolID string, values []string) (_ map[string]bool, err error) {
	found := make(map[string]bool)
	for part := range slices.Chunk(values, maxParams) {
		marks := make([]string, len(part))
		args := []any{poolID}
		for i, value := range part {
			marks[i] = t.s.dialect.mark(i + 2)
			args = append(args, value)
		}
		rows, err := t.raw.QueryContext(ctx, "SELECT "+column+" FROM "+table+" WHERE pool_id = $1 AND "+column+" IN ("+
			strings.Join(marks, ", ")+")", args...)
		if err != nil {
			return nil, fmt.Errorf("look for names: %w", err)
		}
		if err := eachText(rows, func(text string) { found[text] = true }); err != nil {
			return nil, fmt.Errorf("look for names: %w", err)
		}
	}
	return found, nil
}

// insertUsers adds users with their aliases and index entries. Errors: errCreateAgain.
func (t *Tx) insertUsers(ctx context.Context, p *cognate.UserPool, users []*cognate.User) error {
	var rows [][]any
	for _, u := range users {
		c, err := t.s.userColumns(u)
		if err != nil {
			return err
		}
		rows = append(rows, []any{
			u.Sub, u.Username, p.Normal(u.Username), string(u.Status), bit(u.Enabled), c.document, c.password, c.imported, c.tokens,
			u.Tokens.LastStep, u.Stamp, millis(u.Created), millis(u.Modified),
		})
	}
	err := t.insertAll(ctx, p, manyRows{
		into:     "users (pool_id, sub, username, username_key, status, enabled, document, password, imported_hash, software_token, last_step, stamp, created_at, modified_at)",
		conflict: "ON CONFLICT DO NOTHING", // a username or a sub
	}, rows)
	if err != nil {
		return err
	}
	return t.insertNames(ctx, p, users)
}

// insertNames adds the aliases and index entries of new users, and counts the users. Errors: errCreateAgain.
func (t *Tx) insertNames(ctx context.Context, p *cognate.UserPool, users []*cognate.User) error {
	var aliases, entries [][]any
	for _, u := range users {
		t.count(p.ID, u.Sub, 1)
		for _, alias := range u.Aliases(p) {
			aliases = append(aliases, []any{alias, u.Sub})
		}
		for _, e := range indexEntries(u) {
			entries = append(entries, []any{e.attribute, e.value, millis(u.Created), u.Sub})
		}
	}
	err := t.insertAll(ctx, p, manyRows{
		into: "user_aliases (pool_id, alias, sub)", conflict: "ON CONFLICT (pool_id, alias) DO NOTHING",
	}, aliases)
	if err != nil {
		return err
	}
	return t.insertAll(ctx, p, manyRows{
		into:     "user_index (pool_id, attribute, value, created_at, sub)",
		conflict: "ON CONFLICT (pool_id, attribute, value, created_at, sub) DO NOTHING",
	}, entries)
}

// insertAll inserts rows of a pool. Errors: errCreateAgain if a row exists.
func (t *Tx) insertAll(ctx context.Context, p *cognate.UserPool, into manyRows, rows [][]any) error {
	into.first = []string{"$1"}
	var inserted int64
	if err := into.insert(ctx, t, p.ID, rows, &inserted); err != nil {
		return err
	}
	if inserted != int64(len(rows)) {
		return errCreateAgain
	}
	return nil
}

// maxParams is the number of values in a statement.
const maxParams = 500

// manyRows inserts many rows of a pool into a table.
type manyRows struct {
	into     string   // "table (column, …)", with pool_id first
	first    []string // the values of the first columns. $1 is the ID of the pool
	conflict string
}

// insert inserts rows, which have the values of the columns after the first ones. It adds the number of inserted rows to
// inserted, unless that is nil.
func (m manyRows) insert(ctx context.Context, t *Tx, poolID string, rows [][]any, inserted *int64) error {
	if len(rows) == 0 {
		return nil
	}
	size := maxParams / len(rows[0])
	full := len(rows) / size * size
	if err := m.insertParts(ctx, t, poolID, rows[:full], size, inserted); err != nil {
		return err
	}
	return m.insertParts(ctx, t, poolID, rows[full:], len(rows)-full, inserted)
}

// insertParts inserts rows in parts of one size, with one statement that is prepared once.
func (m manyRows) insertParts(ctx context.Context, t *Tx, poolID string, rows [][]any, size int, inserted *int64) (err error) {
	if len(rows) == 0 {
		return nil
	}
	statement, err := t.raw.PrepareContext(ctx, t.s.dialect.insertMany+m.text(size, len(rows[0]), t.s.dialect.mark))
	if err != nil {
		return fmt.Errorf("insert into %s: %w", m.into, err)
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for part := range slices.Chunk(rows, size) {
		args := []any{poolID}
		for _, row := range part {
			args = append(args, row...)
		}
		result, err := t.execPrepared(ctx, statement, args...)
		if err != nil {
			return fmt.Errorf("insert into %s: %w", m.into, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("insert into %s: %w", m.into, err)
		}
		if inserted != nil {
			*inserted += n
		}
	}
	return nil
}

// text returns the statement that inserts a number of rows with a number of values each, without its first words.
func (m manyRows) text(rows, values int, mark func(int) string) string {
	tuples := make([]string, 0, rows)
	next := 2 // after the ID of the pool
	for range rows {
		marks := slices.Clone(m.first)
		for range values {
			marks = append(marks, mark(next))
			next++
		}
		tuples = append(tuples, "("+strings.Join(marks, ", ")+")")
	}
	return m.into + " VALUES " + strings.Join(tuples, ", ") + " " + m.conflict
}

// eachText calls fn with the text of each row, and closes rows.
func eachText(rows *sql.Rows, fn func(string)) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		fn(text)
	}
	return rows.Err()
}
