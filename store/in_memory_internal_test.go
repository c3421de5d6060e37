package store

import (
	"slices"
	"testing"
)

// A store in memory that copies the migrated database has the tables and migrations of one that ran the migrations itself, and no data.
func TestCopyOfEmptyInMemory(t *testing.T) {
	t.Parallel()
	describe := func(s *Store) (rows []string) {
		t.Helper()
		found, err := s.write.QueryContext(t.Context(), `SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master
			UNION ALL SELECT 'migration ' || version_id FROM goose_db_version
			UNION ALL SELECT 'data keys: ' || count(*) FROM data_keys ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		for found.Next() {
			var row string
			if err := found.Scan(&row); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	connect := func() *Store {
		t.Helper()
		s := &Store{dialect: dialectOf(""), inMemory: true}
		if err := s.connect(t.Context(), Config{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	migrated, copied := connect(), connect()
	if err := migrate(t.Context(), migrated.dialect, migrated.write); err != nil {
		t.Fatal(err)
	}
	if err := keepEmpty(t.Context(), migrated.write); err != nil {
		t.Fatal(err)
	}
	if isCopied, err := copyEmpty(t.Context(), copied.write); !isCopied || err != nil {
		t.Fatalf("copyEmpty() = %t, %v, want a copy", isCopied, err)
	}
	if got, want := describe(copied), describe(migrated); !slices.Equal(got, want) {
		t.Errorf("the copy has\n%q\nwant\n%q", got, want)
	}
}
