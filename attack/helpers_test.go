package attack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// reply is the answer to a request.
type reply struct {
	status  int
	header  http.Header
	body    string
	code    string // of an error of the API or of OAuth 2.0
	message string
}

// do sends a request and reads the answer.
func do(t testing.TB, r *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{status: resp.StatusCode, header: resp.Header, body: string(text)}
	var refusal struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	if json.Unmarshal(text, &refusal) == nil {
		got.code, got.message = refusal.Type+refusal.Error, refusal.Message
	}
	for _, inside := range []string{"sql:", ".go:", "panic", "goroutine", "jsontext", "json:", "store:", "SQLITE", "SQLSTATE", "sealing"} {
		if strings.Contains(got.body, inside) {
			t.Errorf("%s %s shows the inside: %s", r.Method, r.URL.Path, got.body)
		}
	}
	if got.status >= http.StatusInternalServerError {
		t.Errorf("%s %s = %d %s", r.Method, r.URL.Path, got.status, got.body)
	}
	return got
}

// operationRequest returns a request for an operation without a signature.
func operationRequest(t testing.TB, s *cognatetest.Server, operation, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", api.TargetPrefix+"."+operation)
	return r
}

// call sends the body of an operation without a signature, with headers.
func call(t testing.TB, s *cognatetest.Server, operation, body string, headers http.Header) reply {
	t.Helper()
	r := operationRequest(t, s, operation, body)
	maps.Copy(r.Header, headers)
	return do(t, r)
}

// signedCall is call with the access key of an administrator.
func signedCall(t testing.TB, s *cognatetest.Server, operation, body string) reply {
	t.Helper()
	r := operationRequest(t, s, operation, body)
	if err := cognatetest.Sign(r, nil); err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

// post posts a form.
func post(t testing.TB, address string, fields url.Values, headers http.Header) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	maps.Copy(r.Header, headers)
	return do(t, r)
}

// unchanged fails the test if the function what changes the store.
func unchanged(t testing.TB, s *cognatetest.Server, what string, attack func()) {
	t.Helper()
	before := s.MustSnapshot(t)
	attack()
	after := s.MustSnapshot(t)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("%s changed the store (-before +after):\n%s", what, cmp.Diff(before, after, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
}

const callback = "https://app.example.com/cb"

// oauthClient are the settings of an app client that signs in on pages.
var oauthClient = cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
	in.AllowedOAuthFlowsUserPoolClient = new(true)
	in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode}
	in.AllowedOAuthScopes = []string{"openid", "email"}
	in.CallbackURLs = []string{callback}
	in.SupportedIdentityProviders = []string{"COGNITO"}
})

// mustDomain gives a pool a domain and returns its address.
func mustDomain(t testing.TB, p *cognatetest.UserPool) string {
	t.Helper()
	domain := fmt.Sprintf("login%x", p.PoolID[10:]) // hex has no reserved word
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: domain})
	return p.URL + "/domains/" + domain
}

// sprintf is fmt.Sprintf for bodies, whose values have no characters that Go and JSON quote differently.
func sprintf(format string, values ...any) string { return fmt.Sprintf(format, values...) }

// setBody replaces the body of a request.
func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
}

// replaceIn returns a function that changes the signature of a request.
func replaceIn(pattern, by string) func(r *http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", regexp.MustCompile(pattern).ReplaceAllString(r.Header.Get("Authorization"), by))
	}
}
