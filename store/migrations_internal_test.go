package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cognate/internal/pgtest"
)

// landedMigrations are the SHA-256 sums of the migrations that have run on databases in use.
var landedMigrations = map[string]string{
	"00001_directory.sql":      "cbd6294511d4bcd2d16a09284c8f521b56a541be7fe9e9718d26b1cf1bbf7232",
	"00002_sign_in.sql":        "16a17e76dbf13482a7371804278956d9b67e7a8bc55ab3aaaa6100b8202e80cb",
	"00003_outbox.sql":         "1f157045dcad8c15e4f10962357725843ddb4638f1b26b23711f280a73ce345c",
	"00004_grants.sql":         "943163025dcc1f1d1a1fe24cdacd5b73919f4d633ccbc67a7d7a812b187a9662",
	"00005_devices.sql":        "007f3a1154e2b0f53764222c385d50b5b5cc9db87ec4239bc20acedbc51265dd",
	"00006_credentials.sql":    "4f2e0e216192f3aff2721011ca5059506117f024dbee5fd1988f7286dd21d893",
	"00007_session_states.sql": "07032bf5eafa166d317a2886e8005867dfa1a1529c640a5ef6bd89d190b3dbcf",
}

// A landed migration never changes, because databases do not run it again. A new migration is named by its time in UTC, so
// that two branches do not use the same number.
func TestMigrations(t *testing.T) {
	t.Parallel()
	byTime := regexp.MustCompile(`^20\d{12}_[a-z0-9_]+\.sql$`)
	names, err := fs.Glob(migrations, "migrations/*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		name, sum := path.Base(name), sha256.Sum256(text)
		want, ok := landedMigrations[name]
		switch {
		case ok && want != hex.EncodeToString(sum[:]):
			t.Errorf("%s was changed; add a migration instead", name)
		case ok:
			seen++
		case !byTime.MatchString(name):
			t.Errorf("%s: a new migration is named YYYYMMDDHHMMSS_name.sql", name)
		}
	}
	if seen != len(landedMigrations) {
		t.Errorf("%d of %d migrations are there", seen, len(landedMigrations))
	}
}

// A migration marks itself as additive, and no other one.
func TestAdditiveMarks(t *testing.T) {
	t.Parallel()
	for _, m := range migrationFiles(t) {
		version, _, _ := strings.Cut(m.name, "_")
		up, _, _ := strings.Cut(m.text, "-- +goose Down")
		if mark := additiveMark.FindStringSubmatch(up); mark != nil && mark[1] != version {
			t.Errorf("%s marks migration %s as additive, want itself", m.name, mark[1])
		} else if mark == nil && strings.Contains(up, "INTO additive_migrations") {
			t.Errorf("%s: write the mark like docs/contributing.md", m.name)
		}
	}
}

// A migration changes the schema or rows, besides its mark, because CockroachDB does not write to a new column in the transaction that adds
// it, and distributed databases run the statements singly. Migrations from before this rule stay: distributed.go makes them repeatable.
func TestMigrationsAreOfOneKind(t *testing.T) {
	t.Parallel()
	earlier := []string{"00004_grants.sql", "20261127081500_user_counts.sql", "20261127133500_user_index_order.sql"}
	for _, m := range migrationFiles(t) {
		changesSchema, changesRows := false, false
		for _, statement := range statementsOf(m.text) {
			switch {
			case additiveMark.MatchString(statement + ";"):
			case strings.HasPrefix(statement, "INSERT "), strings.HasPrefix(statement, "UPDATE "), strings.HasPrefix(statement, "DELETE "):
				changesRows = true
			default:
				changesSchema = true
			}
		}
		if changesSchema && changesRows && !slices.Contains(earlier, m.name) {
			t.Errorf("%s changes the schema and rows; write two migrations", m.name)
		}
	}
}

// onEachEngine runs a test on an empty database of each engine.
func onEachEngine(t *testing.T, test func(t *testing.T, d dialect, db *sql.DB)) {
	t.Helper()
	for engine, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "cognate.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := url(t)
			d := dialectOf(url)
			read, write, err := d.open(Config{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = read.Close(), write.Close() })
			test(t, d, write)
		})
	}
}

// release returns the migrations of a release: those of this build without missing, and with added.
func release(t *testing.T, missing string, added map[string]string) fstest.MapFS {
	t.Helper()
	files := make(fstest.MapFS)
	for _, m := range migrationFiles(t) {
		if m.name != missing {
			files[m.name] = &fstest.MapFile{Data: []byte(m.text)}
		}
	}
	for name, text := range added {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func hasTable(t *testing.T, d dialect, db *sql.DB, name string) (has bool) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), d.tableExists, name).Scan(&has); err != nil {
		t.Fatal(err)
	}
	return has
}

const (
	leasesMigration = "20261127042000_leases.sql"
	nodesMigration  = "20261127131000_nodes.sql" // no later one needs it
	marksMigration  = "20261127050000_additive_migrations.sql"
	newer           = "-- +goose Up\nCREATE TABLE newer (name TEXT);\n"
	newerAdditive   = newer + "INSERT INTO additive_migrations (version) VALUES (29990101000000);\n"
)

// A database of a newer version is not opened and not changed.
func TestNewerDatabase(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, d dialect, db *sql.DB) {
		files := release(t, nodesMigration, map[string]string{"29990101000000_newer.sql": newer})
		if err := migrateWith(t.Context(), d, db, files); err != nil {
			t.Fatal(err)
		}
		err := migrate(t.Context(), d, db)
		if err == nil || !strings.Contains(err.Error(), "written by a newer version of Cognate (migration 29990101000000)") {
			t.Errorf("migrate(database of a newer version) = %v, want an error that says so", err)
		}
		if hasTable(t, d, db, "nodes") {
			t.Error("a pending migration ran on the database of a newer version")
		}
	})
}

// A newer migration that is additive does not stop the start, and older migrations that are pending run.
func TestNewerAdditiveMigration(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, d dialect, db *sql.DB) {
		files := release(t, nodesMigration, map[string]string{"29990101000000_newer.sql": newerAdditive})
		if err := migrateWith(t.Context(), d, db, files); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := migrate(t.Context(), d, db); err != nil {
				t.Fatalf("migrate(database with a newer additive migration) = %v", err)
			}
		}
		if !hasTable(t, d, db, "nodes") {
			t.Error("the pending migration did not run")
		}
	})
}

// A database from before the table of additive migrations gets it.
func TestDatabaseWithoutMarks(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, d dialect, db *sql.DB) {
		previous := make(fstest.MapFS)
		for name, file := range release(t, marksMigration, nil) {
			if name < marksMigration { // later ones insert their marks
				previous[name] = file
			}
		}
		if err := migrateWith(t.Context(), d, db, previous); err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), d, db); err != nil || !hasTable(t, d, db, "additive_migrations") {
			t.Errorf("migrate(database of the previous release) = %v, want the table of additive migrations", err)
		}
		if err := migrateWith(t.Context(), d, db, release(t, leasesMigration, nil)); err == nil {
			t.Error("a release opens a database with a migration that is not marked")
		}
	})
}

// A migration runs even if its time is before that of the last one: its branch may land second.
func TestMigrationsRunOutOfOrder(t *testing.T) {
	t.Parallel()
	d := dialectOf("")
	read, write, err := d.open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	files := fstest.MapFS{"00002_second.sql": {Data: []byte("-- +goose Up\nCREATE TABLE second (name TEXT);\n")}}
	for _, name := range []string{"", "00001_first.sql"} {
		if name != "" {
			files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE first (name TEXT);\n")}
		}
		p, err := newMigrator(t.Context(), d, write, files)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatalf("Up(with %s) = %v", name, err)
		}
	}
	if _, err := write.ExecContext(t.Context(), "INSERT INTO first VALUES ('a')"); err != nil {
		t.Errorf("after both migrations: %v", err)
	}
}

// The pending migrations are those that run, and looking at them changes nothing.
func TestPendingMigrations(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, d dialect, db *sql.DB) {
		all := release(t, "", map[string]string{"29990101000000_newer.sql": newer, "29990101000001_newest.sql": "-- +goose Up\nCREATE TABLE newest (name TEXT);\n" +
			"INSERT INTO additive_migrations (version) VALUES (29990101000001);\n-- +goose Down\nDROP TABLE newest;\n"})
		pending, err := pendingOf(t.Context(), d, db, all, goMigrations()...)
		if err != nil || len(pending) != len(all)+len(goMigrations()) || hasTable(t, d, db, "goose_db_version") {
			t.Fatalf("pendingOf(new database) = %v, %v, want %d and no change", pending, err, len(all)+len(goMigrations()))
		}
		if err := migrate(t.Context(), d, db); err != nil {
			t.Fatal(err)
		}
		want := []Migration{{"29990101000000_newer.sql", false, MigrationPending}, {"29990101000001_newest.sql", true, MigrationPending}}
		if pending, err = pendingOf(t.Context(), d, db, all, goMigrations()...); err != nil || !slices.Equal(pending, want) {
			t.Errorf("pendingOf() = %v, %v, want %v", pending, err, want)
		}
		if err := migrateWith(t.Context(), d, db, all, goMigrations()...); err != nil {
			t.Fatal(err)
		}
		// The older build lists them as unknown, and the one without a mark is an error.
		known := release(t, "", nil)
		listed, err := allMigrations(t.Context(), d, db, known, goMigrations()...)
		want = []Migration{{"29990101000000", false, MigrationUnknown}, {"29990101000001", true, MigrationUnknown}}
		if err == nil || !strings.Contains(err.Error(), "(migration 29990101000000)") || !slices.Equal(listed[len(known)+len(goMigrations()):], want) {
			t.Errorf("allMigrations(database of a newer version) = %v, %v, want %v at the end and an error", listed, err, want)
		}
		if _, err := pendingOf(t.Context(), d, db, release(t, "", nil), goMigrations()...); err == nil || !strings.Contains(err.Error(), "newer version of Cognate") {
			t.Errorf("pendingOf(database of a newer version) = %v, want an error that says so", err)
		}
	})
}

// With manual migrations, a store opens only a database without pending ones, and changes no table.
func TestManualMigrations(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, d dialect, db *sql.DB) {
		if err := requireMigrated(t.Context(), d, db); !errors.Is(err, ErrPending) || !strings.Contains(err.Error(), "00001_directory.sql") {
			t.Errorf("requireMigrated(new database) = %v, want ErrPending with the first migration", err)
		}
		if hasTable(t, d, db, "goose_db_version") {
			t.Error("requireMigrated changed the database")
		}
		if err := migrate(t.Context(), d, db); err != nil {
			t.Fatal(err)
		}
		if err := requireMigrated(t.Context(), d, db); err != nil {
			t.Errorf("requireMigrated(migrated database) = %v", err)
		}
	})
}
