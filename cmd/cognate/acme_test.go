//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate/api"
	"cognate/config"
	"cognate/internal/pgtest"
)

// pebble is a certificate authority for tests. Its DNS answers every name with the addresses, in turn.
type pebble struct {
	addresses      atomic.Pointer[[]string]
	dir, directory string
	cmd            *exec.Cmd
	log            output
}

// pebbleProgram builds Pebble, if necessary, and returns its path in Go's cache.
var pebbleProgram = sync.OnceValues(func() (string, error) {
	path, err := exec.Command("go", "tool", "-n", "-modfile=../../tools/pebble/go.mod", "pebble").Output()
	if err != nil {
		return "", fmt.Errorf("build Pebble: %w", err)
	}
	return strings.TrimSpace(string(path)), nil
})

// startPebble starts Pebble, which checks challenges at the ports of 127.0.0.1.
func startPebble(t *testing.T, tlsPort, httpPort int) *pebble {
	t.Helper()
	program, err := pebbleProgram()
	if err != nil {
		t.Fatal(err)
	}
	p := &pebble{dir: t.TempDir()}
	p.addresses.Store(&[]string{"127.0.0.1"})
	mustWritePairAs(t, p.dir, "localhost", "pebble.crt", "pebble.key")
	port := freePort(t)
	p.directory = fmt.Sprintf("https://localhost:%d/dir", port)
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", port), "tlsPort": tlsPort, "httpPort": httpPort, "keyAlgorithm": "ecdsa",
		"certificate": filepath.Join(p.dir, "pebble.crt"), "privateKey": filepath.Join(p.dir, "pebble.key"),
		"retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles":   map[string]any{"default": map[string]any{"description": "default", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mustWriteFile(t, filepath.Join(p.dir, "pebble.json"), string(settings))
	p.cmd = exec.Command(program, "-config", filepath.Join(p.dir, "pebble.json"), "-dnsserver", p.startDNS(t))
	p.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	eventually(t, "Pebble listens", func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err == nil && conn.Close() == nil
	})
	return p
}

func (p *pebble) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// issued returns how many certificates Pebble has issued.
func (p *pebble) issued() int { return strings.Count(p.log.String(), "Issued certificate serial") }

// startDNS starts a DNS server for TCP on loopback and returns its address. Source of the format: RFC 1035 section 4.
func (p *pebble) startDNS(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var turn atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				defer conn.Close()
				next := func() string {
					addresses := *p.addresses.Load()
					return addresses[int(turn.Add(1))%len(addresses)]
				}
				for answerDNS(conn, next) == nil {
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// answerDNS answers one query: for an IPv4 address with one, for anything else with no record.
func answerDNS(conn net.Conn, address func() string) error {
	const header, typeA = 12, 1
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return err
	}
	end := header
	for end < len(query) && query[end] != 0 { // the labels of the name
		end += int(query[end]) + 1
	}
	if end += 5; end > len(query) { // the last label, type and class
		return io.ErrUnexpectedEOF
	}
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[header:end]...)
	if query[end-3] == typeA {
		answer[7] = 1 // one answer: the name of the question, A, IN, TTL 0, 4 bytes
		answer = append(answer, 0xC0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, net.ParseIP(address()).To4()...)
	}
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}

// acmeHost is the name of the servers in these tests.
const acmeHost = "id.example.test"

// serveACME starts a server that gets its certificate from Pebble.
func (p *pebble) serveACME(t *testing.T, dir, listen string, args ...string) *process {
	t.Helper()
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "access_keys: [{id: ADMIN, secret: correct-horse-battery}]\n")
	env := append(os.Environ(), "COGNATE_MASTER_KEY=cognate-master-1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"SSL_CERT_FILE="+filepath.Join(p.dir, "pebble.crt"))
	_, port, _ := net.SplitHostPort(listen)
	s, err := start(dir, env, append([]string{
		"serve", "--config", "cognate.yaml", "--listen", listen, "--metrics-listen", "", "--public-url", "https://" + acmeHost + ":" + port,
		"--acme-domains", acmeHost, "--acme-email", "operator@example.com", "--acme-directory", p.directory,
	}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server:\n%s\nPebble:\n%s", &s.stderr, &p.log)
		}
	})
	return s
}

// issuedFor returns the certificate that a server at an address has for a name; nil if the handshake fails.
func issuedFor(t *testing.T, address, name string) *x509.Certificate {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: name}} //nolint:gosec // the test compares certificates
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil
	}
	defer conn.Close()
	leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if name != "" && leaf.VerifyHostname(name) != nil {
		t.Errorf("certificate for %s is for %q", name, leaf.DNSNames)
	}
	return leaf
}

func textOf(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// waitIssued waits for certificates. A failed order is repeated after a minute, so a test that waits longer has failed.
func waitIssued(t *testing.T, address string, names ...string) {
	t.Helper()
	for _, name := range names {
		for deadline := time.Now().Add(patience); issuedFor(t, address, name) == nil; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no certificate of %s", name)
			}
		}
	}
}

// createDomains makes a user pool with a prefix domain and a custom domain.
func createDomains(t *testing.T, address, prefix, custom string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // as in issuedFor
	t.Cleanup(transport.CloseIdleConnections)
	client := &api.Client{
		Endpoint: "https://" + address + "/", HTTP: &http.Client{Transport: transport},
		Sign: signer(config.AccessKey{ID: "ADMIN", Secret: "correct-horse-battery"}, "eu-west-1", time.Now),
	}
	pool, err := client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []*api.CreateUserPoolDomainInput{
		{UserPoolId: pool.UserPool.Id, Domain: prefix},
		{UserPoolId: pool.UserPool.Id, Domain: custom, CustomDomainConfig: &api.CustomDomainConfigType{
			CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
		}},
	} {
		if _, err := client.CreateUserPoolDomain(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// The server gets certificates for its own names and for new domains of pools, by TLS alone, and for no other names. After a restart it
// uses them without the certificate authority.
func TestACME(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	p := startPebble(t, port, freePort(t))
	dir, address, metrics := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", port), freeAddress(t)
	s := p.serveACME(t, dir, address, "--metrics-listen", metrics)
	waitIssued(t, address, acmeHost)
	first := issuedFor(t, address, acmeHost)
	if got := issuedFor(t, address, ""); got == nil || !got.Equal(first) {
		t.Error("a client that names no host does not get the certificate of the first name")
	}
	if status, output := healthcheckOf("--listen", address, "--acme-domains", acmeHost); status != 0 {
		t.Errorf("healthcheck = %d %q", status, output)
	}
	createDomains(t, address, "login", "auth.shop.test")
	waitIssued(t, address, "login.auth."+acmeHost, "auth.shop.test")
	if got := textOf(t, "http://"+metrics+"/metrics"); !strings.Contains(got, `cognate_certificate_expiry_seconds{name="auth.shop.test"} `) {
		t.Errorf("no expiry in the metrics:\n%s", got)
	}

	// Names of others, and checks of challenges that the server does not have, do not reach the certificate authority.
	var done atomic.Int32
	var g sync.WaitGroup
	for i := range 200 {
		g.Go(func() {
			name := fmt.Sprintf("other%d.auth.%s", i, acmeHost)
			config := &tls.Config{InsecureSkipVerify: true, ServerName: name} //nolint:gosec // as in issuedFor
			if i%2 == 0 {
				config.NextProtos = []string{"acme-tls/1"}
			}
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
			if err == nil {
				t.Errorf("a handshake for %s succeeds", name)
				_ = conn.Close()
			} else if ctx.Err() == nil {
				done.Add(1)
			}
		})
	}
	g.Wait()
	if done.Load() != 200 {
		t.Errorf("%d of 200 handshakes were refused in time", done.Load())
	}
	if p.issued() != 3 || strings.Contains(p.log.String(), "other") {
		t.Errorf("Pebble issued %d certificates, want 3, or was asked for names of others:\n%s", p.issued(), &p.log)
	}

	p.stop()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if text := s.stderr.String(); strings.Contains(text, "PRIVATE KEY") || strings.Count(text, "certificate issued") != 3 {
		t.Errorf("log:\n%s", text)
	}
	s = p.serveACME(t, dir, address)
	if got := issuedFor(t, address, acmeHost); got == nil || !got.Equal(first) {
		t.Error("after a restart the server has another certificate, or none")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// If the certificate authority cannot connect by TLS, the server answers at port 80. There it also redirects to HTTPS, at its own
// names only.
func TestACMEByHTTP(t *testing.T) {
	t.Parallel()
	plain := freePort(t)
	p := startPebble(t, freePort(t), plain)
	address, plainAddress := freeAddress(t), fmt.Sprintf("127.0.0.1:%d", plain)
	s := p.serveACME(t, t.TempDir(), address, "--acme-http-listen", plainAddress)
	waitIssued(t, address, acmeHost)
	_, port, _ := net.SplitHostPort(address)
	for _, tc := range []struct {
		method, host, path string
		status             int
		location           string
	}{
		{http.MethodGet, acmeHost, "/login?a=b", http.StatusFound, "https://" + acmeHost + ":" + port + "/login?a=b"},
		{http.MethodGet, strings.ToUpper(acmeHost) + ":80", "/", http.StatusFound, "https://" + acmeHost + ":" + port + "/"},
		{http.MethodPost, acmeHost, "/", http.StatusBadRequest, ""},
		{http.MethodGet, "other.example", "/", http.StatusNotFound, ""},
		{http.MethodGet, acmeHost, "/.well-known/acme-challenge/unknown", http.StatusNotFound, ""},
		{http.MethodGet, acmeHost, "/.well-known/acme-challenge/", http.StatusNotFound, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tc.method, "http://"+plainAddress+tc.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = tc.host
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Location"); resp.StatusCode != tc.status || got != tc.location {
			t.Errorf("%s %s at %s = %d %q, want %d %q", tc.method, tc.path, tc.host, resp.StatusCode, got, tc.status, tc.location)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// Of two servers on one database one asks for each certificate, both answer the challenges, and both use the certificate.
func TestACMEOnTwoNodes(t *testing.T) {
	t.Parallel()
	database, port := pgtest.URL(t), freePort(t)
	p := startPebble(t, port, freePort(t))
	addresses := []string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.2:%d", port)}
	domains := acmeHost + ",more." + acmeHost
	servers := []*process{p.serveACME(t, t.TempDir(), addresses[0], "--database-url", database, "--acme-domains", domains)}
	waitIssued(t, addresses[0], acmeHost, "more."+acmeHost)
	servers = append(servers, p.serveACME(t, t.TempDir(), addresses[1], "--database-url", database, "--acme-domains", domains))
	p.addresses.Store(&[]string{"127.0.0.1", "127.0.0.2"}) // the three checks of a challenge use both
	createDomains(t, addresses[0], "login", "auth.shop.test")
	names := []string{acmeHost, "more." + acmeHost, "login.auth." + acmeHost, "auth.shop.test"}
	for _, address := range addresses {
		waitIssued(t, address, names...)
	}
	for _, name := range names {
		if !issuedFor(t, addresses[0], name).Equal(issuedFor(t, addresses[1], name)) {
			t.Errorf("the servers have different certificates for %s", name)
		}
	}
	if p.issued() != len(names) {
		t.Errorf("Pebble issued %d certificates, want %d", p.issued(), len(names))
	}
	for _, s := range servers {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}
}
