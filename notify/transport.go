package notify

import (
	"context"
	"errors"
	"fmt"

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

// EmailSender returns the sender of the message, or else the parsed EmailConfiguration of the pool. From is defaultFrom if neither
// sets an address. An earlier version may have stored values that do not parse. Errors: made by Refused.
func (p *Delivery) EmailSender(defaultFrom string) (cognate.EmailSender, error) {
	parse := p.Pool.EmailSender
	if p.Sender != (MessageSender{}) {
		parse = p.Sender.parse
	}
	s, err := parse()
	if err != nil {
		return cognate.EmailSender{}, Refused(fmt.Errorf("email configuration of the pool: %w", err))
	}
	if s.From == (cognate.EmailAddress{}) {
		if s.From, err = cognate.ParseNamedEmailAddress(defaultFrom); err != nil {
			return cognate.EmailSender{}, Refused(fmt.Errorf("default From address: %w", err))
		}
	}
	return s, nil
}

// parse parses the sender. From is the address of the identity if only the identity is set.
func (m MessageSender) parse() (s cognate.EmailSender, err error) {
	if s.Identity, err = cognate.ParseARN(cognate.SESIdentityARN, m.SourceARN); err != nil {
		return s, err
	}
	s.From, _ = s.Identity.SESAddress()
	if m.From != "" {
		if s.From, err = cognate.ParseNamedEmailAddress(m.From); err != nil {
			return s, err
		}
	}
	if m.ReplyTo != "" {
		s.ReplyTo, err = cognate.ParseNamedEmailAddress(m.ReplyTo)
	}
	return s, err
}

// SMSTransports sends each text message with the service that the pool's SmsConfiguration names. Both fields are required.
type SMSTransports struct {
	SNS              Transport // for pools without SmsConfiguration too
	EndUserMessaging Transport // for pools with EumsSms
}

// Deliver sends a text message.
func (t *SMSTransports) Deliver(ctx context.Context, p *Delivery) error {
	if c := p.Pool.SMSConfiguration; c != nil && c.EumsSms != nil {
		return t.EndUserMessaging.Deliver(ctx, p)
	}
	return t.SNS.Deliver(ctx, p)
}

// EndUserMessagingSender returns the parsed EumsSms of the pool, as SMSSender does. Errors: made by Refused.
func (p *Delivery) EndUserMessagingSender() (cognate.EndUserMessagingSender, error) {
	s, err := p.Pool.EndUserMessagingSender()
	if err != nil {
		return cognate.EndUserMessagingSender{}, Refused(fmt.Errorf("SMS configuration of the pool: %w", err))
	}
	return s, nil
}

// SMSSender returns the parsed SmsConfiguration of the pool. An earlier version may have stored values that do not parse.
// Errors: made by Refused.
func (p *Delivery) SMSSender() (cognate.SMSSender, error) {
	s, err := p.Pool.SMSSender()
	if err != nil {
		return cognate.SMSSender{}, Refused(fmt.Errorf("SMS configuration of the pool: %w", err))
	}
	return s, nil
}
