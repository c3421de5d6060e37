package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate/cognatetest"
	"cognate/config"
	"cognate/devapi"
	"cognate/iam"
	"cognate/notify"
	"cognate/sealing"
	"cognate/store/storetest"
)

func mustStart(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, err := start(dir, nil, args...)
	if err != nil {
		t.Fatalf("cognate %s: %v", strings.Join(args, " "), err)
	}
	t.Cleanup(p.kill)
	return p
}

func mustGet(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// SIGTERM during the start is no error: here the database does not answer.
func TestStopDuringStart(t *testing.T) {
	t.Parallel()
	var how net.ListenConfig
	database, err := how.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	dir := t.TempDir()
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: ADMIN, secret: first-horse-battery}]\n")
	cmd := exec.CommandContext(t.Context(), "cognate", "serve", "--config", "cognate.yaml", "--listen", "127.0.0.1:0", "--metrics-listen", "",
		"--database-url", "postgres://cognate@"+database.Addr().String()+"/cognate?sslmode=disable")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COGNATE_MASTER_KEY=cognate-master-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := database.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), "stopped during the start") {
		t.Errorf("serve that was stopped during its start = %v, want exit status 0, and a line of the log:\n%s", err, &stderr)
	}
}

// After SIGTERM a server still answers for a while, but /readyz reports that it is not ready.
func TestDrain(t *testing.T) {
	t.Parallel()
	p := mustStart(t, t.TempDir(), "dev", "--listen", "127.0.0.1:0", "--drain", "5m")
	if status, _ := mustGet(t, http.DefaultClient, p.url+"/readyz"); status != http.StatusOK {
		t.Fatalf("GET /readyz = %d, want 200", status)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for {
		status, _ := mustGet(t, http.DefaultClient, p.url+"/readyz")
		if status == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET /readyz = %d after SIGTERM, want 503", status)
		}
	}
	if status, _ := mustGet(t, http.DefaultClient, p.url+"/healthz"); status != http.StatusOK {
		t.Errorf("GET /healthz = %d while draining, want 200", status)
	}
	// A second signal ends the server immediately.
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err == nil {
		t.Error("the second SIGTERM ended the server with status 0, want it to be killed")
	}
}

// The counters tell what the server did for other callers, so the listener for clients does not answer them.
func TestMetricsListener(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what                   string
		mode                   config.Mode
		metricsListen          string
		atClients, hasListener bool
	}{
		{"serve", config.Serve, "127.0.0.1:0", false, true},
		{"serve without metrics", config.Serve, "", false, false},
		{"dev", config.Dev, "", true, false},
		{"dev with a listener", config.Dev, "127.0.0.1:0", false, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			url, metricsURL, stop := mustRun(t, &config.Config{Mode: c.mode, Listen: "127.0.0.1:0", MetricsListen: c.metricsListen})
			for _, path := range []string{"/healthz", "/readyz"} {
				if status, body := mustGet(t, http.DefaultClient, url+path); status != http.StatusOK || body != "ok\n" {
					t.Errorf("GET %s = %d %q, want 200 and nothing but ok", path, status, body)
				}
			}
			status, body := mustGet(t, http.DefaultClient, url+"/metrics")
			if answered := status == http.StatusOK && strings.Contains(body, "cognate_messages_total"); answered != c.atClients {
				t.Errorf("GET /metrics from clients' listener = %d, want it answered: %v", status, c.atClients)
			}
			if !c.atClients && status != http.StatusNotFound {
				t.Errorf("GET /metrics from clients' listener = %d, want 404", status)
			}
			if (metricsURL != "") != c.hasListener {
				t.Fatalf("metrics are at %q, want a listener: %v", metricsURL, c.hasListener)
			}
			if c.hasListener {
				wantOnlyMetrics(t, metricsURL, http.StatusOK)
			}
			if err := stop(); err != nil {
				t.Errorf("run() = %v", err)
			}
			if c.hasListener {
				if resp, err := http.Get(metricsURL); err == nil {
					_ = resp.Body.Close()
					t.Errorf("GET %s is answered after the server ended", metricsURL)
				}
			}
		})
	}
}

func wantOnlyMetrics(t *testing.T, metricsURL string, health int) {
	t.Helper()
	status, body := mustGet(t, http.DefaultClient, metricsURL)
	if status != http.StatusOK || !strings.Contains(body, "cognate_messages_total") || !strings.Contains(body, "cognate_build_info{version=") {
		t.Errorf("GET %s = %d %.200s, want counters", metricsURL, status, body)
	}
	base := strings.TrimSuffix(metricsURL, "/metrics")
	if status, body := mustGet(t, http.DefaultClient, base+"/health"); status != health || !strings.Contains(body, `"database":{"ok":true`) {
		t.Errorf("GET /health = %d %s, want %d and the state of the database", status, body, health)
	}
	for _, path := range []string{"/", "/healthz", "/debug/pprof/", "/_cognate/messages", "/us-east-1_A/.well-known/jwks.json"} {
		if status, _ := mustGet(t, http.DefaultClient, base+path); status != http.StatusNotFound {
			t.Errorf("GET %s from the metrics' listener = %d, want 404", path, status)
		}
	}
	resp, err := http.Post(base+"/", "application/x-amz-json-1.1", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("POST / to the metrics' listener = %d, want 404", resp.StatusCode)
	}
}

// mustRun runs a node with data in memory until stop is called or the test ends.
func mustRun(t *testing.T, c *config.Config) (url, metricsURL string, stop func() error) {
	t.Helper()
	c.MaxConnections = 100
	log, ready, done := new(cognatetest.LogBuffer), make(chan string, 1), make(chan error, 1)
	n := testNode(t, c, log)
	n.ready = func(url string) { ready <- url }
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() { done <- n.run(ctx) }()
	select {
	case url = <-ready:
	case err := <-done:
		t.Fatalf("run() = %v", err)
	}
	if found := regexp.MustCompile(`"msg":"metrics","url":"([^"]+)"`).FindStringSubmatch(log.String()); found != nil {
		metricsURL = found[1]
	}
	return url, metricsURL, func() error { cancel(); return <-done }
}

func testNode(t *testing.T, c *config.Config, log io.Writer) *node {
	t.Helper()
	logger := slog.New(slog.NewJSONHandler(log, nil))
	reloads := newReloader(c, logger)
	n := &node{
		config: c, masterKeys: func() ([]sealing.MasterKey, error) { return []sealing.MasterKey{storetest.MasterKey(t)}, nil }, access: &iam.Keys{Now: time.Now}, reloads: reloads, now: time.Now,
		log: logger, ready: func(string) {},
	}
	if c.Mode == config.Dev {
		n.dev = &devapi.Options{Clock: devapi.NewClock(time.Now), Mailbox: new(notify.Mailbox)}
	}
	return n
}

// A port that another process uses stops the start, and the listener for clients is closed again.
func TestMetricsPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := &config.Config{Mode: config.Serve, Listen: "127.0.0.1:0", MetricsListen: taken.Addr().String()}
	err = testNode(t, c, io.Discard).run(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "metrics_listen") {
		t.Errorf("run() = %v, want address already in use for metrics_listen", err)
	}
}

// During the drain, metrics are still answered, and clients do not see why the server is not ready. The drain is longer than
// the test, which does not wait for its end.
func TestMetricsWhileDraining(t *testing.T) {
	t.Parallel()
	c := &config.Config{Mode: config.Serve, Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", Drain: time.Hour}
	url, metricsURL, stop := mustRun(t, c)
	go func() { _ = stop() }()
	mustWait(t, "the drain", func() bool {
		status, body := mustGet(t, http.DefaultClient, url+"/readyz")
		return status == http.StatusServiceUnavailable && body == "not ready\n"
	})
	wantOnlyMetrics(t, metricsURL, http.StatusServiceUnavailable)
}

// A second signal immediately after the first is not lost. Two signals of the same kind could become one on the way.
func TestQuickSecondSignal(t *testing.T) {
	t.Parallel()
	p := mustStart(t, t.TempDir(), "dev", "--listen", "127.0.0.1:0", "--drain", "5m")
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.wait(); err == nil {
		t.Error("the second signal ended the server with status 0, want it to be killed")
	}
}

func TestInterruptLeavesInOrder(t *testing.T) {
	t.Parallel()
	p := mustStart(t, t.TempDir(), "dev", "--listen", "127.0.0.1:0")
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Errorf("after SIGINT: %v\n%s", err, &p.stderr)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	roots := mustMakeCertificate(t, dir)
	p := mustStart(t, dir, "dev", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("listening on %s, want https", p.url)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	resp, err := client.Get(p.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		t.Errorf("GET /healthz = %d over %s, want 200 over HTTP/2", resp.StatusCode, resp.Proto)
	}
	_, metrics := mustGet(t, client, p.url+"/metrics")
	for _, want := range []string{`cognate_certificate_expiry_seconds{name="127.0.0.1"} 1.`, "cognate_connections_open 1"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics do not contain %s", want)
		}
	}
	client.CloseIdleConnections()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if _, err := start(dir, nil, "dev", "--listen", "127.0.0.1:0", "--tls-cert", "key.pem", "--tls-key", "key.pem"); err == nil ||
		!strings.Contains(err.Error(), "load TLS certificate") {
		t.Errorf("with a key for a certificate: %v, want a refusal", err)
	}
}

// mustMakeCertificate writes cert.pem and key.pem for 127.0.0.1 to dir and returns their certificate authority.
func mustMakeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	for name, text := range map[string][]byte{"cert.pem": certPEM, "key.pem": keyPEM} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return roots
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, listening, want string }{
		{"", "http://127.0.0.1:8229", "http://127.0.0.1:8229"},
		{"", "http://[::1]:8229", "http://[::1]:8229"},
		{"", "http://[::]:8229", "http://localhost:8229"},
		{"", "https://0.0.0.0:8229", "https://localhost:8229"},
		{"https://id.example.com", "http://[::]:8229", "https://id.example.com"},
	}
	for _, tt := range tests {
		n := &node{config: &config.Config{PublicURL: tt.given}}
		if got := n.publicURL(tt.listening); got != tt.want {
			t.Errorf("publicURL(%q, listening on %s) = %s, want %s", tt.given, tt.listening, got, tt.want)
		}
	}
}

// Every setting that operators set by hand is a flag, and every flag is a setting.
func TestFlagsAreSettings(t *testing.T) {
	t.Parallel()
	noFlag := map[string]bool{
		"master_key": true, "smtp_password": true, "webhook_secret": true, "audit_webhook_secret": true, "access_keys": true, "functions": true, "code_keys": true,
	}
	for _, mode := range []config.Mode{config.Dev, config.Serve} {
		cmd := newDev(time.Now)
		if mode == config.Serve {
			cmd = newServe(time.Now)
		}
		for _, name := range config.Names() {
			devOnly := name == "expose" || name == "exit_with_parent" || name == "tls_self_signed" || name == "region" || name == "seed"
			serveOnly := strings.HasPrefix(name, "acme_") || name == "migrate"
			want := !noFlag[name] && (mode == config.Dev && !serveOnly || mode == config.Serve && !devOnly)
			if flag := strings.ReplaceAll(name, "_", "-"); (cmd.Flag(flag) != nil) != want {
				t.Errorf("cognate %s: flag --%s is there: %v, want %v", mode, flag, !want, want)
			}
		}
	}
}
