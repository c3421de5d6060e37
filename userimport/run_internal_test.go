package userimport

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/logdelivery"
	"cognate/store"
	"cognate/store/storetest"
)

func mustWrite(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// The job of a server that was killed is taken over at its position when the server has been silent for 10 seconds, and each
// row counts once. The killed server can write nothing any more.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	storetest.OnBoth(t, func(t *testing.T, s *store.Store) {
		pool := &cognate.UserPool{
			ID: "eu-west-1_AbCdEfGhI", AccountID: "123456789012", Schema: cognate.StandardAttributes(),
			PoolVerification: cognate.PoolVerification{AutoVerified: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail}},
		}
		now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		var log strings.Builder
		logger := slog.New(slog.NewTextHandler(&log, nil))
		logs := logdelivery.New(logdelivery.Config{
			Sinks: map[string]logdelivery.Sink{"log": &logdelivery.Log{Logger: logger}}, Default: "log", Log: logger,
		})
		service := New(Config{Store: s, Now: func() time.Time { return now }, Logs: logs, Log: logger})
		service.Users = &account.Service{Store: s, Now: service.Now}
		const rows, done = 1000, 700
		text, position := strings.Join(Header(pool), ",")+"\n", 0
		for i := range rows {
			if i == done {
				position = len(text)
			}
			for _, column := range Header(pool) {
				text += map[string]string{account.ColumnUsername: fmt.Sprint("user", i), "email": "a@example.com", "email_verified": "TRUE"}[column] + ","
			}
			text = strings.TrimSuffix(text, ",") + "\n"
		}
		job := &cognate.UserImportJob{RoleARN: "arn:aws:iam::123456789012:role/logs"}
		mustWrite(t, s, func(tx *store.Tx) error { return tx.CreateUserPool(t.Context(), pool, nil) })
		mustWrite(t, s, func(tx *store.Tx) error { return service.Create(t.Context(), tx, pool, job) })
		killed := &run{Service: service, id: "killed", job: job, pool: pool}
		// The job as a server leaves it that is killed after 700 rows.
		mustWrite(t, s, func(tx *store.Tx) error {
			job.Upload, job.Status, job.Holder, job.StartedAt = "file", api.UserImportJobStatusTypeInProgress, killed.id, now
			job.Position, job.Line, job.Imported = int64(position), done+1, done
			return errors.Join(tx.AddImportChunk(t.Context(), job, job.Upload, 0, []byte(text)), tx.SaveImportJob(t.Context(), job))
		})

		next := &runner{Service: service}
		look := func() *cognate.UserImportJob {
			t.Helper()
			if err := next.look(t.Context()); err != nil {
				t.Fatal(err)
			}
			next.jobs.Wait()
			j, err := s.ImportJob(t.Context(), pool.ID, job.ID)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		wantHolder := func(what string) {
			t.Helper()
			if j := look(); j.Holder != killed.id || j.Imported != done {
				t.Errorf("job %s has the holder %q and %d users, want the holder %q", what, j.Holder, j.Imported, killed.id)
			}
		}
		wantHolder("that was just found")
		now = now.Add(silence - time.Millisecond)
		wantHolder("whose server is silent for almost 10 seconds")
		beat := func(tx *store.Tx, j *cognate.UserImportJob) error { return tx.SaveImportJob(t.Context(), j) }
		if err := killed.write(t.Context(), beat); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Millisecond)
		wantHolder("whose server has written")
		now = now.Add(silence)
		j := look()
		if j.Status != api.UserImportJobStatusTypeSucceeded || j.Imported != rows || j.Skipped+j.Failed != 0 {
			t.Errorf("job = %s, %d imported, %d skipped, %d failed, want all of %d imported", j.Status, j.Imported, j.Skipped, j.Failed, rows)
		}
		if _, n, err := s.DescribeUserPool(t.Context(), pool.ID); n.Users != rows-done || err != nil {
			t.Errorf("users of the pool = %d, %v, want the %d after the position", n.Users, err, rows-done)
		}
		logs.Flush(t.Context())
		if got := strings.Count(log.String(), "Line Number"); got != rows-done || !strings.Contains(log.String(), "[SUCCEEDED] Line Number 702 - The import succeeded.") {
			t.Errorf("log has %d lines, or not the first one after the position:\n%s", got, log.String())
		}
		if err := killed.write(t.Context(), beat); !errors.Is(err, errLost) {
			t.Errorf("write of the killed server = %v, want errLost", err)
		}
	})
}
