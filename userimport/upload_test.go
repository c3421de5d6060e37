package userimport_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// endless is a body that does not end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := pool(t, s)
	job, other := mustJob(t, p, ""), mustJob(t, p, "")
	signature := func(j *api.UserImportJobType) string { return j.PreSignedUrl[strings.Index(j.PreSignedUrl, "?"):] }
	address := strings.TrimSuffix(job.PreSignedUrl, signature(job))
	for what, tt := range map[string]struct {
		method, url string
		body        io.Reader
		status      int
	}{
		"no signature":             {url: address, status: http.StatusForbidden},
		"a forged signature":       {url: address + "?signature=" + strings.Repeat("0", 64), status: http.StatusForbidden},
		"the signature of another": {url: address + signature(other), status: http.StatusForbidden},
		"another pool":             {url: strings.Replace(job.PreSignedUrl, p.PoolID, "us-east-1_AAAAAAAAA", 1), status: http.StatusForbidden},
		"another method":           {method: http.MethodPost, url: job.PreSignedUrl, status: http.StatusMethodNotAllowed},
		"reading":                  {method: http.MethodGet, url: job.PreSignedUrl, status: http.StatusMethodNotAllowed},
		"a long body":              {url: job.PreSignedUrl, body: bytes.NewReader(make([]byte, 100<<20+1)), status: http.StatusRequestEntityTooLarge},
		"an endless body":          {url: job.PreSignedUrl, body: io.LimitReader(endless{}, 101<<20), status: http.StatusRequestEntityTooLarge},
	} {
		t.Run(what, func(t *testing.T) {
			method := tt.method
			if method == "" {
				method = http.MethodPut
			}
			if status, text := put(t, method, tt.url, tt.body); status != tt.status || strings.Contains(text, "file uploaded") {
				t.Errorf("upload = %d %s, want %d", status, text, tt.status)
			}
		})
	}
	if _, err := start(t, p, job.JobId); err == nil {
		t.Error("a job without a file was started")
	}
	mustPut(t, job, "kept")
	cognatetest.Try(start(t, p, job.JobId)).Of(t)
	if status, text := put(t, http.MethodPut, job.PreSignedUrl, strings.NewReader("late")); status != http.StatusForbidden {
		t.Errorf("upload after the start = %d %s, want 403", status, text)
	}
	s.Clock.Advance(cognate.UserImportUploadTime)
	if status, text := put(t, http.MethodPut, other.PreSignedUrl, strings.NewReader("late")); status != http.StatusForbidden {
		t.Errorf("upload after 15 minutes = %d %s, want 403", status, text)
	}
}

// An upload that does not end leaves nothing. A later one replaces it while it is running.
func TestInterruptedUpload(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := pool(t, s)
	job := mustJob(t, p, "")
	mustPut(t, job, file(header(t, p), person("ann")))
	reader, writer := io.Pipe()
	done := make(chan int)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, job.PreSignedUrl, reader)
		if err != nil {
			done <- 0
			return
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			done <- 0
			return
		}
		_ = answer.Body.Close()
		done <- answer.StatusCode
	}()
	_, _ = writer.Write(make([]byte, 300<<10))
	_ = writer.CloseWithError(io.ErrClosedPipe)
	if status := <-done; status == http.StatusOK {
		t.Error("an interrupted upload succeeded")
	}
	cognatetest.Try(start(t, p, job.JobId)).Of(t)
	if got, want := counts(mustEnd(t, p, job.JobId)), "Succeeded: 1 imported, 0 skipped, 0 failed: Import Job Completed Successfully."; got != want {
		t.Errorf("job after an interrupted upload = %s, want %s", got, want)
	}
}

// An upload that began later replaces one that is still running: the older one is refused, and the job has the later file.
func TestTwoUploads(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s)
		job := mustJob(t, p, "")
		body, writer := io.Pipe()
		type answer struct {
			status int
			text   string
		}
		older := make(chan answer, 1)
		go func() {
			status, text := put(t, http.MethodPut, job.PreSignedUrl, body)
			older <- answer{status, text}
		}()
		part := make([]byte, 300<<10) // more than the server stores at a time
		if _, err := writer.Write(part); err != nil {
			t.Fatal(err)
		}
		for cognatetest.Try(s.Store.ImportJob(t.Context(), p.PoolID, job.JobId)).Of(t).Uploading == "" { // the body can be ahead of the server
			runtime.Gosched()
		}
		if _, err := start(t, p, job.JobId); err == nil {
			t.Error("a job whose upload is running was started")
		}
		mustPut(t, job, file(header(t, p), person("ann")))
		go func() {
			_, _ = writer.Write(part) // fails if the server has answered already
			_ = writer.Close()
		}()
		if got, want := <-older, (answer{http.StatusConflict, "another upload for the job has begun, or the job has been started"}); got != want {
			t.Errorf("the older upload = %v, want %v", got, want)
		}
		cognatetest.Try(start(t, p, job.JobId)).Of(t)
		if got, want := counts(mustEnd(t, p, job.JobId)), "Succeeded: 1 imported, 0 skipped, 0 failed: Import Job Completed Successfully."; got != want {
			t.Errorf("job = %s, want %s", got, want)
		}
	})
}

// Of concurrent uploads of different files, the job has one whole file.
func TestRacingUploads(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s)
		job := mustJob(t, p, "")
		columns := header(t, p)
		var uploads sync.WaitGroup
		succeeded := make([]bool, 8)
		for i := range succeeded {
			uploads.Go(func() {
				rows := []map[string]string{person(fmt.Sprint("first", i)), person(fmt.Sprint("last", i))}
				// Blank lines make the file longer than what the server stores at a time.
				text := file(columns, rows[0]) + strings.Repeat("\n", 600<<10) + line(columns, rows[1])
				switch status, text := put(t, http.MethodPut, job.PreSignedUrl, strings.NewReader(text)); status {
				case http.StatusOK:
					succeeded[i] = true
				case http.StatusConflict:
				default:
					t.Errorf("upload = %d %s, want 200 or 409", status, text)
				}
			})
		}
		uploads.Wait()
		cognatetest.Try(start(t, p, job.JobId)).Of(t)
		if got, want := counts(mustEnd(t, p, job.JobId)), "Succeeded: 2 imported, 0 skipped, 0 failed: Import Job Completed Successfully."; got != want {
			t.Errorf("job = %s, want %s", got, want)
		}
		var users []string
		for _, u := range p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}).Users {
			users = append(users, u.Username)
		}
		slices.Sort(users)
		if len(users) != 2 || strings.TrimPrefix(users[0], "first") != strings.TrimPrefix(users[1], "last") {
			t.Fatalf("users = %q, want those of one file", users)
		}
		if i, err := strconv.Atoi(strings.TrimPrefix(users[0], "first")); err != nil || !succeeded[i] {
			t.Errorf("the job has the file of upload %s, which was refused", users[0])
		}
	})
}

// A large file arrives as it was sent: each row of several parts counts once.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s, cognatetest.EmailIsAlias())
		job := mustJob(t, p, "")
		rows := people(1203)
		for _, row := range rows {
			row["profile"] = strings.Repeat("x", 1000)
		}
		began := time.Now()
		got := counts(mustImport(t, p, job, file(header(t, p), rows...)))
		if want := "Succeeded: 1203 imported, 0 skipped, 0 failed: Import Job Completed Successfully."; got != want {
			t.Errorf("job = %s, want %s", got, want)
		}
		t.Logf("1203 rows took %v", time.Since(began))
		if _, n, err := s.Store.DescribeUserPool(t.Context(), p.PoolID); n.Users != len(rows) || err != nil {
			t.Errorf("users of the pool = %d, %v, want %d", n.Users, err, len(rows))
		}
		if _, err := s.Store.FindUser(t.Context(), cognatetest.Try(s.Store.UserPool(t.Context(), p.PoolID)).Of(t), "user01202@example.com"); err != nil {
			t.Errorf("FindUser(alias) = %v", err)
		}
	})
}
