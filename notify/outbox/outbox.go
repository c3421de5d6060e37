// Package outbox stores messages in the database until a transport has delivered them. A mail server that is down delays a
// message but does not lose it, and no request waits for it.
//
// A server claims a message with a lease before each attempt. If the server dies during the attempt, the lease expires, and
// this or another server on the database tries again. So a message is delivered at least once, and more than once only if a
// server dies or loses the database between the delivery and storing the outcome. After a failed attempt the outbox waits
// and tries again, with growing pauses, until the message's code expires.
//
// The package writes no messages and connects to no mail server: see package notify and the transports beside this package.
package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"cognate/api"
	"cognate/notify"
	"cognate/store"
)

// Config holds the dependencies. Every field except Failures is required.
type Config struct {
	Store *store.Store
	// Transports deliver the messages, by medium. Messages of a medium without a transport are rejected.
	Transports map[api.DeliveryMediumType]notify.Transport
	// Failures delivers records of failed attempts. Nil delivers none.
	Failures *notify.Failures
	Now      func() time.Time
	Log      *slog.Logger
}

// Outbox is a notify.Sender whose messages survive a restart. Make it with New.
type Outbox struct {
	config Config
	count  func(medium api.DeliveryMediumType, outcome Outcome)
	// wake signals the worker of a medium that a message is due.
	wake map[api.DeliveryMediumType]chan struct{}
}

// Outcome is the outcome of an attempt to deliver a message.
type Outcome string

// The outcomes. After the first three the message is deleted.
const (
	Delivered Outcome = "delivered"
	Expired   Outcome = "expired" // its code expired before it was delivered
	Rejected  Outcome = "refused" // the server permanently rejects it
	Postponed Outcome = "postponed"
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return []Outcome{Delivered, Expired, Rejected, Postponed} }

// New returns an outbox. Call Run to deliver the messages.
func New(c Config) *Outbox {
	o := &Outbox{config: c, count: func(api.DeliveryMediumType, Outcome) {}, wake: make(map[api.DeliveryMediumType]chan struct{})}
	for medium := range c.Transports {
		o.wake[medium] = make(chan struct{}, 1)
	}
	return o
}

// Observe sets a function that is called after each attempt. Call it before the first use of the outbox.
func (o *Outbox) Observe(count func(medium api.DeliveryMediumType, outcome Outcome)) { o.count = count }

// Sends reports whether there is a transport for the message.
func (o *Outbox) Sends(m notify.Message) bool { return o.config.Transports[m.Medium] != nil }

// lifetime is how long the outbox tries to deliver a message that does not expire.
const lifetime = 7 * 24 * time.Hour

// Send stores a message for delivery. After nil, the message survives a restart. Errors: CodeDeliveryFailureException if
// its medium has no transport.
func (o *Outbox) Send(ctx context.Context, m notify.Message) error {
	if m.Expires.IsZero() {
		m.Expires = o.config.Now().Add(lifetime)
	}
	return o.save(ctx, m)
}

// SendDecoy stores a message that is already expired. It is deleted and never delivered.
func (o *Outbox) SendDecoy(ctx context.Context, m notify.Message) error {
	m.Destination, m.Expires = "", o.config.Now()
	return o.save(ctx, m)
}

func (o *Outbox) save(ctx context.Context, m notify.Message) error {
	if !o.Sends(m) {
		return notify.None{}.Send(ctx, m)
	}
	body, err := encodeMessage(m)
	if err != nil {
		return err
	}
	id := uuid.NewString()
	err = o.config.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.CreateOutgoing(ctx, store.Outgoing{
			OutgoingKey: store.OutgoingKey{PoolID: m.PoolID, ID: id}, Sub: m.Sub, Medium: string(m.Medium), Body: body,
			Due: o.config.Now(), Expires: m.Expires,
		})
	})
	if err != nil {
		return err
	}
	select {
	case o.wake[m.Medium] <- struct{}{}:
	default: // it is already signaled
	}
	return nil
}

// Waiting returns how many messages of each medium wait for delivery, on all servers of the database together.
func (o *Outbox) Waiting(ctx context.Context) (map[string]int, error) {
	return o.config.Store.CountOutgoing(ctx)
}
