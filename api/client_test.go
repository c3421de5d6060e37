package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
)

// startServer starts a server that always sends the same response. The second result returns the last request.
func startServer(t *testing.T, status int, header map[string]string, body string) (*api.Client, func() (*http.Request, string)) {
	t.Helper()
	var got *http.Request
	var gotBody []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		gotBody, _ = io.ReadAll(r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		if _, err := io.WriteString(w, body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return &api.Client{Endpoint: server.URL}, func() (*http.Request, string) { return got, string(gotBody) }
}

func TestClientCall(t *testing.T) {
	t.Parallel()
	client, request := startServer(t, 200, nil, `{"UserConfirmed":true,"UserSub":"s","New":1}`)
	client.UserAgent = "test/1"
	client.Sign = func(*http.Request, []byte) error { return errors.New("signed an unsigned operation") }
	out, err := client.SignUp(t.Context(), &api.SignUpInput{ClientId: "c", Username: "u", Password: "p"})
	if diff := cmp.Diff(&api.SignUpOutput{UserConfirmed: new(true), UserSub: "s"}, out); diff != "" || err != nil {
		t.Errorf("SignUp: %v (-want +got):\n%s", err, diff)
	}
	r, body := request()
	got := []string{r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), r.UserAgent(), body}
	want := []string{
		"POST", "/", "AWSCognitoIdentityProviderService.SignUp", "application/x-amz-json-1.1", "test/1",
		`{"ClientId":"c","Username":"u","Password":"p"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestClientSigns(t *testing.T) {
	t.Parallel()
	client, request := startServer(t, 200, nil, ``)
	client.Sign = func(r *http.Request, body []byte) error {
		r.Header.Set("Authorization", "signed "+string(body))
		return nil
	}
	out, err := client.DeleteUserPool(t.Context(), &api.DeleteUserPoolInput{UserPoolId: "p"})
	if err != nil || out == nil {
		t.Errorf("DeleteUserPool(empty answer) = %v, %v", out, err)
	}
	if r, _ := request(); r.Header.Get("Authorization") != `signed {"UserPoolId":"p"}` {
		t.Errorf("Authorization is %q", r.Header.Get("Authorization"))
	}
	broken := errors.New("no key")
	client.Sign = func(*http.Request, []byte) error { return broken }
	if _, err := client.DeleteUserPool(t.Context(), &api.DeleteUserPoolInput{}); !errors.Is(err, broken) {
		t.Errorf("DeleteUserPool = %v, want %v", err, broken)
	}
}

func TestClientErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   *api.Error // nil for an error that isn't the API's
	}{
		{
			"plain", 400,
			map[string]string{"x-amzn-RequestId": "id"},
			`{"__type":"UserNotFoundException","message":"m"}`,
			&api.Error{Code: "UserNotFoundException", Message: "m", Status: 400, RequestID: "id"},
		},
		{
			"namespace", 400, nil, `{"__type":"com.amazonaws.cognito#LimitExceededException","message":"m","reasonCode":"r"}`,
			&api.Error{Code: "LimitExceededException", Message: "m", Status: 400, ReasonCode: "r"},
		},
		{
			"header", 500,
			map[string]string{"x-amzn-ErrorType": "InternalErrorException:http://x/"},
			`{}`,
			&api.Error{Code: "InternalErrorException", Status: 500},
		},
		{"proxy", 502, nil, `<html>bad gateway</html>`, nil},
		{"nothing", 404, nil, ``, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, _ := startServer(t, test.status, test.header, test.body)
			out, err := client.GetUser(t.Context(), &api.GetUserInput{AccessToken: "t"})
			if out != nil || err == nil {
				t.Fatalf("GetUser = %v, %v; want an error", out, err)
			}
			got, ok := errors.AsType[*api.Error](err)
			if test.want == nil {
				if ok || !strings.Contains(err.Error(), "HTTP status") {
					t.Errorf("GetUser = %v, want an error that isn't the API's", err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("GetUser (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClientNoServer(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"http://127.0.0.1:1/", "://"} {
		client := &api.Client{Endpoint: endpoint}
		if _, err := client.GetUser(t.Context(), &api.GetUserInput{}); err == nil || !strings.Contains(err.Error(), "call GetUser") {
			t.Errorf("GetUser at %s = %v", endpoint, err)
		}
	}
	client, _ := startServer(t, 200, nil, `not JSON`)
	if _, err := client.GetUser(t.Context(), &api.GetUserInput{}); err == nil {
		t.Error("GetUser took an answer that isn't JSON")
	}
}
