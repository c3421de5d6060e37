package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cognate/api"
	"cognate/internal/pause"
	"cognate/notify"
	"cognate/store"
	"cognate/trace"
)

const (
	// pollInterval is how often a worker looks for messages that are due again or that another server left.
	pollInterval = time.Second
	// batch is how many messages are claimed together, and how many are delivered concurrently.
	batch = 8
	// attemptTimeout is the time limit of a transport.
	attemptTimeout = 45 * time.Second
	// lease is how long a message is claimed: longer than the wait for a slot and an attempt, with a margin for clocks that
	// differ.
	lease = 2 * time.Minute

	// maxRefusals is how many attempts a message gets if the server rejects it. The first rejections may be due to a
	// setting that the operator is fixing.
	maxRefusals = 5
)

// Run delivers messages until ctx ends. Each medium has its own worker, so a mail server that hangs does not delay SMS.
func (o *Outbox) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for medium := range o.config.Transports {
		g.Go(func() error { return o.work(ctx, medium) })
	}
	return g.Wait()
}

func (o *Outbox) work(ctx context.Context, medium api.DeliveryMediumType) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	slots := newSlots()
	defer slots.Wait()
	for {
		if err := o.startDue(ctx, medium, slots); err != nil && ctx.Err() == nil {
			o.config.Log.ErrorContext(ctx, "waiting messages could not be claimed", "medium", medium, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-o.wake[medium]:
		}
	}
}

// DeliverDue tries every message of a medium that is due, once, and waits for the attempts. The outcomes are logged and
// counted. An error is the database's.
func (o *Outbox) DeliverDue(ctx context.Context, medium api.DeliveryMediumType) error {
	slots := newSlots()
	defer slots.Wait()
	return o.startDue(ctx, medium, slots)
}

// slots limits the concurrent attempts. A slow message occupies one slot and does not delay the others.
type slots struct {
	sync.WaitGroup
	free chan struct{}
}

func newSlots() *slots { return &slots{free: make(chan struct{}, batch)} }

// start runs an attempt when a slot is free.
func (p *slots) start(attempt func()) {
	p.free <- struct{}{}
	p.Go(func() {
		defer func() { <-p.free }()
		attempt()
	})
}

// startDue starts an attempt for every message of a medium that is due.
func (o *Outbox) startDue(ctx context.Context, medium api.DeliveryMediumType, slots *slots) error {
	for {
		name := uuid.NewString()
		claimed, err := o.claim(ctx, medium, name)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, c := range claimed {
			slots.start(func() { o.try(ctx, c, name) })
		}
	}
}

// claim claims a batch of messages that are due.
func (o *Outbox) claim(ctx context.Context, medium api.DeliveryMediumType, name string) ([]store.Claimed, error) {
	now := o.config.Now()
	keys, err := o.config.Store.DueOutgoing(ctx, string(medium), now, batch)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var claimed []store.Claimed
	err = o.config.Store.Write(ctx, func(tx *store.Tx) error {
		claimed = nil
		for _, key := range keys {
			c, err := tx.ClaimOutgoing(ctx, key, name, now, now.Add(lease))
			if errors.Is(err, store.ErrNotFound) { // another server was first
				continue
			}
			if err != nil {
				return err
			}
			claimed = append(claimed, c)
		}
		return nil
	})
	return claimed, err
}

// try makes one attempt for a claimed message and stores the outcome. If the outcome cannot be stored, the lease expires.
func (o *Outbox) try(ctx context.Context, c store.Claimed, name string) {
	ctx, end := trace.Root(ctx, "message "+c.Medium)
	outcome, reason := o.attempt(ctx, c)
	defer func() { end(trace.OutcomeOf(reason)) }()
	due := o.config.Now().Add(pause.Backoff(c.Attempts))
	stopped := ctx.Err() != nil && outcome == Postponed
	if stopped { // the server stops, and the attempt did not fail by itself: the message is due again immediately
		due = o.config.Now()
	}
	ctx = context.WithoutCancel(ctx) // the outcome must be stored; otherwise the message is delivered again
	err := o.config.Store.Write(ctx, func(tx *store.Tx) error {
		if outcome == Postponed {
			return tx.PostponeOutgoing(ctx, c.OutgoingKey, name, due)
		}
		return tx.DeleteOutgoing(ctx, c.OutgoingKey)
	})
	if outcome != "" && !stopped {
		o.count(api.DeliveryMediumType(c.Medium), outcome)
		o.log(ctx, c, outcome, reason)
		o.report(ctx, c, outcome, reason)
	}
	if err != nil {
		o.config.Log.ErrorContext(ctx, "the outcome of a message was not stored", "pool", c.PoolID, "id", c.ID, "error", err)
	}
}

// attempt delivers a message, unless it has expired. The outcome is empty for a decoy. The error says why the message was
// not delivered.
func (o *Outbox) attempt(ctx context.Context, c store.Claimed) (Outcome, error) {
	if !o.config.Now().Before(c.Expires) {
		return o.expired(c)
	}
	m, err := o.open(c)
	if err != nil {
		return Postponed, err
	}
	pool, err := o.config.Store.UserPool(ctx, c.PoolID)
	if err != nil {
		return Postponed, err
	}
	err = o.deliver(ctx, &notify.Delivery{Message: m, ID: c.ID, Pool: pool})
	switch {
	case err == nil:
		return Delivered, nil
	case notify.IsRefused(err) && c.Attempts >= maxRefusals:
		return Rejected, m.Redact(err)
	default:
		return Postponed, m.Redact(err)
	}
}

// expired returns the outcome for an expired message: none for a decoy.
func (o *Outbox) expired(c store.Claimed) (Outcome, error) {
	if m, err := o.open(c); err == nil && m.Destination == "" {
		return "", nil
	}
	return Expired, nil
}

func (o *Outbox) open(c store.Claimed) (notify.Message, error) {
	body, err := o.config.Store.OutgoingBody(c)
	if err != nil {
		return notify.Message{}, err
	}
	return decodeMessage(body)
}

// deliver calls the message's transport. It recovers from panics, so one message cannot stop the server or the other
// messages.
func (o *Outbox) deliver(ctx context.Context, p *notify.Delivery) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("transport panicked: %T", r) // the panic's value may quote the message
		}
	}()
	ctx, stop := context.WithTimeout(ctx, attemptTimeout)
	defer stop()
	return o.config.Transports[p.Medium].Deliver(ctx, p)
}

func (o *Outbox) log(ctx context.Context, c store.Claimed, outcome Outcome, err error) {
	log := o.config.Log.With("pool", c.PoolID, "sub", c.Sub, "medium", c.Medium, "id", c.ID, "attempt", c.Attempts)
	switch outcome {
	case Delivered:
		log.DebugContext(ctx, "message delivered")
	case Expired:
		log.ErrorContext(ctx, "message dropped: its code has expired")
	case Rejected:
		log.ErrorContext(ctx, "message dropped: it was rejected", "error", err)
	case Postponed:
		log.WarnContext(ctx, "message not delivered yet", "error", err)
	}
}

// errExpired is the reason why an expired message was not delivered.
var errExpired = errors.New("it was dropped, because its code has expired")

// report delivers a record of a failed attempt, if the pool has a destination for such records.
// Assumed: each failed attempt delivers a record, because the service itself makes only one.
func (o *Outbox) report(ctx context.Context, c store.Claimed, outcome Outcome, reason error) {
	switch outcome {
	case Delivered:
		return
	case Expired:
		reason = errExpired
	case Rejected:
		reason = fmt.Errorf("it was dropped: %w", reason)
	case Postponed:
		reason = fmt.Errorf("another attempt follows: %w", reason)
	}
	pool, err := o.config.Store.UserPool(ctx, c.PoolID)
	if err != nil { // a deleted pool has no destinations
		return
	}
	o.config.Failures.Report(ctx, pool, api.DeliveryMediumType(c.Medium), c.Sub, reason)
}
