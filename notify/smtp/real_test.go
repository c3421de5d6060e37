package smtp_test

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cognate/notify"
	"cognate/notify/smtp"
)

// envPython names a Python with aiosmtpd. Without it the test skips, or fails if tests must not skip.
const (
	envPython  = "COGNATE_TEST_PYTHON"
	envRequire = "COGNATE_TEST_REQUIRE"
)

// received is an email as the server of testdata/server.py received it.
type received struct {
	From    string
	To      []string
	TLS     bool
	Content string
}

// mustServeReal starts the server and returns its report of the emails that it receives.
func mustServeReal(t *testing.T) (*server, *json.Decoder) {
	t.Helper()
	python := os.Getenv(envPython)
	switch {
	case python == "" && os.Getenv(envRequire) != "":
		t.Fatalf("%s is not set", envPython)
	case python == "":
		t.Skipf("%s is not set", envPython)
	}
	certificate, roots := mustCertify(t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := mustWrite(t, "cert.pem", &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "server.py"),
		cert, mustWrite(t, "key.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: key}), account, password)
	cmd.Stderr = t.Output()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(output)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("server: %v", err)
	}
	port, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("server: %v", err)
	}
	return &server{host: "127.0.0.1", port: port, roots: roots}, json.NewDecoder(lines)
}

func mustWrite(t *testing.T, name string, block *pem.Block) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The server is written in Python and checks emails in its own way.
func TestRealServer(t *testing.T) {
	t.Parallel()
	s, emails := mustServeReal(t)
	c := s.config(smtp.StartTLS)
	c.User, c.Password = account, password
	transport := mustNew(t, c)
	if err := transport.Deliver(t.Context(), delivery()); err != nil {
		t.Fatalf("Deliver() = %v", err)
	}
	var got received
	if err := emails.Decode(&got); err != nil {
		t.Fatalf("email: %v", err)
	}
	if got.From != "people@example.com" || len(got.To) != 1 || got.To[0] != "anna@example.com" || !got.TLS {
		t.Errorf("email from %s to %q, by TLS: %v", got.From, got.To, got.TLS)
	}
	for _, want := range []string{
		"To: <anna@example.com>", `From: "People" <people@example.com>`, "Message-ID: <m1@127.0.0.1>",
		"Content-Type: text/html; charset=UTF-8", "<b>123456</b>",
	} {
		if !strings.Contains(got.Content, want) {
			t.Errorf("email has no %q:\n%s", want, got.Content)
		}
	}
	p := delivery()
	p.Destination = refusedAddress
	if err := transport.Deliver(t.Context(), p); !notify.IsRefused(err) {
		t.Errorf("Deliver(unknown recipient) = %v, want an error", err)
	}
	c.Password = "wrong"
	if err := mustNew(t, c).Deliver(t.Context(), delivery()); err == nil || notify.IsRefused(err) {
		t.Errorf("Deliver(wrong password) = %v, want an error that is worth another attempt", err)
	}
}
