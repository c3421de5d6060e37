package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate/config"
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
		"master_key": true, "smtp_password": true, "webhook_secret": true, "access_keys": true, "functions": true, "code_keys": true,
	}
	for _, mode := range []config.Mode{config.Dev, config.Serve} {
		cmd := newDev()
		if mode == config.Serve {
			cmd = newServe()
		}
		for _, name := range config.Names() {
			devOnly := name == "expose" || name == "region" || name == "seed"
			want := !noFlag[name] && (mode == config.Dev || !devOnly)
			if flag := strings.ReplaceAll(name, "_", "-"); (cmd.Flag(flag) != nil) != want {
				t.Errorf("cognate %s: flag --%s is there: %v, want %v", mode, flag, !want, want)
			}
		}
	}
}
