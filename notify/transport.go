package notify

import (
	"context"
	"errors"
	"strings"

	"cognate"
)

// Delivery is a message on its way out of the server.
type Delivery struct {
	Message
	// ID is the same at each attempt to deliver the message, and no other message's: whoever gets one twice can tell.
	ID string
	// Pool is the message's as it is now: its owner may have mended its sender's address since the message was written.
	Pool *cognate.UserPool
}

// Transport hands messages over to a mail server or SMS service, one at a time and while the caller waits. It may be called
// from several goroutines.
type Transport interface {
	// Deliver returns once the other side has taken charge of the message. Any error means that it should be tried again;
	// one of Refused, that this is of little use. Errors may quote the other side, but no message.
	Deliver(ctx context.Context, p *Delivery) error
}

// Refused marks an error of a Transport as the other side's final word on this message.
func Refused(err error) error { return refused{err} }

type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// IsRefused reports whether an error is one of Refused.
func IsRefused(err error) bool {
	_, ok := errors.AsType[refused](err)
	return ok
}

// DecoySender is a Sender whose Send takes a time that can be told from that of nothing.
type DecoySender interface {
	// SendDecoy takes as long as Send would, fails as it would for any message of that medium, and sends nothing.
	SendDecoy(ctx context.Context, m Message) error
}

// SendDecoy spends the time of a sender on a message that is not sent, so that the time does not show that.
func SendDecoy(ctx context.Context, s Sender, m Message) error {
	if p, ok := s.(DecoySender); ok {
		return p.SendDecoy(ctx, m)
	}
	return nil
}

// SendDecoy fails as Send does.
func (n None) SendDecoy(ctx context.Context, m Message) error { return n.Send(ctx, m) }

// Copies is a sender that keeps a copy of each message besides handing it to Next, as far as Next can send it: for
// `cognate dev`, whose users read the copies.
type Copies struct {
	Mailbox *Mailbox
	Next    Sender
	// Sends reports whether Next is for this message.
	Sends func(Message) bool
}

// Send keeps m and hands it on.
func (c *Copies) Send(ctx context.Context, m Message) error {
	if err := c.Mailbox.Send(ctx, m); err != nil || !c.Sends(m) {
		return err
	}
	return c.Next.Send(ctx, m)
}

// SendDecoy is Next's.
func (c *Copies) SendDecoy(ctx context.Context, m Message) error {
	if !c.Sends(m) {
		return nil
	}
	return SendDecoy(ctx, c.Next, m)
}

// From returns the address that an email comes from, perhaps with a name before it: the pool's own, or the address whose
// identity its owner names by SourceArn, or else the given one. It may be malformed: the pool's owner writes it.
// Source: API reference, EmailConfigurationType.
func (p *Delivery) From(byDefault string) string {
	c := p.Pool.EmailConfiguration
	if c == nil {
		return byDefault
	}
	_, identity, _ := strings.Cut(c.SourceArn, ":identity/")
	switch {
	case c.From != "":
		return c.From
	case strings.Contains(identity, "@"):
		return identity
	default:
		return byDefault
	}
}

// ReplyTo returns the address that answers go to; empty for the one in From.
func (p *Delivery) ReplyTo() string {
	if c := p.Pool.EmailConfiguration; c != nil {
		return c.ReplyToEmailAddress
	}
	return ""
}
