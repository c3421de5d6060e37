// Package smtp hands emails to a mail server (RFC 5321), a connection for each.
//
// It knows one server, which relays: it looks up no mail exchangers. Retrying is package outbox's.
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

	"cognate/notify"
)

// Security is how a connection is kept from being read.
type Security string

// The ways. With StartTLS a server that can't is refused: nothing goes out in the clear because an attacker in between cut
// the offer out.
const (
	StartTLS Security = "starttls"
	Implicit Security = "implicit" // TLS from the first byte (RFC 8314)
	Clear    Security = "none"
)

// Config says which server to use.
type Config struct {
	Host string
	Port int
	// Security is one of the three ways.
	Security Security
	// User and Password prove who we are; both or neither. They are never sent in the clear.
	User, Password string
	// Roots are who may have signed the server's certificate; nil means the system's.
	Roots *x509.CertPool
	// From is the address that emails of pools without one of their own come from: "a@example.com" or "Name <a@example.com>".
	From string
	Now  func() time.Time
}

// Transport sends by one server. It is made by New.
type Transport struct {
	config Config
	client *gomail.Client
}

// timeout is how long the server may take for one answer.
const timeout = 15 * time.Second

// New returns a transport. It connects to nothing yet.
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

// Deliver hands an email to the server. An address that can't be one, and a final refusal (5xx) of sender, recipient or
// content, are notify.Refused; a refusal of the connection or of our password is the operator's to mend.
func (t *Transport) Deliver(ctx context.Context, p *notify.Delivery) error {
	m, err := t.compose(p)
	if err != nil {
		return notify.Refused(err)
	}
	// A client of its own for each connection: one can't be shared by goroutines.
	client, err := t.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("connect to mail server: %w", err)
	}
	err = t.client.SendWithSMTPClient(client, m)
	// What comes after the server has taken charge doesn't matter.
	_ = t.client.CloseWithSMTPClient(client)
	return judged(err)
}

// judged tells the server's final word on a message from what may be otherwise in a while.
func judged(err error) error {
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

// compose writes the email. Addresses are parsed and subjects encoded, so nothing in them can begin another header.
func (t *Transport) compose(p *notify.Delivery) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	for _, a := range []struct {
		what, address string
		set           func(*mail.Address)
	}{
		{"From", p.From(t.config.From), m.FromMailAddress},
		{"Reply-To", p.ReplyTo(), func(a *mail.Address) { m.ReplyToMailAddress(a) }},
		{"To", p.Destination, func(a *mail.Address) { m.ToMailAddress(a) }},
	} {
		if a.address == "" && a.what == "Reply-To" {
			continue
		}
		address, err := mail.ParseAddress(a.address)
		if err != nil {
			return nil, fmt.Errorf("%s is not an email address", a.what) // without quoting it
		}
		a.set(address)
	}
	m.Subject(p.Subject)
	m.SetDateWithValue(t.config.Now())
	m.SetMessageIDWithValue(p.ID + "@" + t.config.Host)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no automatic replies to it
	m.SetBodyString(gomail.TypeTextHTML, p.Body)
	return m, nil
}
