package smtp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/notify/smtp"
)

const (
	account, password = "cognate", "correct horse"
	refusedAddress    = "unknown@example.com"
)

// receivedMail is an email as a server received it.
type receivedMail struct {
	from, to string
	*mail.Message
}

// server is a mail server; mustServe starts one.
type server struct {
	host  string
	port  int
	roots *x509.CertPool
	mails chan receivedMail
}

func mustServe(t *testing.T, security smtp.Security) *server {
	t.Helper()
	certificate, roots := mustCertify(t)
	s := &server{host: "127.0.0.1", roots: roots, mails: make(chan receivedMail, 10)}
	backend := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{server: s}, nil }))
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", s.host+":0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	backend.Domain, backend.EnableSMTPUTF8 = "mail.example.com", true
	tlsConfig := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch security {
	case smtp.StartTLS:
		backend.TLSConfig = tlsConfig
	case smtp.Implicit:
		listener = tls.NewListener(listener, tlsConfig)
	}
	go func() { _ = backend.Serve(listener) }()
	t.Cleanup(func() { _ = backend.Close() })
	return s
}

// session is one connection of a client.
type session struct {
	*server
	proven   bool
	from, to string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, secret string) error {
		if name != account || secret != password {
			return gosmtp.ErrAuthFailed
		}
		s.proven = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if to == refusedAddress {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user: " + to}
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	m.Body = strings.NewReader(string(body))
	s.mails <- receivedMail{s.from, s.to, m}
	return err
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func mustCertify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (s *server) config(security smtp.Security) smtp.Config {
	return smtp.Config{
		Host: s.host, Port: s.port, Security: security, Roots: s.roots, From: "People <people@example.com>",
		Now: func() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) },
	}
}

func mustNew(t *testing.T, c smtp.Config) *smtp.Transport {
	t.Helper()
	transport, err := smtp.New(c)
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return transport
}

func delivery() *notify.Delivery {
	return &notify.Delivery{
		ID: "m1", Pool: &cognate.UserPool{}, Message: notify.Message{
			Medium: api.DeliveryMediumTypeEmail, Destination: "anna@example.com", Subject: "Grüße, Änna",
			Body: "<p>Your code is <b>123456</b>. ä</p>", Code: "123456",
		},
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	for _, security := range []smtp.Security{smtp.StartTLS, smtp.Implicit, smtp.Clear} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			s := mustServe(t, security)
			c := s.config(security)
			if security != smtp.Clear {
				c.User, c.Password = account, password
			}
			if err := mustNew(t, c).Deliver(t.Context(), delivery()); err != nil {
				t.Fatalf("Deliver() = %v", err)
			}
			m := <-s.mails
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil {
				t.Errorf("subject: %v", err)
			}
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			if err != nil {
				t.Errorf("body: %v", err)
			}
			got := []string{
				m.from, m.to, m.Header.Get("From"), m.Header.Get("To"), subject, m.Header.Get("Message-Id"), m.Header.Get("Date"),
				m.Header.Get("Content-Type"), m.Header.Get("Auto-Submitted"), strings.TrimSpace(string(body)),
			}
			want := []string{
				"people@example.com", "anna@example.com", `"People" <people@example.com>`, "<anna@example.com>", "Grüße, Änna",
				"<m1@127.0.0.1>", "Mon, 23 Nov 2026 04:00:00 +0000", "text/html; charset=UTF-8", "auto-generated",
				"<p>Your code is <b>123456</b>. ä</p>",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("email (-want +got):\n%s", diff)
			}
		})
	}
}

// The pool's own From address takes precedence.
func TestPoolsSender(t *testing.T) {
	t.Parallel()
	s := mustServe(t, smtp.Clear)
	transport := mustNew(t, s.config(smtp.Clear))
	for name, tt := range map[string]struct {
		own         *api.EmailConfigurationType
		from, reply string
	}{
		"From":     {&api.EmailConfigurationType{From: "Own <own@example.com>", ReplyToEmailAddress: "help@example.com"}, "own@example.com", "<help@example.com>"},
		"identity": {&api.EmailConfigurationType{SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/id@example.com"}, "id@example.com", ""},
		"domain":   {&api.EmailConfigurationType{SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/example.com"}, "people@example.com", ""},
	} {
		p := delivery()
		p.Pool.EmailConfiguration = tt.own
		if err := transport.Deliver(t.Context(), p); err != nil {
			t.Fatalf("Deliver(%s) = %v", name, err)
		}
		if m := <-s.mails; m.from != tt.from || m.Header.Get("Reply-To") != tt.reply {
			t.Errorf("%s: email from %q, answers to %q, want %q and %q", name, m.from, m.Header.Get("Reply-To"), tt.from, tt.reply)
		}
	}
}

// An email with two forms, and with a sender of its own.
func TestTextAndOwnSender(t *testing.T) {
	t.Parallel()
	s := mustServe(t, smtp.StartTLS)
	p := delivery()
	p.Body, p.Text = "<b>hello</b>", "hello"
	p.Sender = notify.MessageSender{
		SourceARN: "arn:aws:ses:us-east-1:123456789012:identity/example.com", From: "Shop <shop@example.com>", ReplyTo: "Help <help@example.com>",
	}
	if err := mustNew(t, s.config(smtp.StartTLS)).Deliver(t.Context(), p); err != nil {
		t.Fatalf("Deliver() = %v", err)
	}
	got := <-s.mails
	if from := got.Header.Get("From"); !strings.Contains(from, "<shop@example.com>") || !strings.Contains(got.Header.Get("Reply-To"), "<help@example.com>") {
		t.Errorf("From = %q, Reply-To = %q, want the message's own", from, got.Header.Get("Reply-To"))
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, html := strings.Index(string(body), "text/plain"), strings.Index(string(body), "text/html")
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") || plain < 0 || html < plain {
		t.Errorf("Content-Type = %q, body:\n%s\nwant the text and then HTML", kind, body)
	}
}

// A value that users or pools choose cannot start a header or add a recipient.
func TestHeadersCantBeInjected(t *testing.T) {
	t.Parallel()
	s := mustServe(t, smtp.Clear)
	transport := mustNew(t, s.config(smtp.Clear))
	p := delivery()
	p.Subject = "Hello\r\nBcc: victim@example.com\r\n\r\nbody"
	if err := transport.Deliver(t.Context(), p); err != nil {
		t.Fatalf("Deliver() = %v", err)
	}
	if m := <-s.mails; m.Header.Get("Bcc") != "" || m.to != "anna@example.com" {
		t.Errorf("the subject made headers: %v", m.Header)
	}
	for _, address := range []string{"a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "no address", ""} {
		p := delivery()
		p.Destination = address
		if err := transport.Deliver(t.Context(), p); !notify.IsRefused(err) || address != "" && strings.Contains(err.Error(), address) {
			t.Errorf("Deliver(to %q) = %v, want an error that does not quote it", address, err)
		}
		p = delivery()
		p.Pool.EmailConfiguration = &api.EmailConfigurationType{ReplyToEmailAddress: address}
		if err := transport.Deliver(t.Context(), p); address != "" && !notify.IsRefused(err) {
			t.Errorf("Deliver(answers to %q) = %v, want an error", address, err)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	s := mustServe(t, smtp.StartTLS)
	good := s.config(smtp.StartTLS)
	good.User, good.Password = account, password
	p := delivery()
	p.Destination = refusedAddress
	if err := mustNew(t, good).Deliver(t.Context(), p); !notify.IsRefused(err) {
		t.Errorf("Deliver(unknown recipient) = %v, want an error", err)
	}
	for name, change := range map[string]func(*smtp.Config){
		"wrong password":                      func(c *smtp.Config) { c.Password = "wrong" },
		"certificate of an unknown authority": func(c *smtp.Config) { c.Roots = x509.NewCertPool() },
		"nothing listens":                     func(c *smtp.Config) { c.Port = 1 },
		"no STARTTLS": func(c *smtp.Config) {
			clear := mustServe(t, smtp.Clear)
			c.Port = clear.port
		},
	} {
		c := good
		change(&c)
		if err := mustNew(t, c).Deliver(t.Context(), delivery()); err == nil || notify.IsRefused(err) {
			t.Errorf("Deliver(%s) = %v, want an error that is worth another attempt", name, err)
		}
	}
	if len(s.mails) > 0 {
		t.Errorf("%d emails went out", len(s.mails))
	}
}

// Connect tries the connection and the login, and sends nothing.
func TestConnect(t *testing.T) {
	t.Parallel()
	s := mustServe(t, smtp.StartTLS)
	c := s.config(smtp.StartTLS)
	c.User, c.Password = account, password
	if err := mustNew(t, c).Connect(t.Context()); err != nil {
		t.Errorf("Connect() = %v", err)
	}
	c.Password = "wrong"
	if err := mustNew(t, c).Connect(t.Context()); err == nil {
		t.Error("Connect(wrong password) = nil, want an error")
	}
}
