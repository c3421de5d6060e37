package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"

	"cognate/store/gen"
)

// counted records the texts that are prepared.
type counted struct {
	gen.DBTX
	mu    sync.Mutex
	texts []string
}

func (c *counted) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = append(c.texts, text)
	return c.DBTX.PrepareContext(ctx, text) //nolint:sqlclosecheck // closed with the database
}

func kept(p *prepared) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.statements)
}

// mustCount returns the number of rows of a query.
func mustCount(t *testing.T, p *prepared, query string, args ...any) (n int) {
	t.Helper()
	rows, err := p.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementIsPreparedOnce(t *testing.T) {
	s := mustOpenFile(t)
	mustExec(t, s, "INSERT INTO members (name) VALUES ('a'), ('b')")
	on := &counted{DBTX: s.read}
	p := newPrepared(on)
	const query = "SELECT name FROM members ORDER BY name LIMIT $1"
	for _, size := range []int{1, 2} {
		if n := mustCount(t, p, query, size); n != size {
			t.Errorf("%d rows, want %d", n, size)
		}
	}
	var name string
	if err := p.QueryRowContext(t.Context(), query, 1).Scan(&name); err != nil || name != "a" {
		t.Errorf("QueryRowContext() = %q, %v; want a", name, err)
	}
	if want := []string{"SELECT name FROM members ORDER BY name LIMIT $1 + 0"}; !slices.Equal(on.texts, want) {
		t.Errorf("prepared %q, want %q", on.texts, want)
	}
}

func TestStatementThatCannotBePrepared(t *testing.T) {
	s := mustOpenFile(t)
	p := newPrepared(s.read)
	const text = "SELECT nothing FROM members"
	if _, err := p.ExecContext(t.Context(), text); err == nil {
		t.Error("ExecContext() = nil, want an error")
	}
	if _, err := p.QueryContext(t.Context(), text); err == nil { //nolint:rowserrcheck,sqlclosecheck // there are no rows
		t.Error("QueryContext() = nil, want an error")
	}
	if err := p.QueryRowContext(t.Context(), text).Err(); err == nil {
		t.Error("QueryRowContext() = nil, want an error")
	}
	if n := kept(p); n != 0 {
		t.Errorf("%d statements are kept, want none", n)
	}
}

func TestStatementOfManyReaders(t *testing.T) {
	s := mustOpenFile(t)
	p := newPrepared(s.read)
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			var n int
			if err := p.QueryRowContext(t.Context(), "SELECT count(*) FROM members").Scan(&n); err != nil || n != 0 {
				t.Errorf("count = %d, %v; want 0", n, err)
			}
		})
	}
	readers.Wait()
	if n := kept(p); n != 1 {
		t.Errorf("%d statements are kept, want 1", n)
	}
}

// TestGroupPreparesQueries runs a query of package gen and a text of its own in two transactions. The query is prepared after the first
// one, because a group has the only connection.
func TestGroupPreparesQueries(t *testing.T) {
	s := mustOpenFile(t)
	before := kept(s.groups.prepared)
	for i, want := range []int{before, before + 1} {
		err := s.Write(t.Context(), func(tx *Tx) error {
			if _, err := tx.q.ListNodes(t.Context()); err != nil {
				return err
			}
			if n := kept(s.groups.prepared); n != want {
				t.Errorf("transaction %d: %d statements are kept, want %d", i, n, want)
			}
			_, err := tx.raw.ExecContext(t.Context(), "DELETE FROM members")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
