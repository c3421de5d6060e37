package store

import (
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/pgtest"
	"cognate/store/gen"
)

func TestProductOf(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]product{
		"PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc":               postgres,
		"CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15 21:28:29, go1.22.2 X:nocoverage)": cockroach,
		"PostgreSQL 11.2-YB-2024.1.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang":                      yugabyte,
		"PostgreSQL 15.12-YB-2025.2.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang":                     yugabyte,
	} {
		if got := productOf(version); got != want {
			t.Errorf("productOf(%q) = %d, want %d", version, got, want)
		}
	}
}

// migrationFile is a migration as it is written.
type migrationFile struct{ name, text string }

func migrationFiles(t *testing.T) (files []migrationFile) {
	t.Helper()
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, migrationFile{path.Base(name), string(text)})
	}
	return files
}

// statementsOf returns the statements of a migration, without comments.
func statementsOf(text string) (statements []string) {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	for statement := range strings.SplitSeq(regexp.MustCompile(`--[^\n]*`).ReplaceAllString(up, ""), ";") {
		if statement = strings.Join(strings.Fields(statement), " "); statement != "" {
			statements = append(statements, statement)
		}
	}
	return statements
}

// The text of migrations for CockroachDB and YugabyteDB keeps the rules of docs/contributing.md. A form of statement that the test does not
// know is an error: find out what both do with it, and add it here and in distributed.go.
func TestDistributedMigrations(t *testing.T) {
	t.Parallel()
	canRepeat := regexp.MustCompile(`^(CREATE TABLE IF NOT EXISTS \w+ \(.*\)|CREATE (UNIQUE )?INDEX IF NOT EXISTS \w+ ON .*|DROP (TABLE|INDEX) IF EXISTS \w+|` +
		`ALTER TABLE \w+ (ADD COLUMN IF NOT EXISTS|DROP COLUMN IF EXISTS) .*|INSERT INTO .* ON CONFLICT DO NOTHING|` +
		`UPDATE grants SET last_active_at = auth_time)( /\* WITHOUT ROWID \*/)?$`)
	renames := regexp.MustCompile(`^ALTER TABLE IF EXISTS \w+ RENAME TO \w+$`)
	index := regexp.MustCompile(`^CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (\w+) ON (\w+) \((.*)$`)
	key := regexp.MustCompile(`PRIMARY KEY \((.*?)\)(?:,| \))`)
	// The other indexes that range over numbers of all pools. The records of the audit take all inserts in one place (docs/scaling.md).
	inOnePlace := []string{"audit_events_position"}

	numbers := make(map[string]bool) // columns with numbers: table.column
	found := make(map[string]bool)   // tables and indexes
	for _, m := range migrationFiles(t) {
		table := ""
		for line := range strings.Lines(m.text) {
			words := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "CREATE TABLE "):
				table = words[2]
				found[table] = true
			case strings.HasPrefix(line, "ALTER TABLE ") && strings.Contains(line, " ADD COLUMN ") && words[6] == "BIGINT":
				numbers[words[2]+"."+words[5]] = true
			case strings.HasPrefix(line, "    ") && len(words) > 1 && words[1] == "BIGINT":
				numbers[table+"."+words[0]] = true
			}
		}
	}
	for product, p := range map[string]product{"CockroachDB": cockroach, "YugabyteDB": yugabyte} {
		for _, m := range migrationFiles(t) {
			text := dialectOf("postgres://").of(p).migration(m.name, m.text)
			if !strings.HasPrefix(text, "-- +goose NO TRANSACTION\n") {
				t.Errorf("%s: %s runs it in a transaction", m.name, product)
			}
			if p == cockroach && strings.Contains(text, "COLLATE") {
				t.Errorf("%s: CockroachDB refuses COLLATE", m.name)
			}
			_, err := distributed.ReadFile("distributed/" + m.name)
			isWritten := err == nil // TestInterruptedMigrations repeats it
			for _, statement := range statementsOf(text) {
				if !canRepeat.MatchString(statement) && (!isWritten || !renames.MatchString(statement)) {
					t.Errorf("%s: %s cannot repeat %s", m.name, product, statement)
				}
				if p == yugabyte && strings.HasPrefix(statement, "CREATE TABLE ") {
					if of := key.FindStringSubmatch(statement); of == nil || !saysHow(of[1]) {
						t.Errorf("%s: YugabyteDB hashes the first column of %s", m.name, statement)
					}
				}
				created := index.FindStringSubmatch(statement)
				if created == nil {
					continue
				}
				name, table, columns := created[1], created[2], created[3]
				found[name] = true
				columns, _, _ = strings.Cut(columns, " WHERE ")
				columns, hash, isHashed := strings.Cut(strings.TrimSuffix(columns, ")"), ") USING HASH WITH (bucket_count = 16")
				hasBucket := isHashed && hash == ""
				if p == yugabyte {
					hasBucket = strings.HasPrefix(columns, "(yb_hash_code(") && strings.Contains(columns, ") % 16) ASC, ")
					if !saysHow(columns) {
						t.Errorf("%s: YugabyteDB hashes the first column of %s", m.name, statement)
					}
				}
				overPools := !regexp.MustCompile(`\bpool_id (ASC|,)|^pool_id,|^\(pool_id\b`).MatchString(columns) || hasBucket
				ranges := slices.ContainsFunc(regexp.MustCompile(`\w+`).FindAllString(columns, -1), func(column string) bool { return numbers[table+"."+column] })
				if needs := overPools && ranges && !slices.Contains(inOnePlace, name); needs != hasBucket {
					t.Errorf("%s: %s: has a bucket: %t, needs one: %t: %s", m.name, product, hasBucket, needs, statement)
				}
			}
		}
	}
	for name := range bucketed {
		if !found[name] {
			t.Errorf("there is no index %s", name)
		}
	}
	for name := range hashed {
		if !found[name] {
			t.Errorf("there is no table or index %s", name)
		}
	}
	for _, table := range []string{"users", "grants", "attempts", "codes", "spent_sessions", "session_states", "user_aliases"} {
		if hashed[table] < 2 {
			t.Errorf("YugabyteDB stores the rows of a pool in %s in one place", table)
		}
	}
}

// saysHow reports whether the first column of a key of YugabyteDB says HASH or ASC.
func saysHow(columns string) bool {
	return regexp.MustCompile(`^(\([a-z_, ]+\) HASH|[a-z_]+ ASC|\(yb_hash_code\([a-z_, ]+\) % 16\) ASC)(, [a-z_]+ ASC)*$`).MatchString(columns)
}

// forPostgres removes what PostgreSQL does not know from a migration for another product. It keeps the order of the columns of indexes.
func forPostgres(edit func(name, text string) string) func(name, text string) string {
	hash := regexp.MustCompile(`\(([a-z_, ]+)\) HASH`)
	key := regexp.MustCompile(`PRIMARY KEY \([^\n]*`)
	return func(name, text string) string {
		text = strings.ReplaceAll(edit(name, text), " USING HASH WITH (bucket_count = 16)", "")
		text = hash.ReplaceAllString(text, "$1")
		return key.ReplaceAllStringFunc(text, func(key string) string { return strings.ReplaceAll(key, " ASC", "") })
	}
}

// hashFunctions stand for yb_hash_code of YugabyteDB.
const hashFunctions = `
CREATE FUNCTION yb_hash_code(a text, b text) RETURNS int IMMUTABLE LANGUAGE sql RETURN hashtext(a || b) & 65535;
CREATE FUNCTION yb_hash_code(a text, b bytea) RETURNS int IMMUTABLE LANGUAGE sql RETURN hashtext(a || encode(b, 'hex')) & 65535;
CREATE FUNCTION yb_hash_code(a text, b bigint) RETURNS int IMMUTABLE LANGUAGE sql RETURN hashtext(a || b::text) & 65535;
CREATE FUNCTION yb_hash_code(a text, b text, c text) RETURNS int IMMUTABLE LANGUAGE sql RETURN hashtext(a || b || c) & 65535;
CREATE FUNCTION yb_hash_code(a text, b text, c bigint) RETURNS int IMMUTABLE LANGUAGE sql RETURN hashtext(a || b || c::text) & 65535;
`

// schemaOf returns the columns, keys and indexes of a database.
func schemaOf(t *testing.T, db *sql.DB) (schema []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default)
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'
		UNION ALL SELECT concat_ws(' ', 'key', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'goose%'
		UNION ALL SELECT concat_ws(' ', 'index', tablename, indexname) FROM pg_indexes
		WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey%' AND indexname <> 'users_sub' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		schema = append(schema, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return schema
}

func mustOpenDB(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := openPostgresUnchanged(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustRun(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Migrations for CockroachDB and YugabyteDB that are interrupted after each statement, and start again, make the same schema as for
// PostgreSQL, and keep the rows.
func TestInterruptedMigrations(t *testing.T) {
	t.Parallel()
	plain := mustOpenDB(t, pgtest.URL(t))
	if err := migrate(t.Context(), dialectOf("postgres://"), plain); err != nil {
		t.Fatal(err)
	}
	want := schemaOf(t, plain)
	for name, p := range map[string]product{"CockroachDB": cockroach, "YugabyteDB": yugabyte} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mustOpenDB(t, pgtest.URL(t))
			mustRun(t, db, hashFunctions)
			edit := forPostgres(dialectOf("postgres://").of(p).migration)
			for _, m := range migrationFiles(t) {
				if strings.HasSuffix(m.name, "_user_index_order.sql") {
					mustRun(t, db, `INSERT INTO users (pool_id, sub, username, username_key, status, enabled, document, password, software_token, last_step,
						stamp, created_at, modified_at) VALUES ('p', 's', 'u', 'u', '', 1, '', '', '', 0, 0, 7, 7)`)
					mustRun(t, db, `INSERT INTO user_index (pool_id, attribute, value, sub) VALUES ('p', 'email', 'e', 's'), ('p', 'sub', 's', 's')`)
				}
				statements := statementsOf(edit(m.name, m.text))
				for end := range statements {
					for _, statement := range statements[:end+1] {
						mustRun(t, db, statement)
					}
				}
			}
			if diff := cmp.Diff(want, schemaOf(t, db)); diff != "" {
				t.Errorf("schema (-PostgreSQL +%s):\n%s", name, diff)
			}
			var rows string
			err := db.QueryRowContext(t.Context(), "SELECT string_agg(concat_ws(' ', pool_id, attribute, value, created_at, sub), ',') FROM user_index").Scan(&rows)
			if err != nil || rows != "p email e 7 s" {
				t.Errorf("the index of users has %q, %v", rows, err)
			}
		})
	}
}

// The statements of a migration for these products run without a transaction.
func TestDistributedMigrationsRunSingly(t *testing.T) {
	t.Parallel()
	db := mustOpenDB(t, pgtest.URL(t))
	d := dialectOf("postgres://").of(cockroach)
	files := fstest.MapFS{"20261231000000_fails.sql": {Data: []byte("-- +goose Up\nCREATE TABLE first (name TEXT);\nSELECT 1 / 0;\n")}}
	if err := migrateWith(t.Context(), d, db, files); err == nil || !hasTable(t, d, db, "first") {
		t.Errorf("migrateWith() = %v, and the first statement did not stay", err)
	}
	files["20261231000000_fails.sql"].Data = []byte("-- +goose Up\nCREATE TABLE first (name TEXT);\nCREATE TABLE second (name TEXT);\n")
	if err := migrateWith(t.Context(), d, db, files); err != nil || !hasTable(t, d, db, "second") {
		t.Errorf("migrateWith(again) = %v", err)
	}
}

// generatedQueries returns the text of all queries by their names.
func generatedQueries(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("gen/*.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	queries := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range regexp.MustCompile("(?s)= `(-- name: (\\w+) :\\w+\n.*?)`").FindAllStringSubmatch(string(text), -1) {
			queries[q[2]] = q[1]
		}
	}
	if len(queries) == 0 {
		t.Fatal("found no queries")
	}
	return queries
}

// Purges, the outbox and the lists of periodic tasks read their index on PostgreSQL. On YugabyteDB, they read it for each bucket.
func TestTimeIndexesAreUsed(t *testing.T) {
	t.Parallel()
	queries := generatedQueries(t)
	for name, p := range map[string]product{"PostgreSQL": postgres, "YugabyteDB": yugabyte} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mustOpenDB(t, pgtest.URL(t))
			mustRun(t, db, hashFunctions)
			d := dialectOf("postgres://").of(p)
			d.migration = forPostgres(d.migration)
			if err := migrateWith(t.Context(), d, db, release(t, "", nil), goMigrations()...); err != nil {
				t.Fatal(err)
			}
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, index := range slices.Sorted(maps.Keys(bucketed)) {
				query := queries[bucketed[index]]
				if p == yugabyte {
					query = inBuckets(query)
				}
				plan := planOf(t, conn, query)
				if !strings.Contains(plan, " using "+index+" ") || p == yugabyte && !strings.Contains(plan, "% 16) = ANY (") {
					t.Errorf("%s does not use %s:\n%s\n%s", bucketed[index], index, query, plan)
				}
			}
		})
	}
}

// planOf returns the plan of a query in an empty table, for all values, without those plans that PostgreSQL prefers for small tables.
func planOf(t *testing.T, conn *sql.Conn, query string) string {
	t.Helper()
	number := 0
	for strings.Contains(query, fmt.Sprintf("$%d", number+1)) {
		number++
	}
	statements := []string{"SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan", "PREPARE planned AS " + query}
	for _, statement := range statements {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	rows, err := conn.QueryContext(t.Context(), "EXPLAIN EXECUTE planned ("+strings.TrimSuffix(strings.Repeat("NULL, ", number), ", ")+")")
	if err != nil {
		t.Fatalf("explain %s: %v", query, err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	rows.Close()
	if _, err := conn.ExecContext(t.Context(), "DEALLOCATE planned"); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// The outbox and a purge find their rows with the statements of YugabyteDB.
func TestStatementsInBuckets(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	mustRun(t, mustOpenDB(t, url), hashFunctions)
	s := mustOpenPostgres(t, url)
	s.dialect = s.dialect.of(yugabyte)
	s.reader = gen.New(s.dialect.statements(s.read))
	due := time.UnixMilli(1000)
	for _, id := range []string{"a", "b", "c"} {
		o := Outgoing{OutgoingKey: OutgoingKey{"p", id}, Medium: "EMAIL", Due: due, Expires: due}
		if err := s.Write(t.Context(), func(tx *Tx) error { return tx.CreateOutgoing(t.Context(), o) }); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := s.DueOutgoing(t.Context(), "EMAIL", due, 10); err != nil || len(keys) != 3 {
		t.Errorf("DueOutgoing() = %v, %v, want 3 keys", keys, err)
	}
	if err := s.Purge(t.Context(), Cutoffs{Outgoing: due.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	if waiting, err := s.CountOutgoing(t.Context()); err != nil || len(waiting) > 0 {
		t.Errorf("CountOutgoing(after a purge) = %v, %v", waiting, err)
	}
}
