package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// healthcheckOf runs `cognate healthcheck` with args and returns its exit status and what it wrote.
func healthcheckOf(args ...string) (status int, output string) {
	var out strings.Builder
	status = run(append([]string{"healthcheck"}, args...), strings.NewReader(""), &out, &out)
	return status, out.String()
}

// The check of a server that the settings name does not verify the certificate, which is for the public name. With --url it
// does.
func TestHealthcheckTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustMakeCertificate(t, dir)
	p := mustStart(t, dir, "dev", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
	listen := strings.TrimPrefix(p.url, "https://")
	if status, output := healthcheckOf("--listen", listen, "--tls-cert", "cert.pem"); status != 0 || output != "" {
		t.Errorf("healthcheck --tls-cert = %d %q, want 0 and no output", status, output)
	}
	if status, output := healthcheckOf("--url", p.url); status != 1 || !strings.Contains(output, "certificate") {
		t.Errorf("healthcheck --url %s = %d %q, want 1 because of the certificate", p.url, status, output)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// A server that is not ready fails the check, unless it becomes ready while the check waits. Redirects are not followed.
func TestHealthcheckWaits(t *testing.T) {
	t.Parallel()
	var status, requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) > 2 {
			status.Store(http.StatusOK)
		}
		w.Header().Set("Location", "/healthz")
		w.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	for _, unready := range []int{http.StatusServiceUnavailable, http.StatusFound} {
		status.Store(int64(unready))
		requests.Store(0)
		if got, output := healthcheckOf("--url", server.URL); got != 1 || !strings.Contains(output, http.StatusText(unready)) {
			t.Errorf("healthcheck of a server that answers %d = %d %q, want 1", unready, got, output)
		}
		if got, output := healthcheckOf("--url", server.URL, "--wait", "1m"); got != 0 || output != "" {
			t.Errorf("healthcheck --wait = %d %q, want 0 and no output", got, output)
		}
		if got := requests.Load(); got != 3 {
			t.Errorf("healthcheck sent %d requests, want 3", got)
		}
	}
}

func TestServeNeedsFileModes(t *testing.T) {
	t.Parallel()
	for goos, refused := range map[string]bool{"linux": false, "darwin": false, "windows": true} {
		if err := requireFileModes(goos); (err != nil) != refused {
			t.Errorf("requireFileModes(%s) = %v, want an error: %v", goos, err, refused)
		}
	}
}
