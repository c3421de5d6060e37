package notify

import (
	"context"
	"errors"
	"strings"

	"cognate"
)

// Delivery is a message that is given to a transport.
type Delivery struct {
	Message
	// ID is unique to the message and the same at each attempt, so a receiver can recognize a message that it already has.
	ID string
	// Pool is the message's pool as it is now. Its email settings may have changed since the message was written.
	Pool *cognate.UserPool
}

// Transport sends a message to a mail server or SMS service and waits for its answer. Several goroutines may call it.
type Transport interface {
	// Deliver returns nil when the server has accepted the message. After an error the caller may try again; after an error
	// made by Refused, another attempt is unlikely to succeed. Errors may quote the server, but not the message.
	Deliver(ctx context.Context, p *Delivery) error
}

// Refused marks an error of a Transport: the server permanently rejects this message.
func Refused(err error) error { return refused{err} }

type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// IsRefused reports whether an error was made by Refused.
func IsRefused(err error) bool {
	_, ok := errors.AsType[refused](err)
	return ok
}

// DecoySender is a Sender whose Send takes a noticeable time.
type DecoySender interface {
	// SendDecoy takes as long as Send, returns the errors that Send would return for the medium, and sends nothing.
	SendDecoy(ctx context.Context, m Message) error
}

// SendDecoy takes as long as s.Send would and sends nothing, so the time does not reveal whether a message was sent.
func SendDecoy(ctx context.Context, s Sender, m Message) error {
	if p, ok := s.(DecoySender); ok {
		return p.SendDecoy(ctx, m)
	}
	return nil
}

// SendDecoy fails as Send does.
func (n None) SendDecoy(ctx context.Context, m Message) error { return n.Send(ctx, m) }

// Copies is a sender that stores a copy of each message and also sends it with Next, if Sends returns true. It is for
// `cognate dev`, whose users read the copies.
type Copies struct {
	Mailbox *Mailbox
	Next    Sender
	// Sends reports whether Next can send the message.
	Sends func(Message) bool
}

// Send stores m and sends it with Next.
func (c *Copies) Send(ctx context.Context, m Message) error {
	if err := c.Mailbox.Send(ctx, m); err != nil || !c.Sends(m) {
		return err
	}
	return c.Next.Send(ctx, m)
}

// SendDecoy calls SendDecoy of Next.
func (c *Copies) SendDecoy(ctx context.Context, m Message) error {
	if !c.Sends(m) {
		return nil
	}
	return SendDecoy(ctx, c.Next, m)
}

// From returns the From address of an email, optionally with a name: the pool's own address, or the address of the identity
// in SourceArn, or defaultFrom. It may be malformed, because an administrator of the pool set it. Source: API reference,
// EmailConfigurationType.
func (p *Delivery) From(defaultFrom string) string {
	c := p.Pool.EmailConfiguration
	if c == nil {
		return defaultFrom
	}
	_, identity, _ := strings.Cut(c.SourceArn, ":identity/")
	switch {
	case c.From != "":
		return c.From
	case strings.Contains(identity, "@"):
		return identity
	default:
		return defaultFrom
	}
}

// ReplyTo returns the Reply-To address, or "" if replies go to the From address.
func (p *Delivery) ReplyTo() string {
	if c := p.Pool.EmailConfiguration; c != nil {
		return c.ReplyToEmailAddress
	}
	return ""
}
