package logdelivery_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/logdelivery"
)

// line returns a line of the log of an import.
func line(t *testing.T, text string) logdelivery.Record {
	t.Helper()
	r := record(t, "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/cognito/userpools/eu-west-1_A/people", text)
	role, err := cognate.ParseARN(cognate.RoleARN, "arn:aws:iam::123456789012:role/logs")
	if err != nil {
		t.Fatal(err)
	}
	r.Source, r.Level, r.Stream, r.Role = "", "", "import-1/job", role
	return r
}

func wantDelivered(t *testing.T, s logdelivery.Sink, batch ...logdelivery.Record) {
	t.Helper()
	if left, err := s.Deliver(t.Context(), batch); err != nil || len(left) > 0 {
		t.Errorf("Deliver() = %d records, %v, want none", len(left), err)
	}
}

func wantSame(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	out := new(bytes.Buffer)
	s := &logdelivery.Log{Logger: slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))}
	failed := record(t, group, `{"b":2}`)
	failed.Level = api.LogLevelError
	wantDelivered(t, s, record(t, bucket, `{"a":1}`), failed, line(t, "[FAILED] x"))
	wantSame(t, "log", `{"level":"INFO","msg":"log record","destination":"arn:aws:s3:::people/logs","record":"{\"a\":1}"}
{"level":"ERROR","msg":"log record","destination":"arn:aws:logs:eu-west-1:123456789012:log-group:people","record":"{\"b\":2}"}
{"level":"INFO","msg":"user import","log_group":"/aws/cognito/userpools/eu-west-1_A/people","log_stream":"import-1/job","message":"[FAILED] x"}
`, out.String())
}

// The file can be moved at any time. Only its owner can read it.
func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.jsonl")
	s, err := logdelivery.NewFile(path)
	if err != nil {
		t.Fatalf("NewFile() = %v", err)
	}
	wantDelivered(t, s, record(t, group, `{"a":1}`), line(t, `say "x"`))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	wantDelivered(t, s, record(t, group, `{"b":2}`))
	for name, want := range map[string]string{
		path + ".1": `{"a":1}
{"logGroup":"/aws/cognito/userpools/eu-west-1_A/people","logStream":"import-1/job","timestamp":1795780800000,"message":"say \"x\""}
`,
		path: "{\"b\":2}\n",
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, name, want, string(text))
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode = %v, want 0600", mode)
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Deliver(t.Context(), []logdelivery.Record{record(t, group, "{}")}); err == nil || len(left) != 1 {
		t.Errorf("Deliver(no folder) = %d records, %v, want 1 and an error", len(left), err)
	}
	if _, err := logdelivery.NewFile(filepath.Dir(path) + "/none/records.jsonl"); err == nil {
		t.Error("NewFile(no folder) = nil, want an error")
	}
}

// fakeServer answers requests, and records them as "METHOD PATH operation" with their bodies.
type fakeServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	names    []string
	bodies   []string
	answers  map[string][]answer // by name; the last one repeats
}

type answer struct {
	status int
	body   string
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	f := &fakeServer{answers: make(map[string][]answer)}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		name := r.Header.Get("X-Amz-Target")
		if name == "" {
			name = r.Method + " " + r.URL.Path
		}
		f.requests, f.names, f.bodies = append(f.requests, r), append(f.names, name), append(f.bodies, string(body))
		if answers := f.answers[name]; len(answers) > 0 {
			if len(answers) > 1 {
				f.answers[name] = answers[1:]
			}
			w.WriteHeader(answers[0].status)
			_, _ = io.WriteString(w, answers[0].body)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// body returns the body of a request as JSON.
func (f *fakeServer) body(t *testing.T, i int) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(f.bodies[i]), &v); err != nil {
		t.Fatalf("body %q: %v", f.bodies[i], err)
	}
	return v
}

func TestOTLP(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	s := &logdelivery.OTLP{Endpoint: f.URL, Client: f.Client()}
	failed := record(t, group, `{"b":2}`)
	failed.Source, failed.Level = api.EventSourceNameUserNotification, api.LogLevelError
	wantDelivered(t, s, record(t, group, `{"a":1}`), failed, line(t, "[FAILED] x"))
	wantSame(t, "requests", []string{"POST /v1/logs"}, f.names)
	attribute := func(key, value string) any {
		return map[string]any{"key": key, "value": map[string]any{"stringValue": value}}
	}
	logRecord := func(severity float64, level, body, to string, attributes ...any) any {
		return map[string]any{
			"timeUnixNano": "1795780800000000000", "severityNumber": severity, "severityText": level, "body": map[string]any{"stringValue": body},
			"attributes": append([]any{attribute("cognate.destination", to), attribute("cognate.user_pool.id", "eu-west-1_A")}, attributes...),
		}
	}
	const imports = "/aws/cognito/userpools/eu-west-1_A/people"
	wantSame(t, "body", map[string]any{"resourceLogs": []any{map[string]any{
		"resource": map[string]any{"attributes": []any{attribute("service.name", "cognate")}},
		"scopeLogs": []any{map[string]any{"scope": map[string]any{"name": "cognate/logdelivery"}, "logRecords": []any{
			logRecord(9, "INFO", `{"a":1}`, group, attribute("event.name", "userAuthEvents")),
			logRecord(17, "ERROR", `{"b":2}`, group, attribute("event.name", "userNotification")),
			logRecord(9, "INFO", "[FAILED] x", "arn:aws:logs:eu-west-1:123456789012:log-group:"+imports,
				attribute("aws.log.group.names", imports), attribute("aws.log.stream.names", "import-1/job")),
		}}},
	}}}, f.body(t, 0))
}

func TestOTLPAnswers(t *testing.T) {
	t.Parallel()
	f := newFakeServer(t)
	sink := &logdelivery.OTLP{Endpoint: f.URL, Client: f.Client()}
	for _, tt := range []struct {
		answers []answer
		want    string
	}{
		{[]answer{{503, ""}, {429, ""}, {200, "{}"}}, "fake delivered 1, fake retried 2"},
		{[]answer{{400, ""}}, "fake dropped 1"},
		{[]answer{{200, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`}}, "fake dropped 1"},
		{[]answer{{200, `{"partialSuccess":{"rejectedLogRecords":2}}`}}, "fake dropped 1"},
		{[]answer{{200, "another format"}}, "fake delivered 1"},
	} {
		f.answers["POST /v1/logs"] = tt.answers
		q := newQueue(t, logdelivery.Config{Sinks: sinks(sink), Default: "fake"})
		q.Add(record(t, group, "x"))
		q.Flush(t.Context())
		q.want(t, tt.want)
	}
}

// mustAWS returns the sink for the fake server.
func mustAWS(t *testing.T, f *fakeServer, c logdelivery.AWSConfig) *logdelivery.AWS {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_REGION", "us-east-1")
	c.Endpoint, c.STSEndpoint, c.Now = f.URL, f.URL, time.Now
	s, err := logdelivery.NewAWS(t.Context(), c)
	if err != nil {
		t.Fatalf("NewAWS() = %v", err)
	}
	return s
}

const notFound = `{"__type":"ResourceNotFoundException"}`

// Events are in the order of their times. A stream that does not exist is created.
func TestLogGroup(t *testing.T) {
	f := newFakeServer(t)
	s := mustAWS(t, f, logdelivery.AWSConfig{SameAccountOnly: true})
	earlier := record(t, group, `{"b":2}`)
	earlier.Time = earlier.Time.Add(-time.Second)
	f.answers["Logs_20140328.PutLogEvents"] = []answer{{400, notFound}, {200, "{}"}}
	wantDelivered(t, s, record(t, group, `{"a":1}`), earlier)
	wantSame(t, "requests", []string{"Logs_20140328.PutLogEvents", "Logs_20140328.CreateLogStream", "Logs_20140328.PutLogEvents"}, f.names)
	to := map[string]any{"logGroupName": "people", "logStreamName": "eu-west-1_A"}
	wantSame(t, "CreateLogStream", any(to), f.body(t, 1))
	to["logEvents"] = []any{
		map[string]any{"timestamp": 1795780799000.0, "message": `{"b":2}`}, map[string]any{"timestamp": 1795780800000.0, "message": `{"a":1}`},
	}
	wantSame(t, "PutLogEvents", any(to), f.body(t, 2))
	if got := f.requests[0].Header.Get("Authorization"); !strings.Contains(got, "/eu-west-1/logs/aws4_request") {
		t.Errorf("Authorization = %s, want the region of the log group", got)
	}

	f.names, f.answers = nil, map[string][]answer{
		"Logs_20140328.PutLogEvents": {{400, notFound}}, "Logs_20140328.CreateLogStream": {{400, notFound}},
	}
	if left, err := s.Deliver(t.Context(), []logdelivery.Record{record(t, group, "{}")}); err == nil || len(left) != 1 {
		t.Errorf("Deliver(no such group) = %d records, %v, want 1 and an error", len(left), err)
	}
	wantSame(t, "requests for a group that does not exist", []string{"Logs_20140328.PutLogEvents", "Logs_20140328.CreateLogStream"}, f.names)
}

// An import creates its log group, with the role of the job.
func TestLogGroupOfImports(t *testing.T) {
	f := newFakeServer(t)
	s := mustAWS(t, f, logdelivery.AWSConfig{AssumeRoles: true, SameAccountOnly: true})
	f.answers["POST /"] = []answer{{200, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>` +
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`}}
	f.answers["Logs_20140328.PutLogEvents"] = []answer{{400, notFound}, {200, "{}"}}
	f.answers["Logs_20140328.CreateLogStream"] = []answer{{400, notFound}, {400, `{"__type":"com.amazonaws.logs#ResourceAlreadyExistsException"}`}}
	wantDelivered(t, s, line(t, "[FAILED] x"))
	wantSame(t, "requests", []string{
		"POST /", "Logs_20140328.PutLogEvents", "Logs_20140328.CreateLogStream", "Logs_20140328.CreateLogGroup", "Logs_20140328.CreateLogStream",
		"Logs_20140328.PutLogEvents",
	}, f.names)
	wantSame(t, "CreateLogGroup", any(map[string]any{"logGroupName": "/aws/cognito/userpools/eu-west-1_A/people"}), f.body(t, 3))
	if got := f.requests[5].Header.Get("Authorization"); !strings.Contains(got, "Credential=ROLE/") {
		t.Errorf("Authorization = %s, want the credentials of the role", got)
	}
}

// Only the records that the stream rejected are tried again.
func TestFirehose(t *testing.T) {
	f := newFakeServer(t)
	s := mustAWS(t, f, logdelivery.AWSConfig{})
	f.answers["Firehose_20150804.PutRecordBatch"] = []answer{
		{200, `{"FailedPutCount":1,"RequestResponses":[{"RecordId":"1"},{"ErrorCode":"ServiceUnavailableException"}]}`}, {200, `{"FailedPutCount":0}`},
	}
	left, err := s.Deliver(t.Context(), []logdelivery.Record{record(t, stream, `{"a":1}`), record(t, stream, `{"b":2}`)})
	if err == nil || len(left) != 1 || left[0].Text != `{"b":2}` {
		t.Fatalf("Deliver() = %v, %v, want the second record", left, err)
	}
	wantDelivered(t, s, left...)
	wantSame(t, "PutRecordBatch", any(map[string]any{
		"DeliveryStreamName": "people", "Records": []any{map[string]any{"Data": "eyJiIjoyfQo="}}, // {"b":2} and a line feed
	}), f.body(t, 1))
}

// A batch is one object, below the prefix of the ARN. The bucket must belong to the account of the pool.
func TestBucket(t *testing.T) {
	f := newFakeServer(t)
	s := mustAWS(t, f, logdelivery.AWSConfig{SameAccountOnly: true, Gather: time.Hour})
	q := newQueue(t, logdelivery.Config{Sinks: sinks(s), Default: "fake"})
	q.Add(record(t, bucket, `{"a":1}`))
	q.Add(record(t, bucket, `{"b":2}`))
	q.Close(t.Context()) // it does not wait for more records
	q.want(t, "fake delivered 2")
	const key = "PUT /people/logs/AWSLogs/123456789012/cognito-idp/eu-west-1/eu-west-1_A/2026/11/27/20261127T120000Z_"
	if len(f.names) != 1 || !strings.HasPrefix(f.names[0], key) || !strings.HasSuffix(f.names[0], ".log") {
		t.Fatalf("requests = %q, want one %s….log", f.names, key)
	}
	wantSame(t, "object", "{\"a\":1}\n{\"b\":2}\n", f.bodies[0])
	h := f.requests[0].Header
	wantSame(t, "owner", "123456789012", h.Get("X-Amz-Expected-Bucket-Owner"))
	if got := h.Get("Authorization"); !strings.Contains(got, "/eu-west-1/s3/aws4_request") ||
		!strings.Contains(got, "x-amz-content-sha256;") || !strings.Contains(got, "x-amz-expected-bucket-owner") {
		t.Errorf("Authorization = %s, want a signature of the headers for S3 in the region of the pool", got)
	}
}

// The server does not use its credentials for destinations of other accounts.
func TestOtherAccount(t *testing.T) {
	f := newFakeServer(t)
	s := mustAWS(t, f, logdelivery.AWSConfig{SameAccountOnly: true})
	role, err := cognate.ParseARN(cognate.RoleARN, "arn:aws:iam::999999999999:role/logs")
	if err != nil {
		t.Fatal(err)
	}
	withRole := line(t, "[FAILED] x")
	withRole.Role = role
	for name, r := range map[string]logdelivery.Record{
		"log group": record(t, strings.Replace(group, "123456789012", "999999999999", 1), "{}"),
		"stream":    record(t, strings.Replace(stream, "123456789012", "999999999999", 1), "{}"),
		"role":      withRole,
	} {
		q := newQueue(t, logdelivery.Config{Sinks: sinks(s), Default: "fake"})
		q.Add(r)
		q.Flush(t.Context())
		q.want(t, "fake dropped 1")
		if !strings.Contains(q.log.String(), "belongs to another account") {
			t.Errorf("%s: the log does not say why:\n%s", name, q.log)
		}
	}
	wantSame(t, "requests", []string(nil), f.names)
}
