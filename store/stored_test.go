package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

// The pools of the stored rows, and the keys of their app clients. See testdata/stored/README.md.
const (
	fullPool      = "us-east-1_Full00001"
	zeroPool      = "us-east-1_Zero00001"
	earlierPool   = "us-east-1_Earlier01"
	laterPool     = "us-east-1_Later0001"
	fullClient    = fullPool + "/full000000000000000000000a"
	earlierClient = earlierPool + "/earlier0000000000000000000"
)

// Rows of earlier builds are read and saved again as the same JSON. Documents in forms before the first stored rows change to
// the form of those rows.
func TestStoredRows(t *testing.T) {
	t.Parallel()
	for engine, open := range map[string]func(t *testing.T) (driver, url string){
		"sqlite":   func(t *testing.T) (string, string) { return "sqlite", filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": func(t *testing.T) (string, string) { return "pgx", pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			driver, url := open(t)
			db := mustInsertStored(t, driver, url)
			s := mustOpen(t, url, storedKey(t))
			for _, id := range []string{fullPool, zeroPool} { // counted by a migration
				if _, n, err := s.DescribeUserPool(t.Context(), id); err != nil || n.Users != 1 {
					t.Errorf("users of %s = %d, %v, want 1", id, n.Users, err)
				}
			}
			want := contents(t, db, s)
			saveAgain(t, s, db)
			want["user_pools"][earlierPool]["document"] = want["user_pools"][fullPool]["document"]
			want["app_clients"][earlierClient]["document"] = want["app_clients"][fullClient]["document"]
			if diff := cmp.Diff(want, contents(t, db, s)); diff != "" {
				t.Errorf("stored again (-before +after):\n%s", diff)
			}
		})
	}
}

func storedKey(t *testing.T) sealing.MasterKey {
	t.Helper()
	text, err := os.ReadFile("testdata/stored/master.key")
	if err != nil {
		t.Fatal(err)
	}
	key, err := sealing.ParseMasterKey(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatalf("ParseMasterKey() = %v", err)
	}
	return key
}

// storedRows returns the stored rows of a table, for all versions of the schema.
func storedRows(t *testing.T, table string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	for _, path := range storedFiles(t, "*", table) {
		rows = append(rows, rowsIn(t, path)...)
	}
	return rows
}

// storedFiles returns the paths of the files with the rows of a table at a version of the schema. "*" means all tables or
// versions.
func storedFiles(t *testing.T, version, table string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "stored", version, table+".json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("Glob(%s, %s) = %q, %v, want files", version, table, paths, err)
	}
	return paths
}

func rowsIn(t *testing.T, path string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("decode %s: %v", path, err)
	}
	var out []map[string]any
	for _, row := range rows {
		values := make(map[string]any)
		for column, text := range row {
			values[column] = storedValue(t, text)
		}
		out = append(out, values)
	}
	return out
}

func storedValue(t *testing.T, text json.RawMessage) any {
	t.Helper()
	var value any
	var err error
	switch text[0] {
	case '{':
		var bytes struct{ Base64 []byte }
		err = json.Unmarshal(text, &bytes)
		value = bytes.Base64
	case '"':
		var s string
		err = json.Unmarshal(text, &s)
		value = s
	default:
		var n int64
		err = json.Unmarshal(text, &n)
		value = n
	}
	if err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return value
}

// mustInsertStored creates a database with the stored rows. It inserts each row at its version of the schema.
func mustInsertStored(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, version := range storedVersions(t) {
		mustInsertStoredAt(t, db, url, version)
	}
	return db
}

// mustInsertStoredAt migrates a database to a version of the schema, and inserts the stored rows of that version.
func mustInsertStoredAt(t *testing.T, db *sql.DB, url string, version int64) {
	t.Helper()
	if err := store.MigrateTo(t.Context(), url, version); err != nil {
		t.Fatalf("MigrateTo(%d) = %v", version, err)
	}
	for _, path := range storedFiles(t, strconv.FormatInt(version, 10), "*") {
		table := strings.TrimSuffix(filepath.Base(path), ".json")
		for _, row := range rowsIn(t, path) {
			mustInsert(t, db, table, row)
		}
	}
}

// storedVersions returns the versions of the schema of the stored rows, in order.
func storedVersions(t *testing.T) []int64 {
	t.Helper()
	entries, err := os.ReadDir("testdata/stored")
	if err != nil {
		t.Fatal(err)
	}
	var versions []int64
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		version, err := strconv.ParseInt(entry.Name(), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, version)
	}
	slices.Sort(versions)
	return versions
}

func mustInsert(t *testing.T, db *sql.DB, table string, row map[string]any) {
	t.Helper()
	var columns, marks []string
	var values []any
	for column, value := range row {
		columns, values = append(columns, column), append(values, value)
		marks = append(marks, "$"+strconv.Itoa(len(values)))
	}
	mustExec(t, db, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(columns, ", "), strings.Join(marks, ", ")), values...)
}

func mustExec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// contents returns all rows by table and key, with decoded documents and unsealed secrets. It leaves out the versions of rows,
// which increase with each change.
func contents(t *testing.T, db *sql.DB, s *store.Store) map[string]map[string]map[string]any {
	t.Helper()
	all := make(map[string]map[string]map[string]any)
	for _, table := range store.Tables() {
		all[table] = tableContents(t, db, s, table)
	}
	return all
}

func tableContents(t *testing.T, db *sql.DB, s *store.Store, table string) map[string]map[string]any {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	key, _, _ := store.Known(table)
	found := make(map[string]map[string]any)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row, id := rowContents(t, s, table, columns, values), make([]string, 0, len(key))
		for _, column := range key {
			id = append(id, fmt.Sprint(row[column]))
		}
		found[strings.Join(id, "/")] = row
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func rowContents(t *testing.T, s *store.Store, table string, columns []string, values []any) map[string]any {
	t.Helper()
	row := make(map[string]any)
	for i, column := range columns {
		row[column] = values[i]
	}
	open, err := s.Unsealed(table, columns, values)
	if err != nil {
		t.Fatalf("unseal a row of %s: %v", table, err)
	}
	for column, plain := range open {
		row[column] = plain
		if plain[0] == '{' {
			row[column] = decoded(t, plain)
		}
	}
	if document, ok := row["document"].(string); ok {
		row["document"] = decoded(t, []byte(document))
	}
	delete(row, "version")
	return row
}

func decoded(t *testing.T, document []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatalf("decode %s: %v", document, err)
	}
	return value
}

func text(row map[string]any, column string) string { return fmt.Sprint(row[column]) }

// mustWrite runs the steps in one transaction.
func mustWrite(t *testing.T, s *store.Store, steps func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), steps); err != nil {
		t.Fatalf("Write() = %v", err)
	}
}

// millis returns a time of a row, which is stored in milliseconds.
func millis(row map[string]any, column string) time.Time {
	n, _ := row[column].(int64)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
