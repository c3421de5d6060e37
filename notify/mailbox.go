package notify

import (
	"context"
	"slices"
	"strings"
	"sync"

	"cognate/api"
)

// DefaultMailboxSize is the number of messages that a Mailbox without a Size stores.
const DefaultMailboxSize = 1000

// maxFailures limits the planned failures. Beyond it the oldest is dropped.
const maxFailures = 100

// Mailbox is a sender that stores the newest messages in memory, to be read back, and sends none. It is for `cognate dev`
// and tests. The zero value is ready.
type Mailbox struct {
	// Size limits the number of messages. 0 means DefaultMailboxSize. Do not change it after the first use.
	Size int

	mu       sync.Mutex
	kept     []StoredMessage
	newest   int64         // ID of the newest message so far
	arrived  chan struct{} // closed by the next message; nil if no call waits
	failures []Failure
}

// StoredMessage is a message in a mailbox.
type StoredMessage struct {
	// ID numbers the mailbox's messages from 1. Clear does not reset it, so IDs show the order of messages.
	ID int64
	Message
}

// Filter selects messages. A zero field matches all.
type Filter struct {
	PoolID      string
	Destination string // an address, in any case
	Medium      api.DeliveryMediumType
	Kind        Kind
	After       int64 // only messages with a greater ID
}

func (f Filter) selects(k StoredMessage) bool {
	return k.ID > f.After && (f.Kind == "" || f.Kind == k.Kind) && matches(k.Message, f.PoolID, f.Medium, f.Destination)
}

// matches reports whether m has this pool, medium and destination. Empty values match all.
func matches(m Message, poolID string, medium api.DeliveryMediumType, destination string) bool {
	return (poolID == "" || poolID == m.PoolID) && (medium == "" || medium == m.Medium) &&
		(destination == "" || strings.EqualFold(destination, m.Destination))
}

// Failure makes messages fail. A zero PoolID, Medium or Destination matches all.
type Failure struct {
	Count       int // number of messages; less than 1 means one
	PoolID      string
	Medium      api.DeliveryMediumType
	Destination string
	Text        string // of the CodeDeliveryFailureException; empty means a default text
}

// FailNext makes the next matching messages fail. Earlier failures are used first.
func (b *Mailbox) FailNext(f Failure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.failures) == maxFailures {
		b.failures = slices.Delete(b.failures, 0, 1)
	}
	f.Count = max(f.Count, 1)
	b.failures = append(b.failures, f)
}

// ClearFailures removes all planned failures.
func (b *Mailbox) ClearFailures() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = nil
}

// Send stores m. If the mailbox is full it drops the oldest message. Errors: CodeDeliveryFailureException, for a planned
// failure.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fail(m); err != nil {
		return err
	}
	size := b.Size
	if size <= 0 {
		size = DefaultMailboxSize
	}
	if over := len(b.kept) + 1 - size; over > 0 {
		b.kept = slices.Delete(b.kept, 0, over)
	}
	b.newest++
	b.kept = append(b.kept, StoredMessage{ID: b.newest, Message: m})
	if b.arrived != nil {
		close(b.arrived)
		b.arrived = nil
	}
	return nil
}

// fail uses up one message of the first failure that matches m.
func (b *Mailbox) fail(m Message) error {
	i := slices.IndexFunc(b.failures, func(f Failure) bool { return matches(m, f.PoolID, f.Medium, f.Destination) })
	if i < 0 {
		return nil
	}
	text := b.failures[i].Text
	if b.failures[i].Count--; b.failures[i].Count == 0 {
		b.failures = slices.Delete(b.failures, i, i+1)
	}
	if text == "" {
		text = "This message was planned to fail."
	}
	return api.CodeDeliveryFailureException(text)
}

// Find returns the messages that a filter selects, oldest first. It also returns the ID of the newest of all messages, for
// After in the next Filter. The caller owns the slice.
func (b *Mailbox) Find(f Filter) (found []StoredMessage, newest int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found = make([]StoredMessage, 0, len(b.kept))
	for _, k := range b.kept {
		if f.selects(k) {
			found = append(found, k)
		}
	}
	return found, b.newest
}

// Next returns the oldest message that a filter selects. It waits for one until ctx ends. If After is the ID of the
// previous message, Next misses no message and returns none twice. Errors: ctx's.
func (b *Mailbox) Next(ctx context.Context, f Filter) (StoredMessage, error) {
	for {
		found, arrival := b.firstOrArrival(f)
		if found != nil {
			return *found, nil
		}
		select {
		case <-ctx.Done():
			return StoredMessage{}, ctx.Err()
		case <-arrival:
		}
	}
}

// firstOrArrival returns the first selected message, or a channel that the next message closes.
func (b *Mailbox) firstOrArrival(f Filter) (*StoredMessage, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.kept {
		if f.selects(k) {
			return &k, nil
		}
	}
	if b.arrived == nil {
		b.arrived = make(chan struct{})
	}
	return nil, b.arrived
}

// Messages returns the messages to a destination, or all messages if destination is empty, oldest first. The caller owns
// the slice.
func (b *Mailbox) Messages(destination string) []Message {
	kept, _ := b.Find(Filter{Destination: destination})
	found := make([]Message, 0, len(kept))
	for _, k := range kept {
		found = append(found, k.Message)
	}
	return found
}

// Last returns the newest message to a destination, or the newest of all if destination is empty. It returns false if there
// is none.
func (b *Mailbox) Last(destination string) (Message, bool) {
	found := b.Messages(destination)
	if len(found) == 0 {
		return Message{}, false
	}
	return found[len(found)-1], true
}

// Clear deletes all messages. Planned failures stay.
func (b *Mailbox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.kept) // they contain secrets
	b.kept = b.kept[:0]
}
