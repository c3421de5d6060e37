package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cognate/internal/pgtest"
	"cognate/sealing"
)

// patience is how long a test waits for a database on a busy machine.
const patience = 2 * time.Minute

func mustOpenPostgres(t *testing.T, url string) *Store {
	t.Helper()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{URL: url, MasterKeys: []sealing.MasterKey{key}, Connections: 2}) // as few as the settings allow
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.write.SetMaxOpenConns(1)
	return s
}

// session returns the ID of the session that the only connection has.
func session(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.read.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestErrorsThatCloseTheConnection(t *testing.T) {
	t.Parallel()
	s := mustOpenPostgres(t, pgtest.URL(t))
	for code, isClosed := range map[string]bool{
		"25006": true, // read_only_sql_transaction
		"57P01": true, // admin_shutdown
		"57P05": true, // idle_session_timeout
		"08006": true, // connection_failure
		"08P01": true, // protocol_violation
		"40003": false, "40001": false, "23505": false, "57014": false,
	} {
		before := session(t, s)
		_, err := s.write.ExecContext(t.Context(), "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '"+code+"'; END $$")
		if failure, ok := errors.AsType[*pgconn.PgError](err); !ok || failure.Code != code {
			t.Errorf("error = %v, want %s", err, code)
		}
		if after := session(t, s); (after != before) != isClosed {
			t.Errorf("%s closed the connection: %t, want %t", code, after != before, isClosed)
		}
	}
}

// breakingProxy forwards connections to the database. If it is armed, it breaks the connection after it has forwarded a commit. While it
// is frozen, it forwards nothing. It holds some messages back.
type breakingProxy struct {
	database *pgx.ConnConfig
	armed    atomic.Bool
	frozen   atomic.Bool
	held     atomic.Pointer[func(message string) bool]
}

// mustBreak returns a proxy to a database, and its URL.
func mustBreak(t *testing.T, database string) (proxy *breakingProxy, through string) {
	t.Helper()
	c, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	p := &breakingProxy{database: c}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.forward(client)
		}
	}()
	u := &url.URL{
		Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: listener.Addr().String(), Path: c.Database,
		RawQuery: "sslmode=disable",
	}
	return p, u.String()
}

func (p *breakingProxy) forward(client net.Conn) {
	defer client.Close()
	network, address := pgconn.NetworkAddress(p.database.Host, p.database.Port)
	server, err := p.database.DialFunc(context.Background(), network, address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		for p.frozen.Load() || p.holds(string(buffer[:n])) {
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			return
		}
		isCommit := strings.Contains(string(buffer[:n]), "commit")
		breaks := isCommit && p.armed.CompareAndSwap(true, false)
		if breaks {
			_ = client.Close() // before the answer
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if breaks {
			return
		}
	}
}

func (p *breakingProxy) holds(message string) bool {
	held := p.held.Load()
	return held != nil && (*held)(message)
}

// hold makes the proxy hold messages back, or none if the function is nil.
func (p *breakingProxy) hold(held func(message string) bool) {
	if held == nil {
		p.held.Store(nil)
		return
	}
	p.held.Store(&held)
}

// A commit whose answer is lost is an error. It is not repeated, because the database has committed.
func TestUnknownOutcomeIsNotRepeated(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	proxy, through := mustBreak(t, database)
	s := mustOpenPostgres(t, through)
	proxy.armed.Store(true)
	runs := 0
	err := s.Write(t.Context(), func(tx *Tx) error {
		runs++
		return tx.SaveHeartbeat(t.Context(), "node", time.Now())
	})
	if err == nil || runs != 1 {
		t.Errorf("Write() = %v after %d runs, want an error after 1", err, runs)
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		nodes, err := s.Nodes(t.Context()) // on a new connection
		if err != nil {
			t.Fatal(err)
		}
		if len(nodes) == 1 && nodes[0].Beats == 1 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("servers = %+v, want one with one heartbeat", nodes)
		}
	}
	if s.Retries() != 0 {
		t.Errorf("Retries() = %d, want 0", s.Retries())
	}
}

// Conflicts are repeated, counted, and at irregular times.
func TestConflictsAreRepeated(t *testing.T) {
	t.Parallel()
	s := mustOpenPostgres(t, pgtest.URL(t))
	runs := 0
	err := s.Write(t.Context(), func(*Tx) error {
		if runs++; runs <= 3 {
			return &pgconn.PgError{Code: "40001"}
		}
		return nil
	})
	if err != nil || runs != 4 || s.Retries() != 3 {
		t.Errorf("Write() = %v after %d runs and %d counted retries, want 4 and 3", err, runs, s.Retries())
	}
	waits := make(map[time.Duration]bool)
	for range 100 {
		wait := beforeRetry(6)
		if wait < 32*time.Millisecond || wait >= 96*time.Millisecond {
			t.Errorf("beforeRetry(6) = %v, want 32 to 96 ms", wait)
		}
		waits[wait] = true
	}
	if len(waits) < 50 {
		t.Errorf("100 waits have %d values", len(waits))
	}
}

// While the database is silent, requests fail soon, those that wait for it too. They work again when it answers.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	const every, limit = 50 * time.Millisecond, 200 * time.Millisecond
	proxy, db := mustWatch(t, every, limit)
	ask := func() error {
		var one int
		return db.QueryRowContext(t.Context(), "SELECT 1").Scan(&one)
	}
	mustAskUntil(t, db, every, isNil) // on a busy machine, a probe can take longer than the limit
	time.Sleep(2 * every)             // until the watchdog has a connection
	proxy.frozen.Store(true)
	for i := range 3 {
		began := time.Now()
		if err := ask(); err == nil || time.Since(began) > patience {
			t.Errorf("request %d of a silent database = %v after %v, want an error soon", i, err, time.Since(began))
		}
	}
	if err := ask(); !errors.Is(err, errSilent) {
		t.Errorf("error = %v, want %v", err, errSilent)
	}
	proxy.frozen.Store(false)
	mustAskUntil(t, db, every, isNil)
}

// mustWatch opens a database with a watchdog, behind a proxy that can break.
func mustWatch(t *testing.T, every, limit time.Duration) (*breakingProxy, *sql.DB) {
	t.Helper()
	proxy, through := mustBreak(t, pgtest.URL(t))
	config, err := postgresConfig(through)
	if err != nil {
		t.Fatal(err)
	}
	db := openWatched(config, every, limit)
	t.Cleanup(func() { _ = db.Close() })
	return proxy, db
}

// mustAskUntil asks the database until the result is right.
func mustAskUntil(t *testing.T, db *sql.DB, pause time.Duration, isRight func(error) bool) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(pause) {
		var one int
		err := db.QueryRowContext(t.Context(), "SELECT 1").Scan(&one)
		if isRight(err) {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("the last request = %v", err)
		}
	}
}

func isNil(err error) bool { return err == nil }

func isSilence(err error) bool { return errors.Is(err, errSilent) }

// If the first of two hosts accepts connections and does not answer, the server goes on with the second one. The time that a connection to
// the first one may take is longer than the limit of a probe.
func TestSilentFirstHost(t *testing.T) {
	t.Parallel()
	const every, limit = 50 * time.Millisecond, 400 * time.Millisecond
	database := pgtest.URL(t)
	first, through := mustBreak(t, database)
	_, second := mustBreak(t, database)
	u, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(second)
	if err != nil {
		t.Fatal(err)
	}
	u.Host += "," + other.Host
	config, err := postgresConfig(u.String())
	if err != nil {
		t.Fatal(err)
	}
	config.ConnectTimeout = 3 * limit / 2
	db := openWatched(config, every, limit)
	defer db.Close()
	mustAskUntil(t, db, every, isNil)
	time.Sleep(2 * every) // until the watchdog has a connection
	first.frozen.Store(true)
	mustAskUntil(t, db, every, func(err error) bool { return err != nil })
	mustAskUntil(t, db, every, isNil)
}

// A pooler without a free connection lets the probes wait. A transaction whose statements the database answers is not ended. When nothing
// arrives any more, the database is silent.
func TestBusyPooler(t *testing.T) {
	t.Parallel()
	const every, limit = 50 * time.Millisecond, 2 * time.Second // a busy machine answers a probe late
	proxy, db := mustWatch(t, every, limit)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	proxy.hold(func(message string) bool { return strings.Contains(message, "-- ping") })
	for began := time.Now(); time.Since(began) < 4*limit; time.Sleep(every) {
		if _, err := tx.ExecContext(t.Context(), "SELECT 1"); err != nil {
			t.Fatalf("a statement while the probes wait = %v", err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatalf("Commit() = %v", err)
	}
	mustAskUntil(t, db, 2*limit, isSilence)
	proxy.hold(nil)
	mustAskUntil(t, db, every, isNil)
}

// A pooler that answers logins but no statements does not hide that the database is silent.
func TestLoginsOfPooler(t *testing.T) {
	t.Parallel()
	const every, limit = 50 * time.Millisecond, 400 * time.Millisecond
	proxy, through := mustBreak(t, pgtest.URL(t))
	config, err := postgresConfig(through)
	if err != nil {
		t.Fatal(err)
	}
	proxy.hold(func(message string) bool { return message != "" && message[0] != 0 && message[0] != 'p' }) // other than a login
	db := openWatched(config, every, limit)
	defer db.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for began := time.Now(); ; time.Sleep(every) {
		failed := make(chan error, 1)
		go func() { failed <- db.PingContext(ctx) }() // on a new connection
		select {
		case err := <-failed:
			if isSilence(err) {
				return
			}
		case <-time.After(every):
		}
		if time.Since(began) > patience {
			t.Fatal("the database does not count as silent")
		}
	}
}

// A statement that takes longer than the limit of a probe is not ended.
func TestSlowStatement(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second // a busy machine answers a probe late
	config, err := postgresConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	db := openWatched(config, 50*time.Millisecond, limit)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "SELECT pg_sleep(2.5)"); err != nil {
		t.Errorf("a slow statement = %v", err)
	}
}
