package store

import (
	"cmp"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"cognate/store/gen"
)

//go:embed migrations
var migrations embed.FS

// dialect holds the differences between the engines outside the queries. That of PostgreSQL is changed for other products with its protocol
// once the database is open (distributed.go).
type dialect struct {
	isSQLite bool
	// newDatabase says in an error how an empty database is made.
	newDatabase string
	goose       goose.Dialect
	open        func(Config) (read, write *sql.DB, err error)
	// openUnchanged opens the database for reading and changes nothing.
	openUnchanged func(url string) (*sql.DB, error)
	// insertMany begins a statement that inserts many rows. If the statement fails, the transaction has to be rolled back.
	insertMany string
	// mark stands for a value with this number. The numbers of a statement ascend.
	mark func(number int) string
	// statements returns what runs the queries on a database or in a transaction. SQLite's transactions that write have their own
	// (group_commit.go).
	statements func(on gen.DBTX) gen.DBTX
	// migration returns the text of the migration in a file, in the engine's dialect.
	migration func(name, text string) string
	// tableExists is a query that reports whether the table of that name ($1) exists.
	tableExists string
	locker      func() (goose.ProviderOption, error)
	// snapshot is the isolation level at which all reads of a transaction see one snapshot.
	snapshot sql.IsolationLevel
}

func dialectOf(url string) dialect {
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return dialect{
			newDatabase: "PostgreSQL database (createdb)",
			goose:       goose.DialectPostgres,
			open:        openPostgres, openUnchanged: openPostgresUnchanged,
			insertMany: "INSERT INTO ",
			mark:       func(number int) string { return "$" + strconv.Itoa(number) },
			// The driver prepares and caches statements itself, except behind a connection pooler.
			statements:  func(on gen.DBTX) gen.DBTX { return on },
			migration:   func(_, text string) string { return text },
			tableExists: "SELECT to_regclass($1) IS NOT NULL",
			locker:      tableLocker,
			snapshot:    sql.LevelRepeatableRead,
		}
	}
	return dialect{
		isSQLite:    true,
		newDatabase: "folder (data)",
		goose:       goose.DialectSQLite3,
		open:        openSQLite, openUnchanged: openSQLiteUnchanged,
		// With OR FAIL, SQLite keeps no copies of pages to undo the statement alone.
		insertMany: "INSERT OR FAIL INTO ",
		// SQLite numbers it. It looks for a name among all names of the statement, and this has none.
		mark:        func(int) string { return "?" },
		statements:  func(on gen.DBTX) gen.DBTX { return newPrepared(on) },
		migration:   func(_, text string) string { return forSQLite.Replace(text) },
		tableExists: "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = $1",
		locker:      func() (goose.ProviderOption, error) { return nil, nil },
		snapshot:    sql.LevelDefault, // there is one writer
	}
}

// forSQLite edits migrations. SQLite compares bytes by default and has no collation of this name. Its empty text is not empty bytes.
var forSQLite = strings.NewReplacer(
	` COLLATE "C"`, "", "BYTEA NOT NULL DEFAULT ''", "BYTEA NOT NULL DEFAULT x''", "/* WITHOUT ROWID */", "WITHOUT ROWID",
)

// openSQLite returns eight read-only connections, and one connection for writing, so that writers wait for each other instead
// of failing. It uses synchronous(FULL), because NORMAL can lose the last commits before a power failure in WAL mode. Each connection has
// a page cache. A read-only connection that has been idle for some minutes is closed, which frees its page cache and its statements. A
// checkpoint follows 4000 pages (16 MB) of the WAL, so that a page that many transactions change is copied into the file
// once.
func openSQLite(c Config) (read, write *sql.DB, err error) {
	const (
		readers      = 8
		writerShare  = 4        // one of so many parts of the cache is that of the writing connection
		defaultCache = 16 << 20 // bytes
		idle         = 5 * time.Minute
	)
	file, cache := c.URL, cmp.Or(c.CacheBytes, defaultCache)
	forWriter := cache / writerShare
	forReader := (cache - forWriter) / readers
	if file != "" {
		if err := protectFile(file); err != nil {
			return nil, nil, err
		}
	}
	path := (&url.URL{Path: file}).EscapedPath() // a name can contain a "?"
	dsn := "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)"
	if file == "" { // a unique name, so that two stores of one process have separate data
		dsn = "file:/" + uuid.NewString() + "?vfs=memdb&_pragma=busy_timeout(10000)"
	}
	dsn += "&_txlock=immediate"
	if write, err = sql.Open("sqlite", dsn+cacheSize(forWriter)); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1) // never closed: a database in memory exists as long as its last connection
	if read, err = sql.Open("sqlite", dsn+cacheSize(forReader)+"&_pragma=query_only(1)"); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	read.SetConnMaxIdleTime(idle)
	return read, write, nil
}

// cacheSize returns the parameter of a connection that limits the memory of its page cache. A page of 4 kB with its header takes 8 kB,
// because the driver's allocator rounds up to powers of two, and SQLite counts half of that.
func cacheSize(bytes int64) string {
	const rounding = 2
	return fmt.Sprintf("&_pragma=cache_size(-%d)", bytes/rounding>>10)
}

// protectFile creates the file of a database with mode 0600 for any umask. SQLite gives its WAL and shm files the mode of the
// database. If the database exists, protectFile removes the permissions of others from these files, because earlier builds
// gave them. It does not change those of the group, which an operator may have given.
func protectFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return errors.Join(f.Chmod(0o600), f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		}
		const others = 0o007
		if mode := info.Mode().Perm(); mode&others != 0 {
			if err := os.Chmod(name, mode&^others); err != nil {
				return err
			}
		}
	}
	return nil
}
