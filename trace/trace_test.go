package trace_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cognate/internal/amazon"
	"cognate/internal/outgoing"
	"cognate/trace"
)

// received are the spans that a collector has received, with their resources.
type received struct {
	url string

	mu    sync.Mutex
	text  string
	spans []*wire.Span
}

// collect starts a collector.
func collect(t *testing.T) *received {
	t.Helper()
	c := new(received)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, err := io.ReadAll(body)
		if err != nil || r.URL.Path != "/base/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(text, &request); err != nil {
			t.Errorf("spans: %v", err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text += string(text)
		for _, resource := range request.GetResourceSpans() {
			for _, spans := range resource.GetScopeSpans() {
				c.spans = append(c.spans, spans.GetSpans()...)
			}
		}
	}))
	t.Cleanup(s.Close)
	c.url = s.URL + "/base"
	return c
}

// tracer returns a tracer that sends to the collector.
func (c *received) tracer(t *testing.T, trusted ...netip.Prefix) *trace.Tracer {
	t.Helper()
	tracer, err := trace.New(t.Context(), trace.Config{
		Endpoint: c.url, Version: "v1.2.3", Node: "node", Trusted: trusted, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

// flush sends all spans, and returns them by name.
func (c *received) flush(t *testing.T, tracer *trace.Tracer) map[string]*wire.Span {
	t.Helper()
	if err := tracer.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	byName := make(map[string]*wire.Span)
	for _, span := range c.spans {
		byName[span.GetName()] = span
	}
	return byName
}

func get(t *testing.T, h http.Handler, target string, headers ...string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, strings.NewReader("mark7"))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.RemoteAddr = "192.0.2.7:1234"
	h.ServeHTTP(httptest.NewRecorder(), r)
}

// A request is a span of its operation, with spans for its parts.
func TestSpans(t *testing.T) {
	t.Parallel()
	c := collect(t)
	tracer := c.tracer(t)
	var id string
	h := tracer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace.Name(r.Context(), "SignUp")
		trace.Set(r.Context(), trace.Outcome, "ok", trace.RequestID, "r1", "cognate.username", "mark7")
		id += trace.ID(r.Context()) // the health check has none
		inside, end := trace.Start(r.Context(), "transaction")
		_, endInner := trace.Start(inside, "trigger PreSignUp")
		endInner("timeout")
		end("ok")
		w.WriteHeader(http.StatusBadRequest)
	}))
	get(t, h, "/mark7?password=mark7", "User-Agent", "mark7", "Authorization", "mark7", "X-Forwarded-For", "192.0.2.77")
	get(t, h, "/healthz")
	spans := c.flush(t, tracer)
	request, transaction, trigger := spans["SignUp"], spans["transaction"], spans["trigger PreSignUp"]
	if len(spans) != 3 || request == nil || transaction == nil || trigger == nil {
		t.Fatalf("spans = %v, want three", spans)
	}
	if !bytes.Equal(transaction.GetParentSpanId(), request.GetSpanId()) || !bytes.Equal(trigger.GetParentSpanId(), transaction.GetSpanId()) {
		t.Error("the spans of the parts are not in that of the request")
	}
	if got := hex.EncodeToString(request.GetTraceId()); got != id || id == "" {
		t.Errorf("ID() = %q, but the collector has %q", id, got)
	}
	if trigger.GetStatus().GetCode() != wire.Status_STATUS_CODE_ERROR || transaction.GetStatus().GetCode() == wire.Status_STATUS_CODE_ERROR {
		t.Errorf("statuses: %v, %v", trigger.GetStatus(), transaction.GetStatus())
	}
	var keys []string
	for _, a := range request.GetAttributes() {
		keys = append(keys, a.GetKey())
	}
	slices.Sort(keys)
	want := []string{
		"cognate.outcome", "cognate.request_id", "http.request.method", "http.response.status_code", "network.protocol.version", "url.scheme",
	}
	if !slices.Equal(keys, want) {
		t.Errorf("attributes = %q, want %q", keys, want)
	}
	for _, secret := range []string{"mark7", "192.0.2.7", "password"} {
		if strings.Contains(c.text, secret) {
			t.Errorf("the collector got %q", secret)
		}
	}
	for _, text := range []string{"v1.2.3", "service.name", "node"} {
		if !strings.Contains(c.text, text) {
			t.Errorf("the collector did not get %q", text)
		}
	}
}

// Only a trusted proxy continues its trace. The trace of any other client is linked, without the texts of the client.
func TestTraceOfClient(t *testing.T) {
	t.Parallel()
	const (
		theirs = "0af7651916cd43dd8448eb211c80319c"
		header = "00-" + theirs + "-b7ad6b7169203331-01"
	)
	for name, trusted := range map[string][]netip.Prefix{"public": nil, "proxy": {netip.MustParsePrefix("192.0.2.0/24")}} {
		c := collect(t)
		tracer := c.tracer(t, trusted...)
		get(t, tracer.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), "/", "Traceparent", header, "Tracestate", "mark7=mark7")
		span := c.flush(t, tracer)["GET"]
		continues := hex.EncodeToString(span.GetTraceId()) == theirs
		if continues != (trusted != nil) {
			t.Errorf("%s: the trace of the client is continued: %v", name, continues)
		}
		if !continues && (len(span.GetLinks()) != 1 || span.GetLinks()[0].GetTraceState() != "") {
			t.Errorf("%s: links = %v, want one without texts", name, span.GetLinks())
		}
	}
}

// A task begins a trace.
func TestRoot(t *testing.T) {
	t.Parallel()
	c := collect(t)
	tracer := c.tracer(t)
	ctx, end := trace.Root(tracer.Context(t.Context()), "task purge")
	_, endInner := trace.Start(ctx, "transaction")
	endInner(trace.OutcomeOf(nil))
	end(trace.OutcomeOf(io.EOF))
	spans := c.flush(t, tracer)
	if spans["task purge"].GetStatus().GetCode() != wire.Status_STATUS_CODE_ERROR || spans["transaction"] == nil || strings.Contains(c.text, "EOF") {
		t.Errorf("spans = %v", spans)
	}
}

// A request to another server is a span of the request or task that sends it, or of its own trace. Neither the URL nor the headers are in
// it, and the other server does not see the trace.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			t.Error("the request names the trace")
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(other.Close)
	c := collect(t)
	tracer := c.tracer(t)
	client := outgoing.Operator()
	send := func(ctx context.Context, method, url string) {
		request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader("mark7"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "mark7")
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
		}
	}
	ctx, end := trace.Root(tracer.Context(t.Context()), "message EMAIL")
	send(ctx, http.MethodPost, other.URL+"/mark7?secret=mark7")
	end(trace.OutcomeOf(nil))
	send(tracer.Context(t.Context()), http.MethodGet, "http://mark7.invalid/mark7")
	send(t.Context(), http.MethodPut, other.URL)
	spans := c.flush(t, tracer)
	post, get := spans["HTTP POST"], spans["HTTP GET"]
	if len(spans) != 3 || post == nil || get == nil || strings.Contains(c.text, "mark7") || strings.Contains(c.text, strings.TrimPrefix(other.URL, "http://")) {
		t.Fatalf("spans = %v, want three without texts of the requests", spans)
	}
	if !bytes.Equal(post.GetParentSpanId(), spans["message EMAIL"].GetSpanId()) || len(get.GetParentSpanId()) > 0 {
		t.Error("the span of a request does not belong to what sends it")
	}
	for name, status := range map[string]int64{"HTTP POST": http.StatusTeapot, "HTTP GET": 0} {
		var got int64
		for _, a := range spans[name].GetAttributes() {
			if a.GetKey() == "http.response.status_code" {
				got = a.GetValue().GetIntValue()
			}
		}
		if got != status || spans[name].GetStatus().GetCode() != wire.Status_STATUS_CODE_ERROR {
			t.Errorf("%s: status %d and %v, want %d and an error", name, got, spans[name].GetStatus(), status)
		}
	}
}

// A request of the AWS SDK for credentials is a span of what needs them, without the token and the role.
func TestCredentials(t *testing.T) { //nolint:paralleltest // it sets variables of the environment
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>A</AccessKeyId>`+
			`<SecretAccessKey>mark7</SecretAccessKey><SessionToken>mark7</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>`+
			`</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
	}))
	t.Cleanup(sts.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("mark7"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": token + ".none", "AWS_SHARED_CREDENTIALS_FILE": token + ".none",
		"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/mark7", "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ENDPOINT_URL_STS": sts.URL,
	} {
		t.Setenv(name, value)
	}
	c := collect(t)
	tracer := c.tracer(t)
	settings, err := amazon.LoadConfig(t.Context(), "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := trace.Root(tracer.Context(t.Context()), "message SMS")
	_, err = settings.Credentials.Retrieve(ctx)
	end(trace.OutcomeOf(err))
	if err != nil {
		t.Fatal(err)
	}
	spans := c.flush(t, tracer)
	post := spans["HTTP POST"]
	if len(spans) != 2 || post == nil || !bytes.Equal(post.GetParentSpanId(), spans["message SMS"].GetSpanId()) || strings.Contains(c.text, "mark7") {
		t.Errorf("spans = %v, want that of the message and that of the request", spans)
	}
}

// Without a tracer nothing happens, and nothing is allocated.
func TestOff(t *testing.T) { //nolint:paralleltest // it counts allocations
	var off *trace.Tracer
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	if off.Handler(next) == nil || off.Close(t.Context()) != nil || off.Context(t.Context()) != t.Context() {
		t.Error("a nil tracer does something")
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		_, end := trace.Start(ctx, "transaction")
		end("ok")
		_, end = trace.Root(ctx, "task")
		end("ok")
		trace.Name(ctx, "x")
		trace.Set(ctx, "a", "b")
		_ = trace.ID(ctx)
	}); n > 0 {
		t.Errorf("a span without a tracer makes %v allocations", n)
	}
}

// A collector that does not answer does not stop requests.
func TestCollectorIsGone(t *testing.T) {
	t.Parallel()
	tracer, err := trace.New(t.Context(), trace.Config{Endpoint: "http://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		get(t, tracer.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), "/")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tracer.Close(ctx); err == nil {
		t.Error("Close() = nil, want an error")
	}
}
