package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate/config"
)

// mustTrust returns a client that trusts only the certificate in the file.
func mustTrust(t *testing.T, file string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// With data in memory the log names the certificate, which exists as long as the server runs.
func TestSelfSigned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := start(dir, append(os.Environ(), "TMPDIR="+dir), "dev", "--listen", "127.0.0.1:0", "--tls-self-signed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("listening on %s, want https", p.url)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v, want the certificate alone", files, err)
	}
	client := mustTrust(t, files[0])
	for _, url := range []string{p.url, strings.Replace(p.url, "127.0.0.1", "localhost", 1)} {
		response, err := client.Get(url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
			t.Errorf("GET %s/healthz = %d over %s, want 200 over HTTP/2", url, response.StatusCode, response.Proto)
		}
	}
	client.CloseIdleConnections()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.stderr.String(), "msg=certificate file="+files[0]) {
		t.Errorf("the log does not name %s:\n%s", files[0], &p.stderr)
	}
	if _, err := os.Stat(filepath.Dir(files[0])); !os.IsNotExist(err) {
		t.Errorf("the folder of %s after the end: %v, want none", files[0], err)
	}
}

// With a data folder the certificate stays the same until it does not fit any more.
func TestSelfSignedIsStored(t *testing.T) {
	t.Parallel()
	now := time.Now()
	dir := t.TempDir()
	certificate := func(c config.Config, at time.Time) []byte {
		t.Helper()
		c.Data, c.Listen = dir, "0.0.0.0:8229"
		pair, path, _, err := (&node{config: &c}).selfSigned(at)
		if err != nil {
			t.Fatal(err)
		}
		if path != filepath.Join(dir, selfSignedCert) {
			t.Errorf("certificate in %s, want in %s", path, dir)
		}
		return pair.Certificate[0]
	}
	first := certificate(config.Config{}, now)
	info, err := os.Stat(filepath.Join(dir, selfSignedKey))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v, want mode 0600", info.Mode(), err)
	}
	if !bytes.Equal(first, certificate(config.Config{}, now.AddDate(0, 10, 0))) {
		t.Error("a start with a valid certificate made a new one")
	}
	last := first
	for _, c := range []struct {
		what   string
		config config.Config
		at     time.Time
	}{
		{"with a new name", config.Config{HostNames: config.Hosts{"cognate"}}, now},
		{"with a new public URL", config.Config{PublicURL: "https://id.example.com"}, now},
		{"shortly before its expiry", config.Config{}, now.AddDate(0, 11, 15)},
	} {
		next := certificate(c.config, c.at)
		if bytes.Equal(last, next) {
			t.Errorf("a start %s kept the certificate", c.what)
		}
		last = next
	}
	// A key that does not match is replaced with its certificate.
	text, err := os.ReadFile(filepath.Join(dir, selfSignedCert))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, selfSignedKey), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(last, certificate(config.Config{}, now)) {
		t.Error("a certificate without its key was kept")
	}
}

func TestNewSelfSigned(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n := &node{config: &config.Config{
		Listen: "192.0.2.1:8229", PublicURL: "https://id.example.com/auth", HostNames: config.Hosts{"Cognate", "172.17.0.1"},
	}}
	hosts, err := n.certificateHosts()
	if err != nil {
		t.Fatal(err)
	}
	certPEM, _, err := newSelfSigned(hosts, now)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(certPEM)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"*.auth.cognate", "*.auth.id.example.com", "*.auth.localhost", "cognate", "id.example.com", "localhost"}; !slices.Equal(certificate.DNSNames, want) {
		t.Errorf("names %v, want %v", certificate.DNSNames, want)
	}
	for _, host := range []string{"127.0.0.1", "::1", "192.0.2.1", "172.17.0.1", "localhost", "cognate", "id.example.com", "login.auth.localhost"} {
		if err := certificate.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	for _, host := range []string{"example.com", "192.0.2.2"} {
		if certificate.VerifyHostname(host) == nil {
			t.Errorf("the certificate is valid for %s", host)
		}
	}
	if certificate.IsCA || certificate.KeyUsage&x509.KeyUsageCertSign != 0 {
		t.Error("the certificate is an authority")
	}
	if lifetime := certificate.NotAfter.Sub(certificate.NotBefore); lifetime > 398*24*time.Hour {
		t.Errorf("lifetime %v, more than browsers accept", lifetime)
	}
}
