package userimport_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/store"
)

const role = "arn:aws:iam::123456789012:role/logs"

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// pool makes a pool that can import users.
func pool(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *cognatetest.UserPool {
	t.Helper()
	return s.Pool(t, append([]cognatetest.Option{cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail)}, options...)...)
}

func mustJob(t *testing.T, p *cognatetest.UserPool, hashing api.PasswordHashingAlgorithmType) *api.UserImportJobType {
	t.Helper()
	return p.Must(t).CreateUserImportJob(&api.CreateUserImportJobInput{
		UserPoolId: p.PoolID, JobName: "a job", CloudWatchLogsRoleArn: role, PasswordHashingAlgorithm: hashing,
	}).UserImportJob
}

// put sends an upload and returns the status and the text of the answer. Any goroutine may call it.
func put(t *testing.T, method, url string, body io.Reader) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Errorf("upload: %v", err)
		return 0, ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Errorf("upload: %v", err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

func mustPut(t *testing.T, job *api.UserImportJobType, file string) {
	t.Helper()
	if status, text := put(t, http.MethodPut, job.PreSignedUrl, strings.NewReader(file)); status != http.StatusOK {
		t.Fatalf("upload = %d %s, want 200", status, text)
	}
}

func describe(t *testing.T, p *cognatetest.UserPool, id string) *api.UserImportJobType {
	t.Helper()
	return p.Must(t).DescribeUserImportJob(&api.DescribeUserImportJobInput{UserPoolId: p.PoolID, JobId: id}).UserImportJob
}

func start(t *testing.T, p *cognatetest.UserPool, id string) (*api.StartUserImportJobOutput, error) {
	t.Helper()
	return p.Client.StartUserImportJob(t.Context(), &api.StartUserImportJobInput{UserPoolId: p.PoolID, JobId: id})
}

func stop(t *testing.T, p *cognatetest.UserPool, id string) (*api.StopUserImportJobOutput, error) {
	t.Helper()
	return p.Client.StopUserImportJob(t.Context(), &api.StopUserImportJobInput{UserPoolId: p.PoolID, JobId: id})
}

// mustEnd waits until a job has ended and its rows are in the log, which is written after the job.
func mustEnd(t *testing.T, p *cognatetest.UserPool, id string) *api.UserImportJobType {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		job := describe(t, p, id)
		rows := int(*job.ImportedUsers + *job.SkippedUsers + *job.FailedUsers)
		if job.Status != api.UserImportJobStatusTypePending && job.Status != api.UserImportJobStatusTypeInProgress &&
			strings.Count(p.Log.String(), `"log_stream":"`+id+"/") >= rows {
			return job
		}
	}
	t.Fatalf("job %s did not end", id)
	return nil
}

// mustImport uploads a file, starts the job and waits for its end.
func mustImport(t *testing.T, p *cognatetest.UserPool, job *api.UserImportJobType, file string) *api.UserImportJobType {
	t.Helper()
	mustPut(t, job, file)
	cognatetest.Try(start(t, p, job.JobId)).Of(t)
	return mustEnd(t, p, job.JobId)
}

// header returns the header of a pool's file.
func header(t *testing.T, p *cognatetest.UserPool) []string {
	t.Helper()
	return p.Must(t).GetCSVHeader(&api.GetCSVHeaderInput{UserPoolId: p.PoolID}).CSVHeader
}

// file returns a file with the columns and a line for each row.
func file(columns []string, rows ...map[string]string) string {
	var b strings.Builder
	b.WriteString(strings.Join(columns, ",") + "\n")
	for _, row := range rows {
		b.WriteString(line(columns, row) + "\n")
	}
	return b.String()
}

func line(columns []string, row map[string]string) string {
	values := make([]string, len(columns))
	for i, column := range columns {
		values[i] = strings.ReplaceAll(row[column], ",", `\,`)
	}
	return strings.Join(values, ",")
}

// person returns a row that can be imported.
func person(username string, more ...string) map[string]string {
	row := map[string]string{"cognito:username": username, "email": username + "@example.com", "email_verified": "TRUE"}
	for i := 0; i < len(more); i += 2 {
		row[more[i]] = more[i+1]
	}
	return row
}

func people(n int) []map[string]string {
	var rows []map[string]string
	for i := range n {
		rows = append(rows, person(fmt.Sprintf("user%05d", i)))
	}
	return rows
}

// log returns the log of a job.
func log(t *testing.T, s *cognatetest.Server) []string {
	t.Helper()
	s.FlushLogs(t)
	var lines []string
	for entry := range strings.Lines(s.Log.String()) {
		if _, rest, ok := strings.Cut(entry, `"message":"`); ok && strings.Contains(entry, `"log_group"`) {
			text, _, _ := strings.Cut(rest, `"}`)
			lines = append(lines, text)
		}
	}
	return lines
}

func counts(j *api.UserImportJobType) string {
	return fmt.Sprintf("%s: %d imported, %d skipped, %d failed: %s", j.Status, *j.ImportedUsers, *j.SkippedUsers, *j.FailedUsers, j.CompletionMessage)
}

func TestHeader(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Schema(
		api.SchemaAttributeType{Name: "team", AttributeDataType: api.AttributeDataTypeString},
		api.SchemaAttributeType{Name: "note", AttributeDataType: api.AttributeDataTypeString, DeveloperOnlyAttribute: new(true)},
	))
	wantSame(t, "GetCSVHeader", []string{
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		"email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address",
		"updated_at", "custom:team", "dev:custom:note", "cognito:mfa_enabled", "cognito:username",
	}, header(t, p))
	_, err := p.Client.GetCSVHeader(t.Context(), &api.GetCSVHeaderInput{UserPoolId: "us-east-1_none"})
	cognatetest.WantError(t, "GetCSVHeader(unknown pool)", err, api.ResourceNotFoundException("User pool us-east-1_none does not exist."))
}

// A job from its creation to its end.
func TestImport(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := pool(t, s, cognatetest.Schema(api.SchemaAttributeType{Name: "team", AttributeDataType: api.AttributeDataTypeString}))
		p.MustUser("known")
		job := mustJob(t, p, "")
		want := &api.UserImportJobType{
			JobName: "a job", JobId: job.JobId, UserPoolId: p.PoolID, PreSignedUrl: job.PreSignedUrl, CloudWatchLogsRoleArn: role,
			CreationDate: api.EpochOf(s.Clock.Now()), Status: api.UserImportJobStatusTypeCreated,
			ImportedUsers: new(int64), SkippedUsers: new(int64), FailedUsers: new(int64),
		}
		wantSame(t, "CreateUserImportJob", want, job)
		wantSame(t, "DescribeUserImportJob", want, describe(t, p, job.JobId))
		_, err := start(t, p, job.JobId)
		cognatetest.WantError(t, "StartUserImportJob(no file)", err,
			api.PreconditionNotMetException("No csv file was uploaded for "+job.JobId))

		columns := header(t, p)
		slices.Reverse(columns)
		mustPut(t, job, "replaced by the next upload")
		mustPut(t, job, file(columns,
			person("ann", "name", `Ann, "the" \one`, "birthdate", "02/28/1990", "updated_at", "1700000000", "custom:team", "  red "),
			person("known"),
			person("bob", "email_verified", "FALSE"),
			person("ann"),
		))
		s.Clock.Advance(time.Minute)
		want.Status, want.StartDate = api.UserImportJobStatusTypePending, api.EpochOf(s.Clock.Now())
		wantSame(t, "StartUserImportJob", want, cognatetest.Try(start(t, p, job.JobId)).Of(t).UserImportJob)
		want.Status, want.CompletionDate = api.UserImportJobStatusTypeSucceeded, want.StartDate
		want.CompletionMessage = "Import Job Completed Successfully."
		want.ImportedUsers, want.SkippedUsers, want.FailedUsers = new(int64(1)), new(int64(2)), new(int64(1))
		wantSame(t, "the finished job", want, mustEnd(t, p, job.JobId))

		ann := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"})
		got := map[string]string{}
		for _, a := range ann.UserAttributes {
			got[a.Name] = a.Value
		}
		wantSame(t, "attributes", map[string]string{
			"sub": got["sub"], "name": `Ann, "the" \one`, "email": "ann@example.com", "email_verified": "true",
			"birthdate": "02/28/1990", "updated_at": "1700000000", "custom:team": "red",
		}, got)
		if ann.UserStatus != api.UserStatusTypeResetRequired || !api.IsTrue(ann.Enabled) {
			t.Errorf("imported user = %s, or disabled, want RESET_REQUIRED", ann.UserStatus)
		}
		wantSame(t, "log", []string{
			"[SUCCEEDED] Line Number 2 - The import succeeded.",
			"[SKIPPED] Line Number 3 - The user already exists.",
			"[FAILED] Line Number 4 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).",
			"[SKIPPED] Line Number 5 - The user already exists.",
		}, log(t, s))
		if !strings.Contains(s.Log.String(), fmt.Sprintf(`"log_group":"/aws/cognito/userpools/%s/people","log_stream":"%s/a job"`, p.PoolID, job.JobId)) {
			t.Error("the log does not name the group and the stream")
		}
		if sent, _ := s.Mailbox.Find(notify.Filter{}); len(sent) > 0 {
			t.Errorf("an import sent messages: %v", sent)
		}
		_, err = s.Store.ImportChunk(t.Context(), &cognate.UserImportJob{PoolID: p.PoolID, ID: job.JobId}, 0)
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the file after the job = %v, want none", err)
		}
		_, err = start(t, p, job.JobId)
		cognatetest.WantCode(t, "StartUserImportJob(finished)", err, api.CodePreconditionNotMetException)
		_, err = stop(t, p, job.JobId)
		cognatetest.WantCode(t, "StopUserImportJob(finished)", err, api.CodePreconditionNotMetException)
	})
}
