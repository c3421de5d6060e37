// Package pgtest owns test databases on the PostgreSQL server in COGNATE_TEST_POSTGRES_URL: it creates, clones and
// drops them. It does not start a server (scripts/test.sh does), and it does not know the schema; the caller supplies
// the migration.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

const (
	// EnvURL is the variable with the server: the postgres:// URL of a database whose user may create databases.
	EnvURL = "COGNATE_TEST_POSTGRES_URL"
	// EnvRequire is a variable. If it is 1, a missing server fails the test instead of skipping it. CI sets it.
	EnvRequire = "COGNATE_TEST_REQUIRE"

	prefix = "cognate_test_"
	// maxAge is the age after which another process drops a database. No test run takes that long.
	maxAge = 2 * time.Hour
	// maxTemplateName keeps the names of databases within PostgreSQL's limit of 63 bytes.
	maxTemplateName = 24
)

var (
	started = time.Now().Unix()
	// process is the prefix of all databases of this process. It is unique to the process.
	process = fmt.Sprintf("%s%x_%x_", prefix, started, os.Getpid())

	templateName = regexp.MustCompile(`^[a-z0-9_]{1,` + strconv.Itoa(maxTemplateName) + `}$`)
)

// URL returns the postgres:// URL of a new, empty database, which is dropped when t ends. If EnvURL is not set, it
// skips t, or fails t if EnvRequire is 1.
func URL(t testing.TB) string {
	t.Helper()
	s := mustConnect(t)
	return s.mustCreate(t, "template0")
}

// Template returns the postgres:// URL of a new database with the result of migrate, which is dropped when t ends. The
// first call in a process with this name runs migrate on a separate database. Every call clones that database, which
// takes about 50 ms. migrate must close its connections, and must do the same for the same name. name has up to 24
// characters of a-z, 0-9 and _. Parallel tests may call Template. It skips and fails as URL does.
func Template(t testing.TB, name string, migrate func(url string) error) string {
	t.Helper()
	if !templateName.MatchString(name) {
		t.Fatalf("pgtest.Template(%q): the name must match %v", name, templateName)
	}
	s := mustConnect(t)
	template := process + "t_" + name
	if err := s.ensureTemplate(t.Context(), template, migrate); err != nil {
		t.Fatalf("pgtest.Template(%q): %v", name, err)
	}
	return s.mustCreate(t, template)
}

// Loaded returns the URL of a new database in which the statements of a dump have run.
func Loaded(t testing.TB, dump string) string {
	t.Helper()
	database := URL(t)
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), dump); err != nil {
		t.Fatalf("pgtest.Loaded: %v", err)
	}
	return database
}

// server is the test server. Its URL is that of the database in EnvURL.
type server struct {
	base *url.URL
	db   *sql.DB
}

// mustConnect connects to the server. If there is none, it skips or fails t.
func mustConnect(t testing.TB) *server {
	t.Helper()
	env := os.Getenv(EnvURL)
	if env == "" {
		if os.Getenv(EnvRequire) == "1" {
			t.Fatalf("%s is not set, and %s=1", EnvURL, EnvRequire)
		}
		t.Skipf("%s is not set", EnvURL)
	}
	base, err := url.Parse(env)
	if err != nil || (base.Scheme != "postgres" && base.Scheme != "postgresql") {
		t.Fatalf("%s is not a postgres:// URL", EnvURL)
	}
	db, err := sql.Open("pgx", env)
	if err != nil {
		t.Fatalf("open %s: %v", EnvURL, err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &server{base: base, db: db}
}

// mustCreate creates a database from template and drops it when t ends.
func (s *server) mustCreate(t testing.TB, template string) string {
	t.Helper()
	name := process + strings.ToLower(rand.Text())[:12]
	if _, err := s.db.ExecContext(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		// t.Context is canceled now. FORCE ends connections that a failed test left open.
		if err := drop(context.WithoutCancel(t.Context()), s.db, name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return s.url(name)
}

// ensureTemplate creates and migrates the database template unless it exists. A session lock of PostgreSQL makes
// parallel tests wait for the first one, so this package has no state of its own.
func (s *server) ensureTemplate(ctx context.Context, template string, migrate func(url string) error) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, template); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	defer func() {
		_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, template)
		err = errors.Join(err, unlockErr)
	}()

	var there bool
	const ready = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn)`
	if err := conn.QueryRowContext(ctx, ready, template).Scan(&there); err != nil {
		return fmt.Errorf("look for the template: %w", err)
	}
	if there {
		return nil
	}
	if err := sweep(ctx, conn); err != nil {
		return err
	}
	return s.makeTemplate(ctx, conn, template, migrate)
}

// makeTemplate creates and migrates the template. Then it forbids connections, because an open connection prevents
// cloning. This setting also marks the migration as successful.
func (s *server) makeTemplate(ctx context.Context, conn execer, template string, migrate func(url string) error) error {
	if err := drop(ctx, conn, template); err != nil {
		return fmt.Errorf("drop the unfinished template: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+template+` TEMPLATE template0`); err != nil {
		return fmt.Errorf("create the template: %w", err)
	}
	if err := migrate(s.url(template)); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `ALTER DATABASE `+template+` ALLOW_CONNECTIONS false`); err != nil {
		return fmt.Errorf("close the template: %w", err)
	}
	return nil
}

// sweep drops old databases of other processes: templates, which no test drops, and databases of killed tests.
func sweep(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1)`, prefix)
	if err != nil {
		return fmt.Errorf("list old databases: %w", err)
	}
	defer rows.Close()
	var old []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list old databases: %w", err)
		}
		if abandoned(name) {
			old = append(old, name)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("list old databases: %w", err)
	}
	for _, name := range old {
		if err := drop(ctx, conn, name); err != nil {
			return fmt.Errorf("drop old database %s: %w", name, err)
		}
	}
	return nil
}

// abandoned reports whether a database belongs to a process that started more than maxAge before this one. The start
// time is in the name.
func abandoned(name string) bool {
	at, _, found := strings.Cut(strings.TrimPrefix(name, prefix), "_")
	unix, err := strconv.ParseInt(at, 16, 64)
	return found && err == nil && started-unix > int64(maxAge/time.Second)
}

// execer is a *sql.DB or a *sql.Conn.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func drop(ctx context.Context, conn execer, name string) error {
	_, err := conn.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
	return err
}

// url returns the server's URL with the name of the database.
func (s *server) url(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}
