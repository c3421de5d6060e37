package pgtest_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"cognate/internal/pgtest"
)

func TestURLGivesDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := pgtest.URL(t), pgtest.URL(t)
	if first == second {
		t.Fatalf("URL twice = %q both times", first)
	}
	mustExec(t, first, `CREATE TABLE fruit (name TEXT)`)
	mustExec(t, second, `CREATE TABLE fruit (name TEXT)`)
}

func TestURLDropsDatabaseWhenTestEnds(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("inner", func(t *testing.T) { url = pgtest.URL(t) })
	if url == "" {
		t.Skip(pgtest.EnvURL + " is not set")
	}
	if err := exec(t.Context(), url, `SELECT 1`); err == nil {
		t.Error("connecting after the test = nil, want an error: the database is to be gone")
	}
}

func TestTemplateMigratesOnce(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // skips the whole test, not only its parallel parts
	name := newName()
	var migrations atomic.Int32
	migrate := func(url string) error {
		migrations.Add(1)
		return exec(t.Context(), url, `CREATE TABLE fruit (name TEXT PRIMARY KEY)`)
	}
	t.Run("clones", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				// The same key each time: a clone does not have rows of another clone.
				mustExec(t, pgtest.Template(t, name, migrate), `INSERT INTO fruit VALUES ('quince')`)
			})
		}
	})
	if got := migrations.Load(); got != 1 {
		t.Errorf("Template eight times ran migrate %d times, want 1", got)
	}
}

func TestTemplateRepeatsFailedMigration(t *testing.T) {
	t.Parallel()
	pgtest.URL(t)
	name := newName()
	broken := errors.New("broken")
	probe := &fatalProbe{TB: t}
	probe.run(func() {
		pgtest.Template(probe, name, func(string) error { return broken })
	})
	if !probe.failed {
		t.Error("Template(failing migration) did not stop the test")
	}
	migrate := func(url string) error { return exec(t.Context(), url, `CREATE TABLE fruit (name TEXT)`) }
	mustExec(t, pgtest.Template(t, name, migrate), `INSERT INTO fruit VALUES ('medlar')`)
}

// newName returns a template name that this process has not used. Templates outlive a test, and -count repeats the
// test.
func newName() string { return strings.ToLower(rand.Text())[:12] }

// fatalProbe records Fatalf instead of ending the test.
type fatalProbe struct {
	testing.TB
	failed bool
}

func (p *fatalProbe) Fatalf(string, ...any) {
	p.failed = true
	panic(p)
}

func (p *fatalProbe) run(f func()) {
	defer func() {
		if r := recover(); r != nil && r != any(p) {
			panic(r)
		}
	}()
	f()
}

func mustExec(t testing.TB, url, query string) {
	t.Helper()
	if err := exec(t.Context(), url, query); err != nil {
		t.Fatal(err)
	}
}

func exec(ctx context.Context, url, query string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, query)
	return errors.Join(err, db.Close())
}
