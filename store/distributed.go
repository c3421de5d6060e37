package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"cognate/internal/lazyregexp"
	"cognate/store/gen"
)

// CockroachDB and YugabyteDB are distributed databases with the protocol and most of the SQL of PostgreSQL. They divide a table or an
// index into parts by its key. This file edits the migrations, and a few queries, for them. It is prepared from their documentation and
// has not run there.

// product is a database program with the protocol of PostgreSQL.
type product int

const (
	postgres product = iota
	cockroach
	yugabyte
)

// productOf returns the product that answers this text to SELECT version().
func productOf(version string) product {
	switch {
	case strings.HasPrefix(version, "CockroachDB "):
		return cockroach
	case strings.Contains(version, "-YB-"):
		return yugabyte
	default:
		return postgres
	}
}

// on returns the dialect of the product that has an open database.
func (d dialect) on(ctx context.Context, db *sql.DB) (dialect, error) {
	if d.isSQLite {
		return d, nil
	}
	var version string
	if err := db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return d, fmt.Errorf("read the version of the database: %w", err)
	}
	return d.of(productOf(version)), nil
}

// of returns the dialect of a product, from that of PostgreSQL.
func (d dialect) of(p product) dialect {
	switch p {
	case postgres:
	case cockroach:
		d.migration = cockroachMigration
	case yugabyte:
		d.migration = yugabyteMigration
		d.statements = func(on gen.DBTX) gen.DBTX { return bucketedStatements{on} }
	}
	return d
}

// buckets is the number of parts that take the inserts of an index whose values ascend with the time. Without them, all inserts
// change one part of the index, and so one server of the database.
const buckets = 16

// bucketed are the indexes that are led by a bucket, the hash of a key modulo buckets, and the queries that range over them.
var bucketed = map[string]string{
	"app_clients_unused":             "ListUnusedClients",
	"attempts_last_failed":           "PurgeAttempts",
	"auth_events_expires":            "PurgeAuthEvents",
	"authorization_codes_expiry":     "PurgeAuthorizationCodes",
	"codes_expires":                  "PurgeCodes",
	"device_authorizations_expiry":   "PurgeDeviceAuthorizations",
	"grants_expires":                 "PurgeGrants",
	"identity_providers_refresh":     "ListDueIdentityProviders",
	"outbox_due":                     "DueOutgoing",
	"outbox_expires":                 "PurgeOutgoing",
	"passkey_registrations_expires":  "PurgePasskeyRegistrations",
	"pushed_requests_expiry":         "PurgePushedRequests",
	"retired_refresh_tokens_retired": "PurgeRetiredRefreshTokens",
	"session_states_expires":         "PurgeSessionStates",
	"spent_ids_expiry":               "PurgeSpentIDs",
	"spent_sessions_expires":         "PurgeSpentSessions",
	"sso_sessions_expiry":            "PurgeSSOSessions",
	"trash_deleted":                  "ListTrash",
	"users_unconfirmed":              "ListUnconfirmedUsers",
}

// hashed are the primary keys, by their tables, and the unique indexes that YugabyteDB divides by the hash of their first columns: so many
// of them. Queries have values for all of these columns. By default, YugabyteDB hashes the first column only, so that all rows of a pool
// are in one part.
var hashed = map[string]int{
	"attempts":               2,
	"auth_events":            2, // pool_id, sub
	"authorization_codes":    2,
	"codes":                  2, // pool_id, sub: the codes of a user are deleted together
	"consents":               2, // pool_id, sub
	"credentials":            2,
	"device_authorizations":  2,
	"devices":                2, // pool_id, sub
	"grants":                 2,
	"linked_identities":      4,
	"outbox":                 2,
	"passkey_registrations":  2,
	"pushed_requests":        2,
	"retired_refresh_tokens": 2, // pool_id, grant_id
	"session_states":         2,
	"spent_ids":              2,
	"spent_sessions":         2,
	"sso_sessions":           2,
	"user_aliases":           2,
	"users":                  2,

	"app_clients_client":              1,
	"device_authorizations_user_code": 2,
	"domains_name":                    1,
	"grants_refresh_hash":             2,
	"sso_sessions_secret":             2,
	"users_username_key":              2,
}

// distributed has migrations that replace those of the same name, because the statements of the others cannot be repeated.
//
//go:embed distributed
var distributed embed.FS

// edit is a replacement in the text of a migration.
type edit struct {
	old *lazyregexp.Regexp
	by  string
}

// repeatable makes the statements of a migration repeatable. Names of the schema are in lower case.
var repeatable = []edit{
	{lazyregexp.New(`(?m)^CREATE TABLE ([a-z])`), "CREATE TABLE IF NOT EXISTS $1"},
	{lazyregexp.New(`(?m)^CREATE (UNIQUE )?INDEX ([a-z])`), "CREATE ${1}INDEX IF NOT EXISTS $2"},
	{lazyregexp.New(`(?m)^DROP (TABLE|INDEX) ([a-z])`), "DROP $1 IF EXISTS $2"},
	{lazyregexp.New(`(?m)^ALTER TABLE ([a-z_]+) ADD COLUMN ([a-z])`), "ALTER TABLE $1 ADD COLUMN IF NOT EXISTS $2"},
	{lazyregexp.New(`(?m)^ALTER TABLE ([a-z_]+) DROP COLUMN ([a-z])`), "ALTER TABLE $1 DROP COLUMN IF EXISTS $2"},
	{lazyregexp.New(`(?m)^ALTER TABLE ([a-z_]+) RENAME TO`), "ALTER TABLE IF EXISTS $1 RENAME TO"},
	{lazyregexp.New(`(?m)^(INSERT INTO [^;]+);`), "$1 ON CONFLICT DO NOTHING;"},
}

// distributedMigration returns the text of a migration whose statements run one by one. CockroachDB does not write to a column in the
// transaction that adds it, and YugabyteDB does not undo changes of the schema with their transaction. If a migration is interrupted, it
// starts again from its first statement.
func distributedMigration(name, text string) string {
	if other, err := distributed.ReadFile("distributed/" + path.Base(name)); err == nil {
		text = string(other)
	}
	for _, e := range repeatable {
		text = e.old.ReplaceAllString(text, e.by)
	}
	return "-- +goose NO TRANSACTION\n" + text
}

var (
	createdTable = lazyregexp.New(`(?ms)^CREATE TABLE IF NOT EXISTS ([a-z_]+) \(\n(.*?)^\)[^;\n]*;\n`)
	keyOfColumn  = lazyregexp.New(`(?m)^ *([a-z_]+) [^,\n]* PRIMARY KEY,`)
	keyOfTable   = lazyregexp.New(`PRIMARY KEY \(([a-z_, ]+)\)`)
	createdIndex = lazyregexp.New(`(?m)^(CREATE (?:UNIQUE )?INDEX IF NOT EXISTS ([a-z_]+) ON ([a-z_]+)) \(([a-zA-Z_, ]+)\)`)
)

// cockroachMigration returns the text of a migration for CockroachDB. It compares text by its bytes, and refuses the collation of that
// order. It computes the buckets of an index, and looks into each of them if a query ranges over the index.
func cockroachMigration(name, text string) string {
	text = strings.ReplaceAll(distributedMigration(name, text), ` COLLATE "C"`, "")
	return createdIndex.ReplaceAllStringFunc(text, func(statement string) string {
		if index := createdIndex.FindStringSubmatch(statement)[2]; bucketed[index] == "" {
			return statement
		}
		return statement + " USING HASH WITH (bucket_count = " + strconv.Itoa(buckets) + ")"
	})
}

// yugabyteMigration returns the text of a migration for YugabyteDB. Each key says how it is divided: by the hash of columns, or in their
// order.
func yugabyteMigration(name, text string) string {
	text = createdTable.ReplaceAllStringFunc(distributedMigration(name, text), func(statement string) string {
		table := createdTable.FindStringSubmatch(statement)[1]
		if key := keyOfColumn.FindStringSubmatch(statement); key != nil {
			statement = strings.Replace(statement, " PRIMARY KEY,", ",", 1)
			statement = strings.Replace(statement, "(\n", "(\n    PRIMARY KEY ("+key[1]+"),\n", 1)
		}
		statement = keyOfTable.ReplaceAllStringFunc(statement, func(key string) string {
			return "PRIMARY KEY (" + divided(table, columnsOf(keyOfTable.FindStringSubmatch(key)[1])) + ")"
		})
		if table == "users" { // they are also listed and exported in the order of their subs
			statement += "CREATE INDEX IF NOT EXISTS users_sub ON users (pool_id ASC, sub ASC);\n"
		}
		return statement
	})
	return createdIndex.ReplaceAllStringFunc(text, func(statement string) string {
		found := createdIndex.FindStringSubmatch(statement)
		head, index, table, columns := found[1], found[2], found[3], columnsOf(found[4])
		// If the creation of an index is interrupted, an index stays that is not used.
		head = "DROP INDEX IF EXISTS " + index + ";\n" + head
		if bucketed[index] == "" {
			return head + " (" + divided(index, columns) + ")"
		}
		return head + " ((" + bucketOf(table, "") + ") ASC, " + divided(index, columns) + ")"
	})
}

// columnsOf splits the columns of a key. Each may say ASC.
func columnsOf(list string) (columns []string) {
	for column := range strings.SplitSeq(list, ",") {
		columns = append(columns, strings.TrimSuffix(strings.TrimSpace(column), " ASC"))
	}
	return columns
}

// divided returns the columns of a key of YugabyteDB.
func divided(name string, columns []string) string {
	var parts []string
	number := hashed[name]
	if number > 0 {
		parts = append(parts, "("+strings.Join(columns[:number], ", ")+") HASH")
	}
	for _, column := range columns[number:] {
		parts = append(parts, column+" ASC")
	}
	return strings.Join(parts, ", ")
}

// bucketOf returns the bucket of a row of a table in YugabyteDB. prefix is the name of the table in a query, with a dot.
func bucketOf(table, prefix string) string {
	var key []string
	for _, column := range tableNamed(table).key {
		key = append(key, prefix+column)
	}
	return "yb_hash_code(" + strings.Join(key, ", ") + ") % " + strconv.Itoa(buckets)
}

// bucketedStatements runs queries on YugabyteDB, which uses an index led by a bucket only if the query names the buckets.
type bucketedStatements struct{ gen.DBTX }

func (b bucketedStatements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return b.DBTX.ExecContext(ctx, inBuckets(query), args...)
}

func (b bucketedStatements) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return b.DBTX.PrepareContext(ctx, inBuckets(query))
}

func (b bucketedStatements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return b.DBTX.QueryContext(ctx, inBuckets(query), args...)
}

func (b bucketedStatements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return b.DBTX.QueryRowContext(ctx, inBuckets(query), args...)
}

var (
	nameOfQuery = lazyregexp.New(`^-- name: (\w+) `)
	rowsOfTable = lazyregexp.New(`\bFROM ([a-z_]+)(?: AS ([a-z_]+))?\s+WHERE `)
	// bucketQueries are the names of the queries in bucketed.
	bucketQueries = slices.Sorted(maps.Values(bucketed))
)

// inBuckets makes a query look into each bucket, if it ranges over an index that is led by one.
func inBuckets(query string) string {
	name := nameOfQuery.FindStringSubmatch(query)
	if len(name) == 0 || !slices.Contains(bucketQueries, name[1]) {
		return query
	}
	return rowsOfTable.ReplaceAllStringFunc(query, func(from string) string {
		found := rowsOfTable.FindStringSubmatch(from)
		return from + bucketOf(found[1], cmp.Or(found[2], found[1])+".") + " IN (" + allBuckets() + ") AND "
	})
}

func allBuckets() string {
	var numbers []string
	for bucket := range buckets {
		numbers = append(numbers, strconv.Itoa(bucket))
	}
	return strings.Join(numbers, ", ")
}
