//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/config"
	"cognate/iam"
	"cognate/risk/geoip/geoiptest"
)

// mustWritePair writes a new certificate for host and its key.
func mustWritePair(t *testing.T, dir, host string) {
	t.Helper()
	mustWritePairAs(t, dir, host, "cert.pem", "key.pem")
}

func mustWritePairAs(t *testing.T, dir, host, certFile, keyFile string) {
	t.Helper()
	certPEM, keyPEM, err := newSelfSigned([]string{host}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	mustWriteFile(t, filepath.Join(dir, certFile), string(certPEM))
	mustWriteFile(t, filepath.Join(dir, keyFile), string(keyPEM))
}

// host returns the name in the certificate of the server at an https URL.
func host(t *testing.T, url string) string {
	t.Helper()
	return hostFor(t, url, "")
}

// hostFor returns the name in the certificate for a client that names a host.
func hostFor(t *testing.T, url, name string) string {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: name}} //nolint:gosec // the test compares certificates
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].DNSNames[0]
}

// eventually waits until done reports true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %v", what, patience)
		}
	}
}

// A running server takes a new certificate and new access keys after SIGHUP, and keeps the previous ones if they are invalid.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustWritePair(t, dir, "first.example")
	mustWriteFile(t, filepath.Join(dir, "admin.secret"), "first-horse-battery")
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: ADMIN, secret_file: admin.secret}]\ntls_cert: cert.pem\ntls_key: key.pem\n")
	env := append(os.Environ(), "COGNATE_MASTER_KEY=cognate-master-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	p, err := start(dir, env, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "", "--config", "cognate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // as in host
	t.Cleanup(transport.CloseIdleConnections)
	insecure := &http.Client{Transport: transport}
	works := func(id, secret string) bool {
		client := &api.Client{Endpoint: p.url + "/", HTTP: insecure, Sign: signer(config.AccessKey{ID: id, Secret: config.Secret(secret)}, "eu-west-1", time.Now)}
		_, err := client.ListUserPools(t.Context(), &api.ListUserPoolsInput{MaxResults: new(1)})
		return err == nil
	}
	hangUp := func() {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if got := host(t, p.url); got != "first.example" || !works("ADMIN", "first-horse-battery") {
		t.Fatalf("certificate of %s, or the key does not work", got)
	}

	mustWritePair(t, dir, "second.example")
	mustWriteFile(t, filepath.Join(dir, "admin.secret"), "second-horse-battery")
	hangUp()
	eventually(t, "the second secret", func() bool { return works("ADMIN", "second-horse-battery") })
	if got := host(t, p.url); got != "second.example" || works("ADMIN", "first-horse-battery") {
		t.Errorf("certificate of %s, or the first secret still works", got)
	}

	// The settings file has another key now, and an error in another setting. The new certificate has no key.
	mustWriteFile(t, filepath.Join(dir, "cert.pem"), "no certificate")
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: OTHER, secret_file: admin.secret}]\ntls_cert: cert.pem\ntls_key: key.pem\nlog_level: loud\n")
	hangUp()
	eventually(t, "the other key", func() bool { return works("OTHER", "second-horse-battery") })
	if got := host(t, p.url); got != "second.example" || works("ADMIN", "second-horse-battery") {
		t.Errorf("certificate of %s, or the removed key still works", got)
	}

	// A removed key stops, even if another key is invalid or the file is not YAML.
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: OTHER, secret_file: admin.secret}, {id: ADMIN, secret_file: admin.secret}]\ntls_cert: cert.pem\ntls_key: key.pem\n")
	hangUp()
	eventually(t, "the added key", func() bool { return works("ADMIN", "second-horse-battery") })
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: OTHER, secret_file: admin.secret}, {id: THIRD}]\ntls_cert: cert.pem\ntls_key: key.pem\n")
	hangUp()
	eventually(t, "the removed key stops", func() bool { return !works("ADMIN", "second-horse-battery") })
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: OTHER, secret_file: admin.secret # {id: ADMIN}\ntls_cert: cert.pem\ntls_key: key.pem\n")
	hangUp()
	if !works("OTHER", "second-horse-battery") || works("ADMIN", "second-horse-battery") {
		t.Error("a key that the file still names does not work, or the removed one does")
	}
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: OTHER, secret_file: admin.secret}]\ntls_cert: cert.pem\ntls_key: key.pem\n")
	hangUp()

	// A file that others can read is as invalid as a missing one.
	mustWritePair(t, dir, "third.example")
	if err := os.Chmod(filepath.Join(dir, "admin.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	hangUp()
	eventually(t, "the third certificate", func() bool { return host(t, p.url) == "third.example" })
	if !works("OTHER", "second-horse-battery") {
		t.Error("the key does not work any more")
	}
	// Without its secret file, a key stops. The server finds that out without SIGHUP.
	if err := os.Remove(filepath.Join(dir, "admin.secret")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key without a secret stops", func() bool { return !works("OTHER", "second-horse-battery") })
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	for _, line := range []string{
		"the certificate was not reloaded; the previous one stays in use", "access keys were not reloaded; those that the settings still list keep their previous secrets and policies\",\"in_use\":\"OTHER\"",
	} {
		if !strings.Contains(p.stderr.String(), line) {
			t.Errorf("the log has no line %q:\n%s", line, &p.stderr)
		}
	}
}

// The host name that a client names decides the certificate. New certificates in the folder act without a restart.
func TestDomainCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustWritePair(t, dir, "id.example.com")
	domains := filepath.Join(dir, "domains")
	if err := os.Mkdir(domains, 0o700); err != nil {
		t.Fatal(err)
	}
	mustWritePairAs(t, domains, "login.example.com", "login.crt", "login.key")
	mustWritePairAs(t, domains, "*.auth.id.example.com", "prefixes.crt", "prefixes.key")
	p := mustStart(t, dir, "dev", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-domains", "domains")
	want := func(name, certificate string) {
		t.Helper()
		if got := hostFor(t, p.url, name); got != certificate {
			t.Errorf("certificate for %q is that of %s, want %s", name, got, certificate)
		}
	}
	want("", "id.example.com")
	want("login.example.com", "login.example.com")
	want("LOGIN.example.com", "login.example.com")
	want("shop.auth.id.example.com", "*.auth.id.example.com")
	want("sso.example.org", "id.example.com")

	mustWritePairAs(t, domains, "sso.example.org", "sso.crt", "sso.key")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new certificate", func() bool { return hostFor(t, p.url, "sso.example.org") == "sso.example.org" })
	mustWriteFile(t, filepath.Join(domains, "sso.crt"), "no certificate")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the error", func() bool {
		return strings.Contains(p.stderr.String(), "the certificates of further host names were not reloaded")
	})
	want("sso.example.org", "sso.example.org")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// A server without anything to reload survives SIGHUP.
func TestHangUpDoesNotEndServer(t *testing.T) {
	t.Parallel()
	p := mustStart(t, t.TempDir(), "dev", "--listen", "127.0.0.1:0")
	for range 3 {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// A server also finds changed files without SIGHUP.
func TestReloadOfChangedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustWritePair(t, dir, "first.example")
	secret := filepath.Join(dir, "admin.secret")
	mustWriteFile(t, secret, "first")
	loadKeys := func() (config.ListedKeys, error) {
		text, err := os.ReadFile(secret)
		return config.ListedKeys{Valid: []config.AccessKey{{ID: "ADMIN", Secret: config.Secret(text), SecretFile: secret}}}, err
	}
	listed, err := loadKeys()
	if err != nil {
		t.Fatal(err)
	}
	first, err := configuredKeys(listed.Valid)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := &config.Config{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	r := newReloader(c, slog.New(slog.NewTextHandler(&log, nil)))
	keys := &iam.Keys{Now: time.Now}
	r.watchKeys(keys, first, loadKeys)
	if err := r.loadCertificate(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.run(ctx, nil, time.Millisecond) }()
	mustWriteFile(t, secret, "second")
	eventually(t, "the second key", func() bool {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com/", http.NoBody)
		key := config.AccessKey{ID: "ADMIN", Secret: "second"}
		if err := signer(key, "eu-west-1", time.Now)(request, nil); err != nil {
			t.Fatal(err)
		}
		_, _, err := keys.Caller(request, nil)
		return err == nil
	})
	mustWritePair(t, dir, "second.example")
	eventually(t, "the second certificate", func() bool { return r.certificate.Load().Leaf.DNSNames[0] == "second.example" })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	// Each file changed once. It may have been read while it was written.
	if n := strings.Count(log.String(), "access keys reloaded"); n > 2*3 {
		t.Errorf("the keys were reloaded %d times:\n%s", n, &log)
	}
}

// A changed file of threat protection is read again; an invalid one is not used.
func TestReloadRiskFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "places.mmdb")
	write := func(country string) {
		t.Helper()
		if err := geoiptest.Write(path, map[string]cognate.Place{"203.0.113.0/24": {CountryCode: country}}); err != nil {
			t.Fatal(err)
		}
	}
	write("DE")
	c := &config.Config{GeoIPDatabase: path}
	var log cognatetest.LogBuffer
	r := newReloader(c, slog.New(slog.NewTextHandler(&log, nil)))
	n := &node{config: c, reloads: r, log: r.log}
	places, err := n.places()
	if err != nil {
		t.Fatal(err)
	}
	hangups := make(chan os.Signal, 1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.run(ctx, hangups, time.Hour) }()
	mustWriteFile(t, path, "nonsense")
	hangups <- syscall.SIGHUP
	eventually(t, "the error is logged", func() bool { return strings.Contains(log.String(), "a file was not reloaded") })
	if got := places.Locate("203.0.113.9").CountryCode; got != "DE" {
		t.Errorf("country after an invalid file = %q, want DE", got)
	}
	write("FR")
	hangups <- syscall.SIGHUP
	eventually(t, "the new database is used", func() bool { return places.Locate("203.0.113.9").CountryCode == "FR" })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	before := r.fingerprint()
	mustWriteFile(t, path, "a shorter text")
	if r.fingerprint() == before {
		t.Error("the fingerprint is the same after the file has changed, want another")
	}
}
