package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/lease"
	"cognate/notify/webhook"
	"cognate/server"
	"cognate/store"
	"cognate/store/storetest"
)

// databases are the engines of tests that open the database a second time.
var databases = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { t.Helper(); return storetest.SQLite(t, "cognate.db") },
	"postgres": func(t testing.TB) string { t.Helper(); return storetest.Postgres(t) },
}

// audited starts a server on a database and makes four records.
func audited(t *testing.T, url string) *cognatetest.Server {
	t.Helper()
	s := cognatetest.StartAudited(t, url, server.Audit{Level: audit.LevelChanges, Node: "node"})
	s.Pool(t).MustUser("ann")
	if events := linked(t, s); len(events) != 4 {
		t.Fatalf("there are %d records, want 4", len(events))
	}
	return s
}

func verify(t *testing.T, url string, anchor audit.Anchor) (audit.Verified, error) {
	t.Helper()
	log, err := store.OpenAuditLog(url)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	return audit.Verify(t.Context(), log, anchor)
}

func TestPurge(t *testing.T) {
	t.Parallel()
	for engine, database := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			s := audited(t, url)
			before, err := verify(t, url, audit.Anchor{})
			if err != nil {
				t.Fatal(err)
			}
			chain := &audit.Chain{Store: s.Store, Retention: time.Hour}
			if err := chain.Purge(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			if after, err := verify(t, url, audit.Anchor{}); err != nil || after != before {
				t.Errorf("after a purge of nothing: %+v, %v, want %+v", after, err, before)
			}
			if err := chain.Purge(t.Context(), time.Now().Add(2*time.Hour)); err != nil {
				t.Fatal(err)
			}
			if after, err := verify(t, url, audit.Anchor{}); err != nil || after.First != 0 || after.Deleted != 4 || after.Hash != before.Hash {
				t.Errorf("after the purge: %+v, %v, want 4 deleted records", after, err)
			}
			s.Pool(t)
			linked(t, s)
			if after, err := verify(t, url, audit.Anchor{Position: 4, Hash: before.Hash}); err != nil || after.First != 5 || after.Last != 6 {
				t.Errorf("after new records: %+v, %v, want 5 to 6", after, err)
			}
			wrong := audit.Anchor{Position: 4, Hash: strings.Repeat("0", 64)}
			if _, err := verify(t, url, wrong); err == nil {
				t.Error("Verify() accepts another hash than the anchor")
			}
		})
	}
}

func copier(s *cognatetest.Server, name, node string, to audit.Target) *audit.Copier {
	return &audit.Copier{Store: s.Store, Name: name, Node: node, Target: to, Leases: lease.New(s.Store, nil), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

func lines(t *testing.T, path string) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		r, err := audit.Decode(line)
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		ids = append(ids, r.EventID)
	}
	return ids
}

func mustOpenFile(t *testing.T, path string) *audit.File {
	t.Helper()
	f, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each record is one line of the file, also after a crash, a rotation, and a time in which the file could not be written.
func TestFile(t *testing.T) {
	t.Parallel()
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node"})
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	f := mustOpenFile(t, path)
	c := copier(s, "file", "node", f)
	round := func(want int) {
		t.Helper()
		if err := c.Round(t.Context()); err != nil {
			t.Fatalf("Round() = %v", err)
		}
		if ids := lines(t, path); len(ids) != want {
			t.Errorf("the file has %d lines, want %d", len(ids), want)
		}
	}
	round(0) // a new copy begins at the end
	s.Pool(t)
	linked(t, s)
	round(2)
	round(2)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file = %v, %v, want 0600", info.Mode(), err)
	}

	// The server is killed after it wrote the lines, before the database knew it.
	s.Pool(t)
	events := linked(t, s)
	if err := f.Copy(t.Context(), events[2:]); err != nil {
		t.Fatal(err)
	}
	c.Target = mustOpenFile(t, path)
	round(4)

	// Another program renames the file.
	f = mustOpenFile(t, path)
	c.Target = f
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	s.Pool(t)
	linked(t, s)
	round(2)

	// Records of another server are not for this file, those of commands on its host are.
	own := copier(s, "other file", "node 127.0.0.1:8229", f)
	if err := own.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := copier(s, "third file", "another", f)
	if err := other.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Pool(t)
	linked(t, s)
	if err := errors.Join(own.Round(t.Context()), other.Round(t.Context())); err != nil {
		t.Fatal(err)
	}
	if ids := lines(t, path); len(ids) != 4 {
		t.Errorf("the file has %d lines, want the 2 of a command more", len(ids))
	}
}

// With a required file, changes are refused while it cannot be written.
func TestRequiredFile(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "audit")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	f := mustOpenFile(t, filepath.Join(folder, "audit.jsonl"))
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node", File: f, IsFileRequired: true})
	p := s.Pool(t)
	if err := errors.Join(os.RemoveAll(folder)); err != nil {
		t.Fatal(err)
	}
	if err := f.Reload(); err == nil {
		t.Fatal("Reload() without the folder succeeded")
	}
	_, err := s.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: "staff"})
	cognatetest.WantCode(t, "CreateGroup() without the file", err, api.CodeInternalErrorException)
	if _, err := s.Client.DescribeUserPool(t.Context(), &api.DescribeUserPoolInput{UserPoolId: p.PoolID}); err != nil {
		t.Errorf("DescribeUserPool() without the file = %v", err)
	}
	if err := errors.Join(os.Mkdir(folder, 0o700), f.Reload()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.CreateGroup(t.Context(), &api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: "staff"}); err != nil {
		t.Errorf("CreateGroup() with the file = %v", err)
	}
}

// The webhook gets all records, signed, and again after an error.
func TestWebhook(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	status := http.StatusServiceUnavailable
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		want := webhook.Sign([]byte(secret), r.Header.Get(webhook.HeaderTimestamp), body)
		if err != nil || r.Header.Get(webhook.HeaderSignature) != want || r.Header.Get(webhook.HeaderID) == "" {
			t.Errorf("request with the signature %q, %v, want %q", r.Header.Get(webhook.HeaderSignature), err, want)
		}
		var records struct{ Records []audit.Record }
		if err := json.Unmarshal(body, &records); err != nil {
			t.Error(err)
		}
		for _, r := range records.Records {
			got = append(got, r.EventName)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(hook.Close)
	s := cognatetest.StartAudited(t, "", server.Audit{Level: audit.LevelChanges, Node: "node"})
	to := webhook.Records{Transport: webhook.New(webhook.Config{URL: hook.URL, Secret: []byte(secret), Client: hook.Client(), Now: time.Now})}
	c := copier(s, "webhook", "", to)
	now := time.Now()
	c.Now = func() time.Time { return now }
	if err := c.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Pool(t)
	linked(t, s)
	if err := c.Round(t.Context()); err == nil {
		t.Error("Round() succeeds although the webhook refuses")
	}
	status, got = http.StatusNoContent, nil
	if err := c.Round(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if strings.Join(got, " ") != "CreateUserPool CreateUserPoolClient" {
		t.Errorf("records = %q, want both again", got)
	}
	if err := c.Round(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("Round() without new records = %v, posted %q", err, got)
	}
}
