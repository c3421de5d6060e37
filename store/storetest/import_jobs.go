package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/store"
)

var importJobTests = []part{
	{"import job round trip", importJobRoundTrip},
	{"import files are read from a position", importFile},
	{"import jobs expire", importPurge},
	{"create users", createUsers},
}

func importJobRoundTrip(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	first := &cognate.UserImportJob{
		PoolID: p.ID, ID: "import-1", AccountID: p.AccountID, Name: "first", RoleARN: "a role", Status: api.UserImportJobStatusTypeCreated,
		Hashing: api.PasswordHashingAlgorithmTypeBcrypt, CreatedAt: now,
	}
	second := &cognate.UserImportJob{PoolID: p.ID, ID: "import-2", AccountID: p.AccountID, Status: api.UserImportJobStatusTypeCreated, CreatedAt: now}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.CreateImportJob(t.Context(), first), tx.CreateImportJob(t.Context(), second))
	})
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateImportJob(t.Context(), second) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateImportJob(again) = %v, want ErrExists", err)
	}
	newest, err := s.ImportJobs(t.Context(), p.ID, 9, 1)
	if err != nil || len(newest) != 1 || newest[0].ID != "import-2" {
		t.Fatalf("ImportJobs() = %v, %v, want the second job", newest, err)
	}
	older, err := s.ImportJobs(t.Context(), p.ID, newest[0].Ordinal, 9)
	if err != nil || len(older) != 1 {
		t.Fatalf("ImportJobs(before the second) = %v, %v, want the first job", older, err)
	}
	first.Ordinal, first.Beat = 1, older[0].Beat
	if diff := cmp.Diff(first, older[0]); diff != "" {
		t.Errorf("ImportJobs() differs (-want +got):\n%s", diff)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		j, err := tx.LockImportJob(t.Context(), p.ID, "import-1")
		if err != nil {
			return err
		}
		if j.Beat != first.Beat+1 {
			t.Errorf("Beat after a lock = %d, want %d", j.Beat, first.Beat+1)
		}
		j.Status, j.Message, j.Upload, j.Uploading, j.Holder = api.UserImportJobStatusTypeInProgress, "text", "a", "b", "c"
		j.Position, j.Line, j.Imported, j.Skipped, j.Failed, j.StartedAt, j.CompletedAt = 1, 2, 3, 4, 5, now, now.Add(time.Second)
		*first = *j
		return tx.SaveImportJob(t.Context(), j)
	})
	got, err := s.ImportJob(t.Context(), p.ID, "import-1")
	if err != nil {
		t.Fatalf("ImportJob() = %v", err)
	}
	if diff := cmp.Diff(first, got); diff != "" {
		t.Errorf("ImportJob() differs (-want +got):\n%s", diff)
	}
	if running, err := s.RunningImportJobs(t.Context()); err != nil || len(running) != 1 || running[0].ID != "import-1" {
		t.Errorf("RunningImportJobs() = %v, %v, want the first job", running, err)
	}
	mustWrite(t, s, func(tx *store.Tx) error {
		for region, want := range map[string]int{"eu-west-1": 1, "eu-west-2": 0} {
			if n, err := tx.CountRunningImportJobs(t.Context(), p.AccountID, region); n != want || err != nil {
				t.Errorf("CountRunningImportJobs(%s) = %d, %v, want %d", region, n, err, want)
			}
		}
		if n, err := tx.CountImportJobs(t.Context(), p.ID); n != 2 || err != nil {
			t.Errorf("CountImportJobs() = %d, %v, want 2", n, err)
		}
		return nil
	})
}

func importFile(t *testing.T, s *store.Store) {
	j := &cognate.UserImportJob{PoolID: "eu-west-1_A", ID: "import-1", Upload: "file"}
	mustWrite(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.AddImportChunk(t.Context(), j, "file", 0, []byte("abc")), tx.AddImportChunk(t.Context(), j, "file", 3, []byte("de")),
			tx.AddImportChunk(t.Context(), j, "other", 0, []byte("xyz")), tx.DeleteImportChunks(t.Context(), j, "file"),
		)
	})
	for position, want := range map[int64]string{0: "abc", 2: "c", 3: "de", 4: "e", 5: "", 9: ""} {
		if got, err := s.ImportChunk(t.Context(), j, position); string(got) != want || err != nil {
			t.Errorf("ImportChunk(%d) = %q, %v, want %q", position, got, err, want)
		}
	}
	j.Upload = "other"
	if _, err := s.ImportChunk(t.Context(), j, 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ImportChunk(deleted) = %v, want ErrNotFound", err)
	}
}

func importPurge(t *testing.T, s *store.Store) {
	p := mustPool(t, s, "eu-west-1_A")
	jobs := map[string]*cognate.UserImportJob{}
	for _, id := range []string{"old", "new", "done"} {
		jobs[id] = &cognate.UserImportJob{PoolID: p.ID, ID: id, Status: api.UserImportJobStatusTypeCreated, CreatedAt: now}
	}
	jobs["new"].CreatedAt = now.Add(time.Second)
	mustWrite(t, s, func(tx *store.Tx) error {
		for id, j := range jobs {
			j.Uploading = "running"
			err := errors.Join(
				tx.CreateImportJob(t.Context(), j), tx.SaveImportJob(t.Context(), j), tx.AddImportLog(t.Context(), j, 0, id),
				tx.AddImportChunk(t.Context(), j, "running", 0, []byte("a")), tx.AddImportChunk(t.Context(), j, "left", 0, []byte("b")),
			)
			if err != nil {
				return err
			}
		}
		jobs["done"].Finish(api.UserImportJobStatusTypeSucceeded, "", now)
		return tx.SaveImportJob(t.Context(), jobs["done"])
	})
	mustPurge(t, s, store.Cutoffs{ImportJobs: now, ImportUploads: now, ImportLogs: now.Add(time.Second)})
	for id, want := range map[string]struct {
		status api.UserImportJobStatusType
		chunks string
	}{
		"old":  {api.UserImportJobStatusTypeExpired, ""},
		"new":  {api.UserImportJobStatusTypeCreated, "running"},
		"done": {api.UserImportJobStatusTypeSucceeded, ""},
	} {
		got, err := s.ImportJob(t.Context(), p.ID, id)
		if err != nil || got.Status != want.status {
			t.Errorf("ImportJob(%s) after purge = %v, %v, want %s", id, got, err, want.status)
		}
		if id == "old" && !got.CompletedAt.Equal(now.Add(cognate.UserImportLifetime)) {
			t.Errorf("CompletedAt = %v, want 24 hours after the creation", got.CompletedAt)
		}
		var left []string
		for _, upload := range []string{"running", "left"} {
			got.Upload = upload
			if _, err := s.ImportChunk(t.Context(), got, 0); err == nil {
				left = append(left, upload)
			}
		}
		if strings.Join(left, ",") != want.chunks {
			t.Errorf("uploads of job %s after purge = %q, want %q", id, left, want.chunks)
		}
	}
}

// createUsers stores what CreateUser stores, and refuses what it refuses.
func createUsers(t *testing.T, s *store.Store) {
	for _, p := range []*cognate.UserPool{
		{ID: "eu-west-1_Plain"},
		{ID: "eu-west-1_Alias", PoolUsernames: cognate.PoolUsernames{AliasAttributes: []api.AliasAttributeType{api.AliasAttributeTypeEmail}}},
	} {
		p.AccountID = "123456789012"
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), p, nil) })
		user := func(sub, username, email string) *cognate.User {
			return &cognate.User{
				PoolID: p.ID, Sub: sub, Username: username, Status: api.UserStatusTypeResetRequired, Enabled: true, Created: now, Modified: now,
				Attributes: map[string]string{"email": email, "email_verified": "true", "name": "Name " + sub},
			}
		}
		mustWrite(t, s, func(tx *store.Tx) error {
			return tx.CreateUser(t.Context(), p, user("0", "known", "known@example.com"))
		})
		users := []*cognate.User{
			user("1", "ann", "ann@example.com"), user("2", "known", "x@example.com"), user("3", "bob", "known@example.com"),
			user("4", "ann", "y@example.com"), user("5", "eve", "ann@example.com"), user("6", "fay", "fay@example.com"),
		}
		users[0].Password.Imported = "$2b$12$hash"
		stored := 1 // known
		var refused map[int]store.NotCreated
		err := s.WriteUsers(t.Context(), func(tx *store.Tx) (err error) {
			refused, err = tx.CreateUsers(t.Context(), p, users)
			return err
		})
		if err != nil {
			t.Fatalf("CreateUsers() = %v", err)
		}
		for i := range users {
			if refused[i].Err != nil {
				continue
			}
			stored++
		}
		if _, n, err := s.DescribeUserPool(t.Context(), p.ID); n.Users != stored || err != nil {
			t.Errorf("%s: users = %d, %v, want %d", p.ID, n.Users, err, stored)
		}
		want := map[int]error{1: store.ErrExists, 3: store.ErrExists}
		if len(p.AliasAttributes) > 0 {
			want[2], want[4] = store.ErrAliasTaken, store.ErrAliasTaken
		}
		for i, u := range users {
			if !errors.Is(refused[i].Err, want[i]) || want[i] == nil && refused[i].Err != nil {
				t.Errorf("%s: CreateUsers() of user %s = %v, want %v", p.ID, u.Sub, refused[i].Err, want[i])
			}
			got, err := s.User(t.Context(), p.ID, u.Sub)
			if want[i] != nil {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s: user %s is stored", p.ID, u.Sub)
				}
				continue
			}
			if diff := cmp.Diff(u, got); err != nil || diff != "" {
				t.Errorf("%s: user %s, %v (-want +got):\n%s", p.ID, u.Sub, err, diff)
			}
			found, err := s.FindUser(t.Context(), p, u.Attributes["email"])
			if hasAlias := len(p.AliasAttributes) > 0; hasAlias != (err == nil) || hasAlias && found.Sub != u.Sub {
				t.Errorf("%s: FindUser(alias of %s) = %v, %v", p.ID, u.Sub, found, err)
			}
			byName, _, err := s.Users(t.Context(), store.UserQuery{PoolID: p.ID, Attribute: "name", Value: "Name " + u.Sub, Limit: 9})
			if err != nil || len(byName) != 1 {
				t.Errorf("%s: Users(by name of %s) = %v, %v, want the user", p.ID, u.Sub, byName, err)
			}
		}
	}
}
