package audit_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"cognate/api"
	"cognate/audit"
	"cognate/cognatetest"
	"cognate/notify/webhook"
	"cognate/server"
	"cognate/trace"
)

// mark is a text that can be a secret of every kind.
const mark = "Mark7SECRETx"

// marked returns a request with every member of a shape. Texts that must stay secret are marks: those of all texts but IDs of pools and
// clients.
func marked(shape *api.Shape, member string, ids map[string]string, around []*api.Shape) any {
	if slices.Contains(around, shape) {
		return nil
	}
	around = append(slices.Clone(around), shape)
	switch shape.Kind {
	case api.KindStructure:
		all := make(map[string]any)
		for i := range shape.Members {
			m := &shape.Members[i]
			if value := marked(m.Shape, m.Name, ids, around); value != nil {
				all[m.Name] = value
			}
		}
		return all
	case api.KindList:
		return []any{marked(shape.Element, member, ids, around)}
	case api.KindMap:
		if slices.Contains([]string{"AttributeMappingType", "LinksType", "UserPoolTagsType"}, shape.Name) { // settings, no secrets
			return map[string]any{"key": "value"}
		}
		return map[string]any{"PASSWORD": mark + "!a", "USERNAME": "ann"}
	case api.KindBoolean:
		return true
	case api.KindInteger, api.KindLong, api.KindTimestamp, api.KindBlob, api.KindDocument:
		return nil
	case api.KindString:
	}
	if id, ok := ids[member]; ok {
		return id
	}
	if shape.Enum != nil {
		return shape.Enum[0]
	}
	if secretMembers[member] || shape.Sensitive {
		return strings.Repeat(mark, 3)
	}
	return "name"
}

// secretMembers are the members whose texts are secrets, or personal data of users.
var secretMembers = map[string]bool{
	"Code": true, "ConfirmationCode": true, "UserCode": true, "Value": true, "PasswordVerifier": true, "Salt": true, "EncodedData": true,
	"Filter": true, "FeedbackToken": true, "CredentialId": true, "NextToken": true, "PaginationToken": true, "ExternalId": true,
}

// No secret of a request is in a record, in the file, at the webhook, in the metrics, in the traces or in the log: passwords, codes,
// tokens, Sessions, secrets and attribute values. Metrics and traces also have no username.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var posted strings.Builder
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var text strings.Builder
		_ = r.Write(&text)
		posted.WriteString(text.String())
	}))
	t.Cleanup(hook.Close)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	spans, tracer := mustTrace(t)
	s := cognatetest.Start(t, func(c *server.Config) {
		c.Audit, c.Traces = server.Audit{Level: audit.LevelAll, Node: "node"}, tracer
	})
	file := copier(s, "file", "node", mustOpenFile(t, path))
	to := webhook.Records{Transport: webhook.New(webhook.Config{URL: hook.URL, Secret: []byte(mark), Client: hook.Client(), Now: time.Now})}
	remote := copier(s, "webhook", "", to)
	for _, c := range []*audit.Copier{file, remote} {
		if err := c.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p := s.Pool(t)
	p.MustUser("ann")
	ids := map[string]string{"UserPoolId": p.PoolID, "ClientId": p.ClientID}
	for _, op := range api.Operations() {
		if strings.HasPrefix(op.Name, "Delete") || op.Name == "AdminDeleteUser" {
			continue
		}
		body, err := json.Marshal(marked(op.Input, "", ids, nil))
		if err != nil {
			t.Fatal(err)
		}
		mustPost(t, s.URL+"/", "application/x-amz-json-1.1", string(body), op)
	}
	if _, err := s.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: "mark7eve", TemporaryPassword: mark + "!1", MessageAction: api.MessageActionTypeSuppress,
		UserAttributes: []api.AttributeType{{Name: "email", Value: mark + "@example.com"}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.CreateUserPoolDomain(t.Context(), &api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "people"}); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"client_id": {p.ClientID}, "grant_type": {"authorization_code"}}
	for _, name := range []string{"code", "refresh_token", "client_secret", "password", "username", "code_verifier", "token", "state", "_csrf", "SAMLResponse"} {
		form.Set(name, mark)
	}
	for _, page := range []string{"/oauth2/token", "/oauth2/revoke", "/login", "/signup", "/mfa", "/confirmForgotPassword", "/saml2/idpresponse", "/account"} {
		mustPost(t, s.URL+"/domains/people"+page+"?client_id="+p.ClientID+"&state="+mark, "application/x-www-form-urlencoded", form.Encode(), nil)
	}
	events := linked(t, s)
	for _, c := range []*audit.Copier{file, remote} {
		if err := c.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(events) < 100 {
		t.Errorf("there are %d records, want one for each request", len(events))
	}
	for _, e := range events {
		if strings.Contains(strings.ToLower(e.Record), strings.ToLower(mark)) {
			t.Errorf("a record contains a secret: %s", e.Record)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for place, content := range map[string]string{"file": string(text), "webhook": posted.String()} {
		if !strings.Contains(content, "AdminCreateUser") || strings.Contains(content, mark) {
			t.Errorf("the %s has no records, or contains a secret", place)
		}
	}
	response, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(metrics), "cognate_requests_total") || strings.Contains(strings.ToLower(string(metrics)), strings.ToLower(mark)) {
		t.Errorf("there are no metrics (%v), or they contain a secret", err)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	traces := spans.String()
	if !strings.Contains(traces, "AdminCreateUser") || !strings.Contains(traces, "transaction") || !strings.Contains(traces, "POST /oauth2/token") {
		t.Error("there are no traces of the requests")
	}
	for place, content := range map[string]string{"metrics": string(metrics), "traces": traces} {
		for _, name := range []string{mark, "mark7eve", "127.0.0.1", p.PoolID, p.ClientID} {
			if strings.Contains(strings.ToLower(content), strings.ToLower(name)) {
				t.Errorf("the %s contain %q", place, name)
			}
		}
	}
	for line := range strings.Lines(s.Log.String()) {
		if strings.Contains(line, mark) {
			t.Errorf("a line of the log contains a secret: %s", line)
		}
	}
}

// spanText is what a collector has received.
type spanText struct {
	mu   sync.Mutex
	text strings.Builder
}

// String returns the spans in the form of the wire, in which texts are readable.
func (s *spanText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// mustTrace returns a tracer, and what its collector receives.
func mustTrace(t *testing.T) (*spanText, *trace.Tracer) {
	t.Helper()
	spans := new(spanText)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		spans.mu.Lock()
		defer spans.mu.Unlock()
		if _, err := io.Copy(&spans.text, r.Body); err != nil {
			t.Errorf("read spans: %v", err)
		}
	}))
	t.Cleanup(collector.Close)
	tracer, err := trace.New(t.Context(), trace.Config{Endpoint: collector.URL, Node: "node", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return spans, tracer
}

// mustPost posts a body, signed for an operation.
func mustPost(t *testing.T, to, kind, body string, op *api.Operation) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if op != nil {
		r.Header.Set("X-Amz-Target", api.TargetPrefix+"."+op.Name)
		if err := cognatetest.Sign(r, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}
