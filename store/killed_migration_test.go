package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

const (
	// envDieURL and envDieAt make TestOpenAndDie open a store and kill its process before a statement.
	envDieURL = "COGNATE_TEST_DIE_URL"
	envDieAt  = "COGNATE_TEST_DIE_AT"
	// envFaults is the variable of make test-faults. If it is 1, every statement is tried.
	envFaults = "COGNATE_TEST_FAULTS"
	// samples is how many statements are tried otherwise.
	samples = 5
)

// TestOpenAndDie is the process of TestKilledMigration that is killed.
func TestOpenAndDie(t *testing.T) {
	url := os.Getenv(envDieURL)
	if url == "" {
		t.Skip("a part of TestKilledMigration")
	}
	at, err := strconv.ParseInt(os.Getenv(envDieAt), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	n, err := store.OpenAndDie(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{storedKey(t)}, Connections: 4}, at)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d statements\n", n) // for the other process
}

var statementCount = regexp.MustCompile(`(?m)^(\d+) statements$`)

// openAndDie opens a database in a process that is killed before a statement, and reports whether that happened before all statements.
func openAndDie(t *testing.T, url string, at int) (isKilled bool, statements int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpenAndDie$")
	cmd.Env = append(os.Environ(), envDieURL+"="+url, envDieAt+"="+strconv.Itoa(at))
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == -1 { // by a signal
		return true, 0
	}
	count := statementCount.FindSubmatch(out)
	if err != nil || count == nil {
		t.Fatalf("the process before statement %d = %v\n%s", at, err, out)
	}
	statements, err = strconv.Atoi(string(count[1]))
	if err != nil {
		t.Fatal(err)
	}
	return false, statements
}

// migrated opens a database, which migrates it, and returns all that the migrations have made.
func migrated(t *testing.T, driver, url string) map[string]any {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, MasterKeys: []sealing.MasterKey{storedKey(t)}, Connections: 4})
	if err != nil {
		t.Fatalf("Open() after the kill = %v", err)
	}
	defer s.Close()
	db := mustConnect(t, driver, url)
	defer db.Close()
	all := map[string]any{"rows": contents(t, db, s)}
	for name, query := range map[string]map[string]string{
		"migrations": {
			"sqlite": "SELECT version_id, count(*) FROM goose_db_version GROUP BY 1 ORDER BY 1",
			"pgx":    "SELECT version_id, count(*) FROM goose_db_version GROUP BY 1 ORDER BY 1",
		},
		"schema": {
			"sqlite": "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name",
			"pgx": `SELECT table_name || '.' || column_name, data_type || coalesce(column_default, '') FROM information_schema.columns
				WHERE table_schema = 'public' UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`,
		},
		"marks": {
			"sqlite": "SELECT version, count(*) FROM additive_migrations GROUP BY 1 ORDER BY 1",
			"pgx":    "SELECT version, count(*) FROM additive_migrations GROUP BY 1 ORDER BY 1",
		},
	} {
		all[name] = mustQueryPairs(t, db, query[driver])
	}
	return all
}

// killedEngine is an engine whose process is killed.
type killedEngine struct {
	name, driver string
	// databases returns a function that makes a copy of a database: empty, or filled by fill.
	databases func(t *testing.T, name string, fill func(url string)) (copyOf func(t *testing.T) string)
}

// A process is killed before each statement of a start: on a database with rows of the oldest schema, and on a new one, whose first statements
// make that schema. The next start finishes the migrations.
func TestKilledMigration(t *testing.T) {
	t.Parallel()
	for _, engine := range []killedEngine{{"sqlite", "sqlite", sqliteCopies}, {"postgres", "pgx", postgresCopies}} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			filled := engine.databases(t, "filled", func(url string) { fillOldest(t, engine.driver, url) })
			empty := engine.databases(t, "new", func(string) {})
			_, later := openAndDie(t, filled(t), 0)
			_, all := openAndDie(t, empty(t), 0)
			if later < 100 || all <= later {
				t.Fatalf("%d statements on a new database and %d on an old one were counted, want more", all, later)
			}
			engine.kill(t, "a filled database", filled, later)
			engine.kill(t, "a new database", empty, all-later)
		})
	}
}

// kill kills a process before each of the first statements on copies of a database, or before some of them if envFaults is not 1.
func (e killedEngine) kill(t *testing.T, what string, copyOf func(t *testing.T) string, statements int) {
	t.Helper()
	want := migrated(t, e.driver, copyOf(t))
	isWhole := os.Getenv(envFaults) == "1"
	step, tried, slowest := statements/samples, 0, time.Duration(0)
	if isWhole {
		step = 1
	}
	for at := 1; at <= statements; at += step {
		url := copyOf(t)
		if isKilled, n := openAndDie(t, url, at); !isKilled {
			t.Logf("the start had only %d statements", n) // it renewed its lock less often
			continue
		}
		tried++
		if waits := isWhole && at == statements/2; e.driver == "pgx" && !waits {
			endLock(t, url)
		}
		began := time.Now()
		if diff := cmp.Diff(want, migrated(t, e.driver, url)); diff != "" {
			t.Fatalf("killed before statement %d of %d on %s (-whole +killed):\n%s", at, statements, what, diff)
		}
		slowest = max(slowest, time.Since(began))
	}
	t.Logf("killed before %d of %d statements on %s; the slowest next start took %v", tried, statements, what, slowest.Round(time.Millisecond))
}

// fillOldest inserts the rows of the oldest schema.
func fillOldest(t *testing.T, driver, url string) {
	t.Helper()
	db := mustConnect(t, driver, url)
	defer db.Close()
	mustInsertStoredAt(t, db, url, storedVersions(t)[0])
}

func sqliteCopies(t *testing.T, _ string, fill func(url string)) (copyOf func(t *testing.T) string) {
	t.Helper()
	first := filepath.Join(t.TempDir(), "first.db")
	fill(first)
	return func(t *testing.T) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "cognate.db")
		content, err := os.ReadFile(first) // its last connection has emptied the write-ahead log
		if err == nil {
			err = os.WriteFile(file, content, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return file
	}
}

func postgresCopies(t *testing.T, name string, fill func(url string)) (copyOf func(t *testing.T) string) {
	t.Helper()
	return func(t *testing.T) string {
		t.Helper()
		return pgtest.Template(t, "killed_"+name, func(url string) error {
			fill(url)
			return nil
		})
	}
}

// endLock ends the lock of a killed process, which otherwise ends after 30 seconds.
func endLock(t *testing.T, url string) {
	t.Helper()
	db := mustConnect(t, "pgx", url)
	defer db.Close()
	var exists bool
	if err := db.QueryRowContext(t.Context(), "SELECT to_regclass('goose_lock') IS NOT NULL").Scan(&exists); err != nil {
		t.Fatal(err)
	}
	if exists {
		mustExec(t, db, "UPDATE goose_lock SET lease_expires_at = now() - interval '1 second'")
	}
}

func mustConnect(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// mustQueryPairs returns the rows of a query with two columns.
func mustQueryPairs(t *testing.T, db *sql.DB, query string) (pairs [][2]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, pair)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return pairs
}
