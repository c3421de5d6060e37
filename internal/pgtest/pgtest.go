// Package pgtest gives tests databases of their own on the PostgreSQL server that COGNATE_TEST_POSTGRES_URL names.
// It starts no server (scripts/test.sh does) and knows no schema: the caller brings the migration.
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
	// EnvURL names the server, as a postgres:// URL of a database whose user may create databases.
	EnvURL = "COGNATE_TEST_POSTGRES_URL"
	// EnvRequire set to 1 turns a missing server from a skipped test into a failed one; CI sets it.
	EnvRequire = "COGNATE_TEST_REQUIRE"

	prefix = "cognate_test_"
	// maxAge is how old a database must be for another process to take it for abandoned: no test run is that long.
	maxAge = 2 * time.Hour
	// maxTemplateName keeps whole database names within PostgreSQL's 63 bytes.
	maxTemplateName = 24
)

var (
	started = time.Now().Unix()
	// process begins the name of every database this process makes: two processes never share one.
	process = fmt.Sprintf("%s%x_%x_", prefix, started, os.Getpid())

	templateName = regexp.MustCompile(`^[a-z0-9_]{1,` + strconv.Itoa(maxTemplateName) + `}$`)
)

// URL returns the postgres:// URL of a new, empty database, which is dropped when t ends.
// It skips t when EnvURL is unset, and fails it instead when EnvRequire is 1.
func URL(t testing.TB) string {
	t.Helper()
	s := mustConnect(t)
	return s.mustCreate(t, "template0")
}

// Template returns the postgres:// URL of a new database that holds what migrate has made, dropped when t ends.
// The first call of a process with this name runs migrate, on a database of its own; every call clones that one, which
// takes some tens of milliseconds. migrate must have closed its connections when it returns; it must give the same for
// one name. name is up to 24 of a-z, 0-9 and _. Tests may call it in parallel. It skips and fails as URL does.
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

// server is the test server, reached over the database that EnvURL names.
type server struct {
	base *url.URL
	db   *sql.DB
}

// mustConnect ends t, by a skip or a failure, when there is no server to connect to.
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

// mustCreate makes a database from template and has it dropped when t ends.
func (s *server) mustCreate(t testing.TB, template string) string {
	t.Helper()
	name := process + strings.ToLower(rand.Text())[:12]
	if _, err := s.db.ExecContext(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		// t.Context is done by now. FORCE ends connections that a failed test has left behind.
		if err := drop(context.WithoutCancel(t.Context()), s.db, name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return s.url(name)
}

// ensureTemplate makes and migrates the database template unless it is there. The state is PostgreSQL's own, so that
// this package keeps none: a session lock makes the parallel tests of a process wait for the first of them.
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

// makeTemplate closes the finished template to connections: one open connection would stop every clone.
// That mark also says that the migration went through.
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

// sweep drops what processes long gone have left on a server that outlives them: templates, which no test owns, and the
// databases of tests that were killed.
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

// abandoned tells by its name whether a database is from a process that started maxAge before this one.
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

// url is the server's URL with the database's name in it.
func (s *server) url(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}
