package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	defaultConnections = 32
	// connectTimeout is how long the connection to one host of the database may take, if its URL does not say it.
	connectTimeout = 3 * time.Second
)

// openPostgres returns one pool for both reading and writing. Its watchdog ends with the pool.
func openPostgres(c Config) (read, write *sql.DB, err error) {
	config, err := postgresConfig(c.URL)
	if err != nil {
		return nil, nil, err
	}
	db := openWatched(config, probeEvery, probeLimit)
	most := cmp.Or(c.Connections, defaultConnections)
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, db, nil
}

func openWatched(c *pgx.ConnConfig, every, limit time.Duration) *sql.DB {
	w := watch(c, every, limit)
	return sql.OpenDB(watchedConnector{stdlib.GetConnector(*c, stdlib.OptionShouldPing(ping), stdlib.OptionResetSession(requireOpen)), w})
}

// ping checks a connection that was idle, because the host or a pooler may have closed it. Unlike the ping of the driver it waits for a short
// time only: the pool tries up to three connections one after another. It closes the connection if there is no answer. It returns false, so
// the driver does not ping.
func ping(ctx context.Context, p stdlib.ShouldPingParams) bool {
	const idle, limit = time.Second, time.Second
	if p.IdleDuration <= idle {
		return false
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	if err := p.Conn.Ping(ctx); err != nil {
		_ = p.Conn.Close(ctx)
	}
	return false
}

// requireOpen makes the pool drop a connection that ping has closed.
func requireOpen(_ context.Context, c *pgx.Conn) error {
	if c.IsClosed() {
		return driver.ErrBadConn
	}
	return nil
}

// watchedConnector is a connector with a watchdog. The pool closes it.
type watchedConnector struct {
	driver.Connector
	*watchdog
}

func openPostgresUnchanged(url string) (*sql.DB, error) {
	c, err := postgresConfig(url)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*c), nil
}

func postgresConfig(url string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "connect_timeout=") {
		c.ConnectTimeout = connectTimeout
	}
	c.OnPgError = keepsConnection
	return c, nil
}

// keepsConnection reports whether a connection is usable after an error. It is not if the session ends, or if the host no longer accepts
// writes, because another one does.
func keepsConnection(_ *pgconn.PgConn, failure *pgconn.PgError) bool {
	const readOnly, shutdown, connection = "25006", "57P0", "08" // the last two are the start of several codes
	return failure.Severity != "FATAL" && failure.Code != readOnly && !strings.HasPrefix(failure.Code, shutdown) &&
		!strings.HasPrefix(failure.Code, connection)
}
