package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/sealing"
)

// Inspection reads what an operator needs to know about a database. It changes nothing, also not the schema, and needs no master
// key. Open it with OpenInspection, and close it.
type Inspection struct {
	dialect dialect
	db      *sql.DB
	url     string
}

// OpenInspection returns the inspection of the database at url, which it does not create. It does not connect yet.
func OpenInspection(url string) (*Inspection, error) {
	d := dialectOf(url)
	db, err := d.openUnchanged(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &Inspection{d, db, url}, nil
}

// Close closes the database.
func (i *Inspection) Close() error { return i.db.Close() }

// Engine describes the program that has the database.
type Engine struct {
	IsSQLite bool
	Version  string // such as "SQLite 3.50.4" or "PostgreSQL 16.2"
}

// Engine returns the engine. An error means that the database does not answer.
func (i *Inspection) Engine(ctx context.Context) (Engine, error) {
	return engineOf(ctx, i.dialect, i.db)
}

func engineOf(ctx context.Context, d dialect, db *sql.DB) (Engine, error) {
	name, query := "PostgreSQL ", "SHOW server_version"
	if d.isSQLite {
		name, query = "SQLite ", "SELECT sqlite_version()"
	}
	var version string
	err := db.QueryRowContext(ctx, query).Scan(&version)
	return Engine{d.isSQLite, name + version}, wrapped("read the version of the database", err)
}

// Durability has the settings of PostgreSQL that decide whether an answered request survives a crash, as PostgreSQL shows them: on,
// off, or a value of synchronous_commit.
type Durability struct {
	Fsync, FullPageWrites, SynchronousCommit string
}

// Durability returns the settings of PostgreSQL. SQLite has none: the store sets them.
func (i *Inspection) Durability(ctx context.Context) (d Durability, err error) {
	for name, value := range map[string]*string{
		"fsync": &d.Fsync, "full_page_writes": &d.FullPageWrites, "synchronous_commit": &d.SynchronousCommit,
	} {
		if err := i.db.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(value); err != nil {
			return d, fmt.Errorf("read the setting %s of PostgreSQL: %w", name, err)
		}
	}
	return d, nil
}

// Standby is a copy of a PostgreSQL database that follows it.
type Standby struct {
	Name, State string // State is empty if the user of the database may not see it
	// IsSynchronous says that a commit waits for the standby.
	IsSynchronous bool
	// Behind is how many bytes of the WAL the standby has not replayed.
	Behind int64
}

// IsStandby reports whether the database itself is a standby of PostgreSQL, which accepts no changes.
func (i *Inspection) IsStandby(ctx context.Context) (is bool, err error) {
	err = i.db.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&is)
	return is, wrapped("look for the role of the database", err)
}

// Standbys returns the standbys that are connected to a PostgreSQL database.
func (i *Inspection) Standbys(ctx context.Context) (standbys []Standby, err error) {
	rows, err := i.db.QueryContext(ctx, `SELECT coalesce(application_name, ''), coalesce(state, ''),
		coalesce(sync_state IN ('sync', 'quorum'), false), coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)::bigint
		FROM pg_stat_replication ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list standbys: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s Standby
		if err := rows.Scan(&s.Name, &s.State, &s.IsSynchronous, &s.Behind); err != nil {
			return nil, fmt.Errorf("list standbys: %w", err)
		}
		standbys = append(standbys, s)
	}
	return standbys, rows.Err()
}

// Now returns the time of the clock of a PostgreSQL server.
func (i *Inspection) Now(ctx context.Context) (now time.Time, err error) {
	err = i.db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, wrapped("read the clock of the database", err)
}

// has reports whether the database has a table.
func (i *Inspection) has(ctx context.Context, table string) (has bool, err error) {
	err = i.db.QueryRowContext(ctx, i.dialect.tableExists, table).Scan(&has)
	return has, wrapped("look for table "+table, err)
}

// IsNew reports whether the database does not exist or is empty.
func (i *Inspection) IsNew(ctx context.Context) (bool, error) { return IsNew(ctx, i.url) }

// Pending returns what a server would run at its start, as PendingMigrations.
func (i *Inspection) Pending(ctx context.Context) ([]Migration, error) {
	return PendingMigrations(ctx, i.url)
}

// SealedBy returns which of the master keys opens the data key of the database: its index. Errors: ErrNotFound if the database has
// no data key yet; sealing.ErrWrongMasterKey if no key opens it.
func (i *Inspection) SealedBy(ctx context.Context, masters []sealing.MasterKey) (int, error) {
	if exists, err := i.has(ctx, "data_keys"); err != nil || !exists {
		return 0, errors.Join(ErrNotFound, err)
	}
	var wrapped []byte
	if err := i.db.QueryRowContext(ctx, "SELECT wrapped FROM data_keys WHERE key_id = $1", dataKeyID).Scan(&wrapped); err != nil {
		return 0, found("read data key", err)
	}
	box, err := sealing.Open(ctx, wrapped, masters...)
	if err != nil {
		return 0, fmt.Errorf("open data key: %w", err)
	}
	return box.OpenedBy(), nil
}

// Certificates returns what is known about the certificates from certificate authorities. A database that is older than them has none.
func (i *Inspection) Certificates(ctx context.Context) (certificates []Certificate, err error) {
	if exists, err := i.has(ctx, "certificates"); err != nil || !exists {
		return nil, err
	}
	rows, err := i.db.QueryContext(ctx, `SELECT directory, name, version, not_before, not_after, failures, retry_at, reason
		FROM certificates ORDER BY name, directory`)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Certificate
		var before, after, retry int64
		if err := rows.Scan(&c.Directory, &c.Name, &c.Version, &before, &after, &c.Failures, &retry, &c.Reason); err != nil {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		c.NotBefore, c.NotAfter, c.RetryAt = fromMillis(before), fromMillis(after), fromMillis(retry)
		certificates = append(certificates, c)
	}
	return certificates, rows.Err()
}

// AccessKeys returns the stored access keys without their secrets. A database that is older than access keys has none.
func (i *Inspection) AccessKeys(ctx context.Context) (keys []cognate.AccessKey, err error) {
	if exists, err := i.has(ctx, "access_keys"); err != nil || !exists {
		return nil, err
	}
	rows, err := i.db.QueryContext(ctx, `SELECT account_id, key_id, name, policy, policy_source, disabled, created_at, expires_at, last_used_at
		FROM access_keys ORDER BY account_id, name`)
	if err != nil {
		return nil, fmt.Errorf("list access keys: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k cognate.AccessKey
		var disabled, created, expires, used int64
		if err := rows.Scan(&k.AccountID, &k.ID, &k.Name, &k.Policy, &k.PolicySource, &disabled, &created, &expires, &used); err != nil {
			return nil, fmt.Errorf("list access keys: %w", err)
		}
		k.Disabled, k.CreatedAt, k.ExpiresAt, k.LastUsedAt = disabled != 0, fromMillis(created), fromMillis(expires), fromMillis(used)
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// Nodes returns the servers on the database, as Store.Nodes. A database that is older than heartbeats has none.
func (i *Inspection) Nodes(ctx context.Context) (nodes []Node, err error) {
	if exists, err := i.has(ctx, "nodes"); err != nil || !exists {
		return nil, err
	}
	rows, err := i.db.QueryContext(ctx, "SELECT node_id, beats, beat_at FROM nodes ORDER BY node_id")
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n Node
		var at int64
		if err := rows.Scan(&n.ID, &n.Beats, &at); err != nil {
			return nil, fmt.Errorf("list nodes: %w", err)
		}
		n.Beat = fromMillis(at)
		nodes = append(nodes, n)
	}
	return nodes, rows.Err()
}

// AnyUserPool returns the ID of a user pool. Errors: ErrNotFound if there is none.
func (i *Inspection) AnyUserPool(ctx context.Context) (id string, err error) {
	if exists, err := i.has(ctx, "user_pools"); err != nil || !exists {
		return "", errors.Join(ErrNotFound, err)
	}
	err = i.db.QueryRowContext(ctx, "SELECT pool_id FROM user_pools ORDER BY pool_id LIMIT 1").Scan(&id)
	return id, found("look for a user pool", err)
}

// FindAuditEvent returns the newest audit record that contains a text and for which is returns true. Errors: ErrNotFound if there
// is none.
func (i *Inspection) FindAuditEvent(ctx context.Context, text string, is func(record string) bool) (record string, err error) {
	if exists, err := i.has(ctx, "audit_events"); err != nil || !exists {
		return "", errors.Join(ErrNotFound, err)
	}
	rows, err := i.db.QueryContext(ctx, "SELECT record FROM audit_events WHERE complete = 1 AND record LIKE $1 ORDER BY id DESC", "%"+text+"%")
	if err != nil {
		return "", fmt.Errorf("look for an audit record: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(&record); err != nil {
			return "", fmt.Errorf("look for an audit record: %w", err)
		}
		if is(record) {
			return record, nil
		}
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("look for an audit record: %w", err)
	}
	return "", ErrNotFound
}
