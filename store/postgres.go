package store

import (
	"cmp"
	"database/sql"
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

// openPostgres returns one pool for both reading and writing.
func openPostgres(c Config) (read, write *sql.DB, err error) {
	db, err := openPostgresUnchanged(c.URL)
	if err != nil {
		return nil, nil, err
	}
	most := cmp.Or(c.Connections, defaultConnections)
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, db, nil
}

func openPostgresUnchanged(url string) (*sql.DB, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "connect_timeout=") {
		c.ConnectTimeout = connectTimeout
	}
	c.OnPgError = keepsConnection
	return stdlib.OpenDB(*c), nil
}

// keepsConnection reports whether a connection is usable after an error. It is not if the session ends, and if the host does not take
// writes any more, because another one does.
func keepsConnection(_ *pgconn.PgConn, failure *pgconn.PgError) bool {
	const readOnly, shutdown, connection = "25006", "57P0", "08" // the last two are the start of several codes
	return failure.Severity != "FATAL" && failure.Code != readOnly && !strings.HasPrefix(failure.Code, shutdown) &&
		!strings.HasPrefix(failure.Code, connection)
}
