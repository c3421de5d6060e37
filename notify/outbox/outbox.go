// Package outbox keeps messages in the database until a transport has handed them over, so that a mail server that is down
// delays a message and loses none, and no request waits for it.
//
// A message is claimed by a lease before it is tried. A server that dies while it tries leaves the lease to run out; then
// this or another server of the database tries again. So a message is delivered at least once, and more than once only if
// a server dies, or is cut off, between the handing over and the noting of it. What is tried in vain is tried again after a
// pause that grows, for as long as the message's code works.
//
// It writes no messages, and speaks to no mail server: see package notify and the transports beside this one.
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

// Config is what an outbox is made of. Every field is required.
type Config struct {
	Store *store.Store
	// Transports hand the messages over, by medium. Messages of a medium without one are refused.
	Transports map[api.DeliveryMediumType]notify.Transport
	Now        func() time.Time
	Log        *slog.Logger
}

// Outbox is a notify.Sender whose messages survive the server. It is made by New.
type Outbox struct {
	config Config
	count  func(medium api.DeliveryMediumType, outcome Outcome)
	// wake tells the worker of a medium that there is something to do.
	wake map[api.DeliveryMediumType]chan struct{}
}

// Outcome is what became of an attempt to deliver a message.
type Outcome string

// The outcomes. After the first three the message is gone.
const (
	Delivered Outcome = "delivered"
	Expired   Outcome = "expired" // its code stopped working before it could be delivered
	Rejected  Outcome = "refused" // the other side doesn't want it
	Postponed Outcome = "postponed"
)

// Outcomes are all of them.
func Outcomes() []Outcome { return []Outcome{Delivered, Expired, Rejected, Postponed} }

// New returns an outbox. Run makes it deliver.
func New(c Config) *Outbox {
	o := &Outbox{config: c, count: func(api.DeliveryMediumType, Outcome) {}, wake: make(map[api.DeliveryMediumType]chan struct{})}
	for medium := range c.Transports {
		o.wake[medium] = make(chan struct{}, 1)
	}
	return o
}

// Watch has count called for each attempt. Call it before the outbox is used.
func (o *Outbox) Watch(count func(medium api.DeliveryMediumType, outcome Outcome)) { o.count = count }

// Sends reports whether there is a transport for the message.
func (o *Outbox) Sends(m notify.Message) bool { return o.config.Transports[m.Medium] != nil }

// lifetime is how long a message is tried that carries nothing that expires.
const lifetime = 7 * 24 * time.Hour

// Send stores a message for delivery. When it returns nil the message survives the server. Errors:
// CodeDeliveryFailureException, when there is no transport for its medium.
func (o *Outbox) Send(ctx context.Context, m notify.Message) error {
	if m.Expires.IsZero() {
		m.Expires = o.config.Now().Add(lifetime)
	}
	return o.keep(ctx, m)
}

// SendDecoy stores a message that is late already: it is dropped unseen instead of delivered.
func (o *Outbox) SendDecoy(ctx context.Context, m notify.Message) error {
	m.Destination, m.Expires = "", o.config.Now()
	return o.keep(ctx, m)
}

func (o *Outbox) keep(ctx context.Context, m notify.Message) error {
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
	default: // it has been told already
	}
	return nil
}

// Waiting returns how many messages of a medium wait to be delivered, on all servers of the database together.
func (o *Outbox) Waiting(ctx context.Context) (map[string]int, error) {
	return o.config.Store.CountOutgoing(ctx)
}
