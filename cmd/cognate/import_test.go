//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate/api"
	"cognate/config"
	"cognate/internal/pgtest"
)

// importKey is the access key of the servers that import.
var importKey = config.AccessKey{ID: "ADMIN", Secret: "first-horse-battery"}

// importer is a user pool that can import users, on a server.
type importer struct {
	*api.Client
	poolID string
	header []string
}

// mustServe writes the settings of a server with a database, and returns a function that starts a server with them. Each server has
// a port of its own.
func mustServe(t *testing.T, databaseURL string) (start func() *process, dir string) {
	t.Helper()
	dir = t.TempDir()
	settings := "access_keys: [{id: " + importKey.ID + ", secret: " + string(importKey.Secret) + "}]\nmaster_key_file: master.key\n"
	if databaseURL != "" {
		settings += "database_url: " + databaseURL + "\n"
	}
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), settings)
	mustOutput(t, dir, "master-key", "--out", "master.key")
	return func() *process {
		t.Helper()
		return mustStart(t, dir, "serve", "--config", "cognate.yaml", "--listen", "127.0.0.1:0", "--metrics-listen", "")
	}, dir
}

// mustOutput runs a command and returns its output.
func mustOutput(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "cognate", args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("cognate %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return stdout.String()
}

// at returns the same pool on another server.
func (n importer) at(p *process) importer {
	n.Client = &api.Client{Endpoint: p.url + "/", Sign: signer(importKey, "eu-west-1", time.Now)}
	return n
}

func mustImporter(t *testing.T, p *process) importer {
	t.Helper()
	n := importer{}.at(p)
	pool, err := n.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
		PoolName: "people", AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.poolID = pool.UserPool.Id
	header, err := n.GetCSVHeader(t.Context(), &api.GetCSVHeaderInput{UserPoolId: n.poolID})
	if err != nil {
		t.Fatal(err)
	}
	n.header = header.CSVHeader
	return n
}

// row returns a line of the file.
func (n importer) row(username, email, verified string) string {
	values := make([]string, len(n.header))
	for i, column := range n.header {
		values[i] = map[string]string{"cognito:username": username, "email": email, "email_verified": verified}[column]
	}
	return strings.Join(values, ",") + "\n"
}

// mustStartJob uploads the rows and starts a job with them. It returns the ID of the job.
func (n importer) mustStartJob(t *testing.T, rows string) string {
	t.Helper()
	created, err := n.CreateUserImportJob(t.Context(), &api.CreateUserImportJobInput{
		UserPoolId: n.poolID, JobName: "a job", CloudWatchLogsRoleArn: "arn:aws:iam::123456789012:role/logs",
	})
	if err != nil {
		t.Fatal(err)
	}
	job := created.UserImportJob
	upload, err := http.NewRequestWithContext(t.Context(), http.MethodPut, job.PreSignedUrl, strings.NewReader(strings.Join(n.header, ",")+"\n"+rows))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(upload)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("upload = %s", answer.Status)
	}
	if _, err := n.StartUserImportJob(t.Context(), &api.StartUserImportJobInput{UserPoolId: n.poolID, JobId: job.JobId}); err != nil {
		t.Fatal(err)
	}
	return job.JobId
}

func (n importer) mustDescribe(t *testing.T, id string) *api.UserImportJobType {
	t.Helper()
	out, err := n.DescribeUserImportJob(t.Context(), &api.DescribeUserImportJobInput{UserPoolId: n.poolID, JobId: id})
	if err != nil {
		t.Fatal(err)
	}
	return out.UserImportJob
}

func rowsOf(j *api.UserImportJobType) int {
	return int(*j.ImportedUsers + *j.SkippedUsers + *j.FailedUsers)
}

func (n importer) mustEnd(t *testing.T, id string) (ended *api.UserImportJobType) {
	t.Helper()
	eventually(t, "the end of the job", func() bool {
		ended = n.mustDescribe(t, id)
		return ended.CompletionDate != 0
	})
	return ended
}

// usernames returns the usernames of the pool, sorted.
func (n importer) usernames(ctx context.Context) (names []string, err error) {
	for token, more := "", true; more; more = token != "" {
		page, err := n.ListUsers(ctx, &api.ListUsersInput{UserPoolId: n.poolID, PaginationToken: token, AttributesToGet: []string{"sub"}})
		if err != nil {
			return nil, err
		}
		for _, u := range page.Users {
			names = append(names, u.Username)
		}
		token = page.PaginationToken
	}
	slices.Sort(names)
	return names, nil
}

// A server is killed in the middle of an import. Another server continues, or the same one after its restart: each row counts
// once, and each user exists once.
func TestKilledImport(t *testing.T) {
	t.Parallel()
	t.Run("two servers on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		start, dir := mustServe(t, pgtest.URL(t))
		testKilledImport(t, dir, start, start())
	})
	t.Run("a restart on SQLite", func(t *testing.T) {
		t.Parallel()
		start, dir := mustServe(t, "")
		testKilledImport(t, dir, start, nil)
	})
}

// testKilledImport imports a file on a server and kills it in the middle. Then waiting continues, a server that runs meanwhile; if it is
// nil, a new server continues.
func testKilledImport(t *testing.T, dir string, start func() *process, waiting *process) {
	first := start()
	n := mustImporter(t, first)
	// Of 100 rows, one fails and two are skipped.
	const rows = 8000
	var file strings.Builder
	var users, log []string
	for i := range rows {
		line, name := i+2, fmt.Sprintf("user%05d", i)
		switch i % 100 {
		case 50:
			file.WriteString(n.row(name, name+"@example.com", "FALSE"))
			log = append(log, fmt.Sprintf("[FAILED] Line Number %d - The User Record does not set any of the auto verified attributes to true. "+
				"(Example: email_verified to true).\n", line))
		case 60, 70:
			file.WriteString(n.row("user00000", name+"@example.com", "TRUE"))
			log = append(log, fmt.Sprintf("[SKIPPED] Line Number %d - The user already exists.\n", line))
		default:
			file.WriteString(n.row(name, name+"@example.com", "TRUE"))
			users = append(users, name)
			log = append(log, fmt.Sprintf("[SUCCEEDED] Line Number %d - The import succeeded.\n", line))
		}
	}
	signal := func(s syscall.Signal) {
		if waiting != nil {
			if err := waiting.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	var id string
	var second *process
	var killed *api.UserImportJobType
	for range 5 {
		signal(syscall.SIGSTOP) // so that the first server runs the job
		id = n.mustStartJob(t, file.String())
		eventually(t, "the middle of the import", func() bool { return rowsOf(n.mustDescribe(t, id)) >= 1000 })
		signal(syscall.SIGCONT)
		first.kill()
		if second = waiting; second == nil {
			second = start()
		}
		n = n.at(second)
		if killed = n.mustDescribe(t, id); rowsOf(killed) < rows {
			break
		}
		// The test was slower than the import, so it imports into another pool.
		n.mustEnd(t, id)
		if first = second; first == waiting {
			first = start()
		}
		n = mustImporter(t, first)
	}
	if done := rowsOf(killed); done >= rows || done%500 != 0 || killed.Status != api.UserImportJobStatusTypeInProgress {
		t.Fatalf("the job after the end of its server is %s with %d rows, want InProgress with some", killed.Status, done)
	}
	began := time.Now()
	ended := n.mustEnd(t, id)
	t.Logf("killed after %d rows; the job ended after %v", rowsOf(killed), time.Since(began))
	got := fmt.Sprintf("%s: %d, %d, %d", ended.Status, *ended.ImportedUsers, *ended.SkippedUsers, *ended.FailedUsers)
	if want := fmt.Sprintf("Succeeded: %d, %d, %d", len(users), rows/50, rows/100); got != want {
		t.Errorf("job = %s, want %s", got, want)
	}
	names, err := n.usernames(t.Context())
	if err != nil || !slices.Equal(names, users) {
		t.Errorf("the pool has %d users, %v, want the %d of the file, each once", len(names), err, len(users))
	}
	if printed := mustOutput(t, dir, "import-log", "--config", "cognate.yaml", id); printed != strings.Join(log, "") {
		t.Errorf("import-log printed %d lines, want each row of the file once, in order", strings.Count(printed, "\n"))
	}
	if err := second.stop(); err != nil {
		t.Error(err)
	}
}

// The output of import-log, on each kind of database, while the server runs.
func TestImportLog(t *testing.T) {
	t.Parallel()
	for kind, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			start, dir := mustServe(t, url(t))
			server := start()
			n := mustImporter(t, server)
			id := n.mustStartJob(t, n.row("ann", "ann@example.com", "TRUE")+"\n"+n.row("ann", "ann@example.com", "TRUE")+
				n.row("bob", "bob", "TRUE")+"one value\n"+n.row("eve", "eve@example.com", "FALSE")+n.row("ida", "ida@example.com", "TRUE"))
			n.mustEnd(t, id)
			const want = `[SUCCEEDED] Line Number 2 - The import succeeded.
[SKIPPED] Line Number 4 - The user already exists.
[FAILED] Line Number 5 - Invalid email address format.
[FAILED] Line Number 6 - The row does not have one value for each column. Write \, for a comma in a value.
[FAILED] Line Number 7 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).
[SUCCEEDED] Line Number 8 - The import succeeded.
`
			if got := mustOutput(t, dir, "import-log", "--config", "cognate.yaml", id); got != want {
				t.Errorf("import-log printed:\n%s\nwant:\n%s", got, want)
			}
			if err := server.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
