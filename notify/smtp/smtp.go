// Package smtp sends emails to a mail server (RFC 5321), with one connection for each email.
//
// It uses one server, which relays the emails: it looks up no mail exchangers. It does not retry; package outbox does.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"cognate"
	"cognate/notify"
)

// Security says how a connection is encrypted.
type Security string

// The kinds of security. StartTLS rejects a server without STARTTLS: an attacker on the network could remove the server's
// offer, and the email would be sent unencrypted.
const (
	StartTLS Security = "starttls"
	Implicit Security = "implicit" // TLS from the first byte (RFC 8314)
	Clear    Security = "none"
)

// Config holds the settings.
type Config struct {
	Host string
	Port int
	// Security is one of the three kinds.
	Security Security
	// User and Password log in to the server; both or neither. They are never sent unencrypted.
	User, Password string
	// Roots are the certificate authorities to trust for the server's certificate. Nil means the system's.
	Roots *x509.CertPool
	// From is the From address for pools that set none: "a@example.com" or "Name <a@example.com>".
	From string
	Now  func() time.Time
}

// Transport sends emails to one server. Make it with New.
type Transport struct {
	config Config
	client *gomail.Client
}

// timeout is how long the server may take for one reply.
const timeout = 15 * time.Second

// New returns a transport. It does not connect yet.
func New(c Config) (*Transport, error) {
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(timeout), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch c.Security {
	case Implicit:
		options = append(options, gomail.WithSSL())
	case Clear:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if c.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &Transport{config: c, client: client}, nil
}

// Deliver sends an email to the server. The error is notify.Refused if an address is malformed or the server permanently
// rejects (5xx) the sender, the recipient or the content. The operator must fix other errors, such as a rejected connection
// or password.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	m, err := t.compose(p)
	if err != nil {
		return notify.Refused(err)
	}
	// Each connection has its own client, because goroutines cannot share one.
	client, err := t.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server: %w", err)
	}
	err = t.client.SendWithSMTPClient(client, m)
	// The server has accepted the message, so errors after that do not matter.
	_ = t.client.CloseWithSMTPClient(client)
	return classify(err)
}

// Connect connects to the server and logs in, as Deliver does, and sends nothing.
func (t *Transport) Connect(ctx context.Context) error {
	client, err := t.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server: %w", err)
	}
	_ = t.client.CloseWithSMTPClient(client) // the login was accepted
	return nil
}

// classify marks a permanent rejection of the message as notify.Refused. Other errors may be temporary.
func classify(err error) error {
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok || failed.ErrorCode() < 500 {
		return err
	}
	switch failed.Reason {
	case gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return notify.Refused(err)
	default:
		return err
	}
}

// errNoRecipient does not quote the address.
var errNoRecipient = errors.New("the recipient is not an email address")

// compose makes the email. It parses addresses and encodes subjects, so their content cannot start another header.
func (t *Transport) compose(p *notify.Delivery) (*gomail.Msg, error) {
	sender, err := p.EmailSender(t.config.From)
	if err != nil {
		return nil, err
	}
	to, err := mail.ParseAddress(p.Destination)
	if err != nil {
		return nil, errNoRecipient
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(new(sender.From.Mail()))
	if sender.ReplyTo != (cognate.EmailAddress{}) {
		m.ReplyToMailAddress(new(sender.ReplyTo.Mail()))
	}
	m.ToMailAddress(to)
	m.Subject(p.Subject)
	m.SetDateWithValue(t.config.Now())
	m.SetMessageIDWithValue(p.ID + "@" + t.config.Host)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: prevents automatic replies
	m.SetBodyString(gomail.TypeTextHTML, p.Body)
	if p.Text != "" { // the preferred form is the last one (RFC 2046 section 5.1.4)
		m.SetBodyString(gomail.TypeTextPlain, p.Text)
		m.AddAlternativeString(gomail.TypeTextHTML, p.Body)
	}
	return m, nil
}
