package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"cognate"
	"cognate/store/gen"
)

// A list decodes the documents of the users on its page, and opens no secrets. So a damaged one elsewhere does not matter.
func TestUsersDecodesThePage(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	p := mustCreatePool(t, s)
	for _, name := range []string{"ann", "bob", "cid"} {
		u := userOf(p, name)
		u.Password, u.Attributes[cognate.AttributeEmail] = cognate.Password{Plaintext: "secret"}, "same@example.com"
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.CreateUser(t.Context(), p, u) }); err != nil {
			t.Fatalf("CreateUser() = %v", err)
		}
	}
	mustExec(t, s, "UPDATE users SET password = X'00', imported_hash = X'00', software_token = X'00'")
	mustExec(t, s, "UPDATE users SET document = '{' WHERE username = 'cid'")
	for _, q := range []UserQuery{
		{},
		{Attribute: IndexUsername, Prefix: true},
		{Attribute: cognate.AttributeSub, Value: "sub-of-", Prefix: true},
		{Attribute: cognate.AttributeEmail, Value: "same@", Prefix: true},
		{Attribute: cognate.AttributeEmail, Value: "same@example.com"},
	} {
		q.PoolID, q.Limit = p.ID, 2
		users, end, err := s.Users(t.Context(), q)
		if err != nil || len(users) != 2 || end == nil {
			t.Errorf("Users(%+v) = %d users, the end %v, %v, want two users and an end", q, len(users), end, err)
			continue
		}
		q.After = *end
		if _, _, err := s.Users(t.Context(), q); err == nil {
			t.Errorf("Users(%+v) of the page with the damaged document succeeded", q)
		}
	}
	if _, err := s.FindUser(t.Context(), p, "ann"); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("FindUser() = %v, want an error of the damaged password", err)
	}
}

// texts records the queries that run, with their values.
type texts struct {
	gen.DBTX

	query string
	args  []any
}

func (r *texts) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.query, r.args = query, args
	return r.DBTX.QueryContext(ctx, query, args...)
}

// SQLite finds the users of a list by an index that has all values of the filter, so the time does not grow with the pool.
func TestPlansOfLists(t *testing.T) {
	t.Parallel()
	s := mustOpenFile(t)
	p := mustCreatePool(t, s)
	queries := &texts{DBTX: s.read}
	s.reader = gen.New(queries)
	for _, c := range []struct {
		query UserQuery
		want  string
	}{
		{UserQuery{}, "(pool_id=? AND username>?)"},
		{UserQuery{Attribute: IndexUsername, Value: "ann"}, "(pool_id=? AND username=?)"},
		{UserQuery{Attribute: IndexUsername, Value: "ann", Prefix: true}, "(pool_id=? AND username>? AND username<?)"},
		{UserQuery{Attribute: cognate.AttributeSub, Value: "1"}, "(pool_id=? AND sub=?)"},
		{UserQuery{Attribute: cognate.AttributeSub, Value: "1", Prefix: true}, "(pool_id=? AND sub>? AND sub<?)"},
		{UserQuery{Attribute: cognate.AttributeEmail, Value: "a"}, "(pool_id=? AND attribute=? AND value=? AND created_at>?)"},
		{UserQuery{Attribute: cognate.AttributeEmail, Value: "a", Prefix: true}, "(pool_id=? AND attribute=? AND value>? AND value<?)"},
	} {
		c.query.PoolID, c.query.Limit = p.ID, 60
		if _, _, err := s.Users(t.Context(), c.query); err != nil {
			t.Fatalf("Users(%+v) = %v", c.query, err)
		}
		plan := mustExplain(t, s, queries.query, queries.args...)
		if text := strings.Join(plan, "; "); len(plan) == 0 || !strings.Contains(plan[0], c.want) || strings.Contains(text, "SCAN") || strings.Contains(text, "FOR ORDER BY") {
			t.Errorf("the plan of Users(%+v) is %q, want a search by %s first, and no sorting", c.query, text, c.want)
		}
	}
}

// mustExplain returns the steps of the plan of a query.
func mustExplain(t *testing.T, s *Store, query string, args ...any) (steps []string) {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("EXPLAIN QUERY PLAN of %s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
