package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate/archive"
	"cognate/authn/totp"
	"cognate/backup"
	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
)

// restoreTime is when the tests restore, in whole milliseconds.
var restoreTime = time.Date(2026, 11, 27, 12, 0, 0, int(5*time.Millisecond), time.UTC)

// engine is a database of one kind that is empty, or does not exist.
type engine struct{ driver, url string }

func sqlite(t *testing.T) engine {
	t.Helper()
	return engine{"sqlite", filepath.Join(t.TempDir(), "data", "cognate.db")}
}

func postgres(t *testing.T) engine { t.Helper(); return engine{"pgx", pgtest.URL(t)} }

// mustFillStored fills a database with the stored rows of all tables, and returns a backup of it, and its content.
func mustFillStored(t *testing.T, e engine) (file string, content map[string]map[string]map[string]any) {
	t.Helper()
	if e.driver == "sqlite" {
		if err := os.MkdirAll(filepath.Dir(e.url), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	db := mustInsertStored(t, e.driver, e.url)
	s := mustOpen(t, e.url, storedKey(t))
	return mustBackUp(t, s), contents(t, db, s)
}

func mustBackUp(t *testing.T, s *store.Store) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "backup")
	f, err := archive.CreateFile(file, archive.Encryption{})
	if err != nil {
		t.Fatal(err)
	}
	w := backup.Writer{Store: s, Scratch: filepath.Join(t.TempDir(), "scratch"), Now: func() time.Time { return restoreTime }}
	if _, err := w.Write(t.Context(), f); err != nil {
		t.Fatalf("Write() = %v", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(w.Scratch + "*"); err != nil || len(left) > 0 {
		t.Errorf("left of the copy: %q, %v", left, err)
	}
	return file
}

func restoreOf(file, url string, keys ...sealing.MasterKey) *backup.Restore {
	return &backup.Restore{
		File: backup.File{Path: file}, URL: url, MasterKeys: keys, Now: func() time.Time { return restoreTime },
	}
}

func mustRestore(t *testing.T, r *backup.Restore) {
	t.Helper()
	m, err := r.Check(t.Context())
	if err != nil {
		t.Fatalf("Check() = %v", err)
	}
	if err := r.Run(t.Context(), m); err != nil {
		t.Fatalf("Run() = %v", err)
	}
}

// The rows of every table come back on either engine, except what works once.
func TestBackup(t *testing.T) {
	t.Parallel()
	dropped := []string{
		"codes", "passkey_registrations", "authorization_codes", "pushed_requests", "device_authorizations", "spent_sessions",
		"session_states", "outbox",
	}
	for name, open := range map[string]func(t *testing.T) (from, to engine){
		"sqlite to sqlite":     func(t *testing.T) (_, _ engine) { t.Helper(); return sqlite(t), sqlite(t) },
		"sqlite to postgres":   func(t *testing.T) (_, _ engine) { t.Helper(); return sqlite(t), postgres(t) },
		"postgres to sqlite":   func(t *testing.T) (_, _ engine) { t.Helper(); return postgres(t), sqlite(t) },
		"postgres to postgres": func(t *testing.T) (_, _ engine) { t.Helper(); return postgres(t), postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := open(t)
			file, want := mustFillStored(t, from)
			for _, table := range dropped {
				if len(want[table]) == 0 {
					t.Errorf("the stored rows have none of %s", table)
				}
				want[table] = map[string]map[string]any{}
			}
			want["users"][fullPool+"/00000000-0000-4000-8000-000000000001"]["last_step"] = totp.Step(restoreTime) + 1 // the one with a software token
			for _, grant := range want["grants"] {
				if grant["generation"].(int64) > 0 || grant["client_id"] == strings.TrimPrefix(fullClient, fullPool+"/") {
					grant["revoked"] = int64(1)
				}
			}
			mustRestore(t, restoreOf(file, to.url, storedKey(t)))
			s := mustOpen(t, to.url, storedKey(t))
			db, err := sql.Open(to.driver, to.url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if diff := cmp.Diff(want, contents(t, db, s), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("restored (-want +got):\n%s", diff)
			}
			if s.RestoreID() == "" || !s.RestoredAt().Equal(restoreTime) {
				t.Errorf("restore = %q at %v, want an ID and %v", s.RestoreID(), s.RestoredAt(), restoreTime)
			}
			wantWritable(t, s)
			again := mustBackUp(t, s)
			if m, err := (backup.File{Path: again}).Verify(); err != nil || m.Rows() == 0 {
				t.Errorf("Verify(a backup of the restored database) = %v, %v", m, err)
			}
		})
	}
}

// wantWritable checks that the schema is that of a server.
func wantWritable(t *testing.T, s *store.Store) {
	t.Helper()
	mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveHeartbeat(t.Context(), "node", restoreTime) })
}

// With EndsSessions, all grants are revoked and no SSO session is left, also by Restored.
func TestRestoreEndsSessions(t *testing.T) {
	t.Parallel()
	from, to := sqlite(t), sqlite(t)
	file, _ := mustFillStored(t, from)
	r := restoreOf(file, to.url, storedKey(t))
	r.EndsSessions = true
	mustRestore(t, r)
	want := func(url string) {
		t.Helper()
		s := mustOpen(t, url, storedKey(t))
		db, err := sql.Open("sqlite", url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if sso := tableContents(t, db, s, "sso_sessions"); len(sso) > 0 {
			t.Errorf("%d SSO sessions are left", len(sso))
		}
		for id, grant := range tableContents(t, db, s, "grants") {
			if grant["revoked"] != int64(1) {
				t.Errorf("grant %s is not revoked", id)
			}
		}
	}
	want(to.url)
	s := mustOpen(t, from.url, storedKey(t))
	if err := backup.Restored(t.Context(), s, restoreTime, true, nil); err != nil {
		t.Fatal(err)
	}
	want(from.url)
}

// A second restore has another ID, so that Sessions of after the first one are refused.
func TestRestoreIDs(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, "", storetest.MasterKey(t))
	if id := s.RestoreID(); id != "" || !s.RestoredAt().IsZero() {
		t.Errorf("restore of a new database = %q at %v", id, s.RestoredAt())
	}
	file, _ := mustFillStored(t, sqlite(t))
	ids := make(map[string]bool)
	for range 2 {
		to := sqlite(t)
		mustRestore(t, restoreOf(file, to.url, storedKey(t)))
		ids[mustOpen(t, to.url, storedKey(t)).RestoreID()] = true
	}
	if len(ids) != 2 {
		t.Errorf("IDs of two restores = %v", ids)
	}
}

// Everything that is wrong is reported together, and nothing changes.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	from := sqlite(t)
	file, _ := mustFillStored(t, from)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name  string
		file  string
		url   func(t *testing.T) string
		key   sealing.MasterKey
		wants []string
	}{
		{"filled, wrong key", file, func(*testing.T) string { return from.url }, storetest.MasterKey(t), []string{"not empty", "master key"}},
		{"filled, cut", write(text[:len(text)/2]), func(*testing.T) string { return from.url }, storedKey(t), []string{"damaged", "not empty"}},
		{"altered", write(alter(text)), func(t *testing.T) string { t.Helper(); return sqlite(t).url }, storedKey(t), []string{"damaged"}},
		{"missing", file + "x", func(t *testing.T) string { t.Helper(); return sqlite(t).url }, storedKey(t), []string{"no such file"}},
		{"a folder", filepath.Dir(file), func(t *testing.T) string { t.Helper(); return sqlite(t).url }, storedKey(t), []string{"not a regular file"}},
		{"newer schema", write(mustEdit(t, file, newerSchema)), func(t *testing.T) string { t.Helper(); return postgres(t).url }, storedKey(t), []string{"newer version of Cognate (migration 29990101000000)"}},
		{"newer schema of the database", write(mustEdit(t, file, olderSchema)), migratedPostgres, storedKey(t), []string{"newer schema than the backup"}},
		{"another format", write(mustEdit(t, file, otherFormat)), func(t *testing.T) string { t.Helper(); return sqlite(t).url }, storedKey(t), []string{"cognate-backup/1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := test.url(t)
			_, err := restoreOf(test.file, url, test.key).Check(t.Context())
			refusal, ok := errors.AsType[*backup.Refusal](err)
			if !ok || len(refusal.Problems) != len(test.wants) {
				t.Fatalf("Check() = %v, want %d problems", err, len(test.wants))
			}
			for _, want := range test.wants {
				if !strings.Contains(refusal.Error(), want) {
					t.Errorf("Check() = %v, want %q", err, want)
				}
			}
			if _, err := os.Stat(filepath.Dir(url)); url != from.url && !strings.Contains(url, "://") && err == nil {
				t.Error("Check() has made the folder of the database")
			}
		})
	}
}

// alter changes one byte of the middle of the content, whose checksum gzip does not have any more.
func alter(text []byte) []byte {
	altered := bytes.Clone(text)
	altered[len(altered)/2] ^= 1
	return altered
}

func migratedPostgres(t *testing.T) string {
	t.Helper()
	url := postgres(t).url
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

func newerSchema(m map[string]any) {
	m["schema"] = append(m["schema"].([]any), json.Number("29990101000000"))
}

func olderSchema(m map[string]any) {
	schema := m["schema"].([]any)
	m["schema"] = schema[:len(schema)-1]
}

func otherFormat(m map[string]any) { m["format"] = "cognate-backup/2" }

// A restore that fails leaves an empty database.
func TestRestoreFails(t *testing.T) {
	t.Parallel()
	file, _ := mustFillStored(t, sqlite(t))
	for name, open := range map[string]func(t *testing.T) engine{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := open(t)
			r := restoreOf(file, to.url, storedKey(t))
			m, err := r.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m.Time = m.Time.Add(time.Second) // as if the file had been replaced
			if err := r.Run(t.Context(), m); err == nil {
				t.Fatal("Run() accepts another file")
			}
			ctx, cancel := context.WithCancel(t.Context())
			r.Now = func() time.Time { cancel(); return restoreTime }
			if err := r.Run(ctx, m); err == nil {
				t.Error("Run() succeeds without a context")
			}
			r.Now = func() time.Time { return restoreTime }
			mustRestore(t, r)
		})
	}
}

// A server that was started on the new database does not prevent a restore, unless it still runs.
func TestRestoreIntoStartedDatabase(t *testing.T) {
	t.Parallel()
	file, _ := mustFillStored(t, sqlite(t))
	for name, open := range map[string]func(t *testing.T) engine{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := open(t)
			if to.driver == "sqlite" {
				if err := os.MkdirAll(filepath.Dir(to.url), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			s, err := store.Open(t.Context(), store.Config{URL: to.url, MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			mustRestore(t, restoreOf(file, to.url, storedKey(t)))
			mustOpen(t, to.url, storedKey(t))
		})
	}
}

// A server whose heartbeats go on is running. One that was killed is not.
func TestFindServers(t *testing.T) {
	t.Parallel()
	e := sqlite(t)
	if err := os.MkdirAll(filepath.Dir(e.url), 0o700); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, e.url, storetest.MasterKey(t))
	beat := func(node string) {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveHeartbeat(t.Context(), node, restoreTime) })
	}
	beat("killed")
	beat("running")
	ids := func(nodes []store.Node) (ids []string) {
		for _, node := range nodes {
			ids = append(ids, node.ID)
		}
		return ids
	}
	running, stopped, err := store.FindServers(t.Context(), e.url, func(context.Context) error { return nil })
	if err != nil || len(running) > 0 || !slices.Equal(ids(stopped), []string{"killed", "running"}) {
		t.Errorf("FindServers() = %v, %v, %v, want both as killed", running, stopped, err)
	}
	running, stopped, err = store.FindServers(t.Context(), e.url, func(context.Context) error { beat("running"); return nil })
	if err != nil || !slices.Equal(ids(running), []string{"running"}) || !slices.Equal(ids(stopped), []string{"killed"}) {
		t.Errorf("FindServers() = %v, %v, %v, want the one that beats, and the other one", running, stopped, err)
	}
}

// A server that is started between the check and the end of a restore prevents the restore, and its data key stays.
func TestRestoreSeesServersThatStart(t *testing.T) {
	t.Parallel()
	file, _ := mustFillStored(t, sqlite(t))
	to := postgres(t)
	key := storetest.MasterKey(t)
	s := mustOpen(t, to.url, key)
	beat := func(node string) {
		mustWrite(t, s, func(tx *store.Tx) error { return tx.SaveHeartbeat(t.Context(), node, restoreTime) })
	}
	r := restoreOf(file, to.url, storedKey(t))
	m, err := r.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	beat("started")
	if err := r.Run(t.Context(), m); !errors.Is(err, store.ErrInUse) {
		t.Fatalf("Run() with a server = %v, want %v", err, store.ErrInUse)
	}
	if err := backup.Restored(t.Context(), s, restoreTime, false, nil); !errors.Is(err, store.ErrInUse) {
		t.Fatalf("Restored() with a server = %v, want %v", err, store.ErrInUse)
	}
	if err := s.RequireNotRestored(t.Context()); err != nil {
		t.Errorf("RequireNotRestored() after restores that failed = %v", err)
	}
	mustOpen(t, to.url, key)
	_, stopped, err := store.FindServers(t.Context(), to.url, func(context.Context) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := backup.Restored(t.Context(), s, restoreTime, false, stopped); err != nil {
		t.Errorf("Restored() after the server was killed = %v", err)
	}
	beat("started")
	if err := backup.Restored(t.Context(), s, restoreTime, false, stopped); !errors.Is(err, store.ErrInUse) {
		t.Errorf("Restored() after another heartbeat = %v, want %v", err, store.ErrInUse)
	}
}

// A store that was open during a restore knows that.
func TestRequireNotRestored(t *testing.T) {
	t.Parallel()
	file, _ := mustFillStored(t, sqlite(t))
	to := postgres(t)
	old := mustOpen(t, to.url, storetest.MasterKey(t))
	mustRestore(t, restoreOf(file, to.url, storedKey(t)))
	if err := old.RequireNotRestored(t.Context()); !errors.Is(err, store.ErrRestored) {
		t.Errorf("RequireNotRestored() after a restore = %v, want %v", err, store.ErrRestored)
	}
	current := mustOpen(t, to.url, storedKey(t))
	if err := backup.Restored(t.Context(), current, restoreTime.Add(time.Second), false, nil); err != nil {
		t.Fatal(err)
	}
	if err := current.RequireNotRestored(t.Context()); err != nil {
		t.Errorf("RequireNotRestored() of the store that has restored = %v", err)
	}
}

// If a migration that is newer than the backup fails, the rows of PostgreSQL are there, and the error says so. Migrate finishes.
func TestRestoreThenMigrationFails(t *testing.T) {
	t.Parallel()
	file, _ := mustFillStored(t, sqlite(t))
	to := postgres(t)
	m, err := restoreOf(file, to.url, storedKey(t)).Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(to.driver, to.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE TABLE certificates (name TEXT)") // so the migration that creates the table fails
	const certificates = 20261127161300
	older := store.Filling{URL: to.url, Schema: slices.DeleteFunc(m.Schema, func(version int64) bool { return version == certificates })}
	err = older.Fill(t.Context(), store.RestoreOptions{ID: "restore", At: restoreTime}, func(*store.Filler) error { return nil })
	if _, ok := errors.AsType[*store.MigrationError](err); !ok {
		t.Fatalf("Fill() = %v, want a MigrationError", err)
	}
	exec("DROP TABLE certificates")
	if _, err := store.Migrate(t.Context(), to.url); err != nil {
		t.Fatalf("Migrate() = %v", err)
	}
	if id := mustOpen(t, to.url, storedKey(t)).RestoreID(); id != "restore" {
		t.Errorf("restore after Migrate() = %q, want the one of Fill()", id)
	}
}
