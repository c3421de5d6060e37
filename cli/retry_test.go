package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cognate/cli"
)

// startServerWith starts a server that sends the responses in order, then the last one again and again. A response is "status
// body"; "" closes the connection.
func startServerWith(t *testing.T, answers ...string) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer := answers[min(int(asked.Add(1)), len(answers))-1]
		if answer == "" {
			panic(http.ErrAbortHandler)
		}
		status, body, _ := strings.Cut(answer, " ")
		code := 0
		_, _ = fmt.Sscan(status, &code)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

const (
	throttled = `400 {"__type":"TooManyRequestsException","message":"slow"}`
	refused   = `400 {"__type":"NotAuthorizedException","message":"no"}`
)

var retryCases = []struct {
	name        string
	environment map[string]string
	answers     []string
	asked       int64
	status      int
	stderr      string
}{
	{"success", nil, []string{"200 {}"}, 1, 0, ""},
	{"throttled", nil, []string{throttled}, 3, 254, "(TooManyRequestsException) when calling the ListUserPools operation (reached max retries: 2): slow"},
	{"a limit", nil, []string{`400 {"__type":"LimitExceededException","message":"l"}`, "200 {}"}, 2, 0, ""},
	{"refused", nil, []string{refused}, 1, 254, "(NotAuthorizedException) when calling the ListUserPools operation: no"},
	{"broken, then refused", nil, []string{`500 {"__type":"InternalErrorException","message":"x"}`, refused}, 2, 254, "operation: no"},
	{"broken, then well", nil, []string{"503 <html>busy</html>", "", "200 {}"}, 3, 0, ""},
	{"a proxy's", nil, []string{"502 <html>busy</html>"}, 3, 254, "An error occurred (502) when calling the ListUserPools operation (reached max retries: 2): Bad Gateway"},
	{"a page", nil, []string{"404 <h1>no</h1>"}, 1, 254, "An error occurred (404) when calling the ListUserPools operation: <h1>no</h1>\nThe server at this URL"},
	{"a gateway's", nil, []string{`403 {"Message":"forbidden"}`}, 1, 254, "An error occurred (403) when calling the ListUserPools operation: forbidden"},
	{"429 with an unknown code", nil, []string{`429 {"__type":"OtherException","message":"x"}`}, 1, 254, "operation: x"},
	{"closed", nil, []string{""}, 3, 255, "Connection was closed before we received a valid response"},
	{"once", map[string]string{"AWS_MAX_ATTEMPTS": "1"}, []string{refused}, 1, 254, "operation (reached max retries: 0): no"},
	{"five times", map[string]string{"AWS_MAX_ATTEMPTS": "5"}, []string{throttled}, 5, 254, "(reached max retries: 4)"},
	{"adaptive", map[string]string{"AWS_RETRY_MODE": "adaptive"}, []string{throttled, "200 {}"}, 2, 0, ""},
	{"never", map[string]string{"AWS_MAX_ATTEMPTS": "0"}, []string{"200 {}"}, 0, 255, `Value provided to "max_attempts": 0 must be an integer greater than or equal to one.`},
	{"no number", map[string]string{"AWS_MAX_ATTEMPTS": "x"}, []string{"200 {}"}, 0, 255, "invalid literal for int() with base 10: 'x'"},
	{"no mode", map[string]string{"AWS_RETRY_MODE": "legacy"}, []string{"200 {}"}, 0, 255, `Invalid value provided to "mode": "legacy" must be one of: "standard" or "adaptive"`},
}

func TestRetries(t *testing.T) {
	setEnvironment(t)
	for _, tt := range retryCases {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.environment {
				t.Setenv(name, value)
			}
			url, asked := startServerWith(t, tt.answers...)
			got := runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", url})
			if got.Status != tt.status || asked.Load() != tt.asked || !strings.Contains(got.Stderr, tt.stderr) {
				t.Errorf("asked %d times: %+v; want %d times, %d, %q", asked.Load(), got, tt.asked, tt.status, tt.stderr)
			}
		})
	}
}

func TestRetriesOfProfile(t *testing.T) {
	folder := setEnvironment(t)
	mustWrite(t, filepath.Join(folder, "config"), "[default]\nmax_attempts = 2\nretry_mode = standard\n")
	url, asked := startServerWith(t, throttled)
	runCognate(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", url})
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2 by max_attempts of the profile", asked.Load())
	}
}

// TestBackoff checks the pauses: each is random and within a limit that doubles.
func TestBackoff(t *testing.T) {
	setEnvironment(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "9")
	url, _ := startServerWith(t, throttled)
	var pauses []time.Duration
	command := &cli.Command{
		Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer), Now: time.Now,
		Sleep: func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil },
	}
	command.Run(t.Context(), []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", url})
	if len(pauses) != 8 {
		t.Fatalf("paused %d times, want 8", len(pauses))
	}
	bound := time.Second
	for i, pause := range pauses {
		if pause < 0 || pause > min(bound, 20*time.Second) {
			t.Errorf("pause %d = %v, want at most %v", i, pause, bound)
		}
		bound *= 2
	}
}

// TestInterruptedPause checks that an interrupted pause ends the command without another attempt.
func TestInterruptedPause(t *testing.T) {
	setEnvironment(t)
	ctx, cancel := context.WithCancel(t.Context())
	url, asked := startServerWith(t, throttled)
	var stdout bytes.Buffer
	command := &cli.Command{
		Stdout: &stdout, Stderr: new(bytes.Buffer), Now: time.Now,
		Sleep: func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() },
	}
	status := command.Run(ctx, []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", url})
	if status != cli.StatusInterrupted || asked.Load() != 1 || stdout.String() != "\n" {
		t.Errorf("interrupted: status %d, asked %d times, %q", status, asked.Load(), stdout.String())
	}
}

// TestRetryParity compares the message after the last attempt with the AWS CLI's, without our hint.
func TestRetryParity(t *testing.T) {
	setEnvironment(t)
	aws := mustFindAWSCLI(t)
	for name, tt := range map[string]struct {
		environment map[string]string
		answer      string
	}{
		"throttled":        {nil, throttled},
		"refused":          {nil, refused},
		"broken":           {nil, `500 {"__type":"InternalErrorException","message":"x"}`},
		"busy page":        {nil, "503 <html>busy</html>"},
		"busy, other page": {nil, "503 <h1>busy</h1>"},
		"busy, no page":    {nil, "502 "},
		"a page":           {nil, "404 <h1>no</h1>"},
		"no page":          {nil, "404 "},
		"a gateway's":      {nil, `403 {"Message":"forbidden"}`},
		"an empty object":  {nil, "400 {}"},
		"a namespace":      {nil, `400 {"__type":"com.amazonaws#OtherException","Message":"capital"}`},
		"closed":           {nil, ""},
		"no attempts":      {map[string]string{"AWS_MAX_ATTEMPTS": "0"}, "200 {}"},
		"no number":        {map[string]string{"AWS_MAX_ATTEMPTS": "x"}, "200 {}"},
		"no mode":          {map[string]string{"AWS_RETRY_MODE": "legacy"}, "200 {}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			for name, value := range tt.environment {
				t.Setenv(name, value)
			}
			url, _ := startServerWith(t, tt.answer)
			args := []string{"cognito-idp", "list-user-pools", "--max-results", "1", "--endpoint-url", url}
			want, got := aws.run(t, args), runCognate(t.Context(), args)
			if got.Status != want.Status || got.Stdout != want.Stdout || !strings.HasPrefix(got.Stderr, strings.TrimSuffix(want.Stderr, "\n")) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
