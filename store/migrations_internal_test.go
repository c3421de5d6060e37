package store

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"regexp"
	"testing"
	"testing/fstest"
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

// A migration runs even if its time is before that of the last one: its branch may land second.
func TestMigrationsRunOutOfOrder(t *testing.T) {
	t.Parallel()
	d := dialectOf("")
	read, write, err := d.open("")
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
		p, err := newMigrator(d, write, files)
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
