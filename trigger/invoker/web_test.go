package invoker_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cognate/internal/outgoing"
	"cognate/trigger"
	"cognate/trigger/invoker"
)

const (
	webFunction = arnPrefix + "web"
	webSecret   = "0123456789abcdef"
)

func web(url string) *invoker.Web {
	return &invoker.Web{
		URL: url, Secret: []byte(webSecret), Client: outgoing.Operator(), Now: func() time.Time { return time.Unix(1790000000, 0) },
	}
}

// receive starts a receiver that checks signatures as docs/triggers.md describes.
func receive(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read event: %v", err)
		}
		mac := hmac.New(sha256.New, []byte(webSecret))
		mac.Write([]byte("1790000000." + webFunction + "." + string(body)))
		if got, want := r.Header.Get("Cognate-Signature"), "v1="+hex.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("Cognate-Signature = %q, want %q", got, want)
		}
		if r.Method != http.MethodPost || r.Header.Get("Cognate-Timestamp") != "1790000000" || r.Header.Get("Cognate-Function") != webFunction {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestWeb(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the event went elsewhere") }))
	defer elsewhere.Close()
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   string
		err    error
	}{
		"answers":               {respond(200, `{"response":{}}`), `{"response":{}}`, nil},
		"throws":                {respond(400, `{"errorMessage":"no","errorType":"Error"}`), "", &trigger.FunctionError{Message: "no"}},
		"throws without words":  {respond(400, `{"errorMessage":"","errorType":"Refusal"}`), "", &trigger.FunctionError{Message: "Refusal"}},
		"is not there":          {respond(404, "<html>"), "", &trigger.InvocationError{Message: "Status 404"}},
		"breaks":                {respond(500, `{"errorMessage":"stack trace"}`), "", &trigger.InvocationError{Message: "Status 500"}},
		"sends elsewhere":       {respond(307, ""), "", &trigger.InvocationError{Message: "Status 307"}},
		"answers without words": {respond(204, ""), "", &trigger.InvocationError{Message: "Status 204"}},
		"floods": {
			respond(200, strings.Repeat("x", trigger.MaxAnswer+1)), "",
			&trigger.InvocationError{Message: "Response payload size exceeded maximum allowed payload size"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := web(receive(t, tc.answer).URL).Invoke(t.Context(), webFunction, []byte(`{"request":{}}`))
			if string(got) != tc.want || (err == nil) != (tc.err == nil) || err != nil && err.Error() != tc.err.Error() {
				t.Errorf("Invoke() = %q, %v, want %q, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestWebStarts(t *testing.T) {
	t.Parallel()
	for status, right := range map[int]bool{200: true, 202: true, 204: true, 301: false, 403: false, 502: false} {
		err := web(receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).URL).Start(t.Context(), webFunction, []byte("{}"))
		if (err == nil) != right {
			t.Errorf("Start(status %d) = %v", status, err)
		}
	}
}

func TestWebUnreachable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	_, err := web(gone.URL).Invoke(t.Context(), webFunction, []byte("{}"))
	if failure, ok := errors.AsType[*trigger.InvocationError](err); !ok || failure.Message != "The function could not be reached" {
		t.Errorf("Invoke(no listener) = %v, want a message without the address", err)
	}
	self := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a stranger got the event") }))
	defer self.Close()
	if _, err := web(self.URL).Invoke(t.Context(), webFunction, []byte("{}")); err == nil {
		t.Error("Invoke(certificate of an unknown authority) = no error")
	}
}

func TestRouter(t *testing.T) {
	t.Parallel()
	known := receive(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	r := &invoker.Router{ByARN: map[string]trigger.Invoker{webFunction: web(known.URL)}}
	if _, err := r.Invoke(t.Context(), webFunction, []byte("{}")); err != nil {
		t.Errorf("Invoke(known) = %v", err)
	}
	if err := r.Start(t.Context(), webFunction, []byte("{}")); err != nil {
		t.Errorf("Start(known) = %v", err)
	}
	const want = "This server is not configured to invoke the function: " +
		arnPrefix + "web:alias is not in the settings: functions has only " + arnPrefix + "another, " + webFunction + ", and lambda_endpoint is not set"
	r.ByARN[arnPrefix+"another"] = r.ByARN[webFunction]
	if _, err := r.Invoke(t.Context(), webFunction+":alias", []byte("{}")); err == nil || err.Error() != want {
		t.Errorf("Invoke(not configured) = %v, want %s", err, want)
	}
	if err := new(invoker.Router).Start(t.Context(), webFunction, nil); err == nil || !strings.Contains(err.Error(), "functions is empty") {
		t.Errorf("Start(nothing configured) = %v, want an error", err)
	}
	r.Else = trigger.None{}
	if _, err := r.Invoke(t.Context(), webFunction+":alias", nil); err == nil || strings.Contains(err.Error(), "not in the settings") {
		t.Errorf("Invoke(for the other invoker) = %v, want its error", err)
	}
}
