package store

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// IsUnreachable reports whether an error says that the database could not be reached, or that it ended the connection: it can answer
// later without a change of the settings. A wrong password or the name of a database that does not exist is another error.
// Source: PostgreSQL, appendix A: class 08, and 57P01 to 57P03; 25006 while another host becomes the primary.
func IsUnreachable(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(failure.Code, "08") || strings.HasPrefix(failure.Code, "57P0") || failure.Code == "25006"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, ended := range []error{errSilent, driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, ended) {
			return true
		}
	}
	return pgconn.SafeToRetry(err) // the connection was closed before
}
