// Package trace owns the log lines of --debug about HTTP: requests, responses, connections and times. It masks secrets.
// It does not change requests or responses.
package trace

import (
	"bytes"
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// Transport is an http.RoundTripper that logs the requests of one operation. All fields are required.
type Transport struct {
	Next      http.RoundTripper
	Operation *api.Operation
	Now       func() time.Time

	// Logf writes a line.
	Logf func(format string, args ...any)
}

// RoundTrip sends the request with Next. Errors: errors of Next; errors of reading the response.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.request(req)
	start := t.Now()
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			t.Logf("connected to %s after %v, used before: %v", info.Conn.RemoteAddr(), t.Now().Sub(start), info.Reused)
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			t.Logf("TLS handshake after %v: %s, error: %v", t.Now().Sub(start), tls.VersionName(state.Version), err)
		},
	}))
	resp, err := t.Next.RoundTrip(req)
	if err != nil {
		t.Logf("no response after %v: %v", t.Now().Sub(start), err)
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Logf("response incomplete after %v: %v", t.Now().Sub(start), err)
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	t.response(resp, body, t.Now().Sub(start))
	return resp, nil
}

func (t *Transport) request(req *http.Request) {
	t.Logf("request: %s %s", req.Method, req.URL.Redacted())
	t.headers(req.Header)
	if req.GetBody == nil {
		return
	}
	reader, err := req.GetBody()
	if err != nil {
		return
	}
	if body, err := io.ReadAll(reader); err == nil {
		t.Logf("  body: %s", Mask(body, t.Operation.Input))
	}
}

func (t *Transport) response(resp *http.Response, body []byte, took time.Duration) {
	t.Logf("response after %v: %s, %d bytes", took, resp.Status, len(body))
	t.headers(resp.Header)
	if resp.StatusCode != http.StatusOK {
		t.Logf("  body: %s", MaskError(body))
		return
	}
	t.Logf("  body: %s", Mask(body, t.Operation.Output))
}

func (t *Transport) headers(all http.Header) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Logf("  %s: %s", name, maskHeader(name, strings.Join(all[name], ", ")))
	}
}

// maskHeader masks the credentials in headers.
func maskHeader(name, value string) string {
	switch name {
	case "Authorization":
		if before, _, found := strings.Cut(value, "Signature="); found {
			return before + "Signature=" + masked
		}
		return masked
	case "X-Amz-Security-Token", "Cookie", "Set-Cookie", "Proxy-Authorization":
		return masked
	}
	return value
}
