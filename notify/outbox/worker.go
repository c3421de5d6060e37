package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cognate/api"
	"cognate/notify"
	"cognate/store"
)

const (
	// pollEvery is how often the database is asked for messages whose pause is over, or that another server left.
	pollEvery = time.Second
	// batch is how many messages are claimed at once, and how many are delivered side by side.
	batch = 8
	// attemptTimeout is how long a transport may take.
	attemptTimeout = 45 * time.Second
	// lease is how long a message is claimed: longer than an attempt and the wait for a place to make it, with room for
	// clocks that differ a little.
	lease = 2 * time.Minute

	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
	// maxRefusals is how many attempts a message gets that the other side refuses: its first word may be about a setting
	// that is being mended.
	maxRefusals = 5
)

// Run delivers messages until ctx ends. Each medium has a worker of its own: a mail server that hangs delays no SMS.
func (o *Outbox) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for medium := range o.config.Transports {
		g.Go(func() error { return o.work(ctx, medium) })
	}
	return g.Wait()
}

func (o *Outbox) work(ctx context.Context, medium api.DeliveryMediumType) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	places := newPlaces()
	defer places.Wait()
	for {
		if err := o.begin(ctx, medium, places); err != nil && ctx.Err() == nil {
			o.config.Log.ErrorContext(ctx, "claim messages", "medium", medium, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-o.wake[medium]:
		}
	}
}

// DeliverDue tries every message of a medium that is due, once, and returns when none is left. What becomes of a message
// is logged and counted; an error is the database's.
func (o *Outbox) DeliverDue(ctx context.Context, medium api.DeliveryMediumType) error {
	places := newPlaces()
	defer places.Wait()
	return o.begin(ctx, medium, places)
}

// places are where messages are delivered, side by side: one over which the other side takes its time holds up one place,
// not the rest.
type places struct {
	sync.WaitGroup
	free chan struct{}
}

func newPlaces() *places { return &places{free: make(chan struct{}, batch)} }

// start runs an attempt as soon as there is a place.
func (p *places) start(attempt func()) {
	p.free <- struct{}{}
	p.Go(func() {
		defer func() { <-p.free }()
		attempt()
	})
}

// begin begins to try every message of a medium that is due.
func (o *Outbox) begin(ctx context.Context, medium api.DeliveryMediumType, places *places) error {
	for {
		name := uuid.NewString()
		claimed, err := o.claim(ctx, medium, name)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, c := range claimed {
			places.start(func() { o.try(ctx, c, name) })
		}
	}
}

// claim takes a batch of messages that are due.
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

// try makes one attempt at a claimed message and notes what came of it. If that can't be noted, the lease runs out.
func (o *Outbox) try(ctx context.Context, c store.Claimed, name string) {
	outcome, reason := o.attempt(ctx, c)
	due := o.config.Now().Add(pause(c.Attempts))
	stopped := ctx.Err() != nil && outcome == Postponed
	if stopped { // the server is told to stop, which is not the other side's fault: the message is due again at once
		due = o.config.Now()
	}
	ctx = context.WithoutCancel(ctx) // what is delivered must be noted, or it is delivered again
	err := o.config.Store.Write(ctx, func(tx *store.Tx) error {
		if outcome == Postponed {
			return tx.PostponeOutgoing(ctx, c.OutgoingKey, name, due)
		}
		return tx.DeleteOutgoing(ctx, c.OutgoingKey)
	})
	if outcome != "" && !stopped {
		o.count(api.DeliveryMediumType(c.Medium), outcome)
		o.log(ctx, c, outcome, reason)
	}
	if err != nil {
		o.config.Log.ErrorContext(ctx, "note attempt at a message", "pool", c.PoolID, "id", c.ID, "error", err)
	}
}

// attempt delivers a message, unless it is too late for it. The outcome is empty for one that was only a pretence. The
// error says why it wasn't delivered.
func (o *Outbox) attempt(ctx context.Context, c store.Claimed) (Outcome, error) {
	if !o.config.Now().Before(c.Expires) {
		return o.tooLate(c)
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
		return Rejected, quiet(err, m)
	default:
		return Postponed, quiet(err, m)
	}
}

// tooLate tells a message that could not be delivered in time from a pretence.
func (o *Outbox) tooLate(c store.Claimed) (Outcome, error) {
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

// deliver hands a message to its transport. A message over which a transport breaks must not take the server with it, and
// the others that wait.
func (o *Outbox) deliver(ctx context.Context, p *notify.Delivery) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("transport panicked: %T", r) // what it says may quote the message
		}
	}()
	ctx, stop := context.WithTimeout(ctx, attemptTimeout)
	defer stop()
	return o.config.Transports[p.Medium].Deliver(ctx, p)
}

// quiet returns an error that quotes neither the destination nor what the message carries, as other sides like to.
func quiet(err error, m notify.Message) error {
	text := err.Error()
	for _, secret := range []string{m.Destination, m.Code} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "(hidden)")
		}
	}
	return errors.New(text)
}

func (o *Outbox) log(ctx context.Context, c store.Claimed, outcome Outcome, err error) {
	log := o.config.Log.With("pool", c.PoolID, "sub", c.Sub, "medium", c.Medium, "id", c.ID, "attempt", c.Attempts)
	switch outcome {
	case Delivered:
		log.DebugContext(ctx, "message delivered")
	case Expired:
		log.ErrorContext(ctx, "message dropped: its code has expired")
	case Rejected:
		log.ErrorContext(ctx, "message dropped: it was refused", "error", err)
	case Postponed:
		log.WarnContext(ctx, "message not delivered yet", "error", err)
	}
}

// pause returns how long to wait after so many attempts: twice as long after each, and somewhere in the upper half of
// that, so that messages that failed together don't come back together.
func pause(attempts int) time.Duration {
	most := longestPause
	if doublings := attempts - 1; doublings < 9 { // 2^9 x 2 s is past the longest pause
		most = min(firstPause<<doublings, longestPause)
	}
	return most/2 + rand.N(most/2)
}
