package notify

import (
	"context"
	"slices"
	"strings"
	"sync"

	"cognate/api"
)

// DefaultMailboxSize is how many messages a Mailbox made without a size keeps.
const DefaultMailboxSize = 1000

// maxFailures bounds the failures that are planned at a time; past it the oldest makes room.
const maxFailures = 100

// Mailbox is a sender that keeps the newest messages in memory, to be read back, and sends none. It is for `cognate dev`
// and tests. The zero value is ready.
type Mailbox struct {
	// Size bounds the number of messages; 0 means DefaultMailboxSize. It must not change once the mailbox is in use.
	Size int

	mu       sync.Mutex
	kept     []Kept
	newest   int64         // ID of the newest message ever
	arrived  chan struct{} // closed by the next message; nil while no caller waits
	failures []Failure
}

// Kept is a message in a mailbox.
type Kept struct {
	// ID counts the mailbox's messages from 1, also across Clear, so that it says what came after what.
	ID int64
	Message
}

// Filter selects messages. A zero field selects by nothing.
type Filter struct {
	PoolID      string
	Destination string // an address, in whatever case
	Medium      api.DeliveryMediumType
	Kind        Kind
	After       int64 // only messages with a greater ID
}

func (f Filter) selects(k Kept) bool {
	return k.ID > f.After && (f.Kind == "" || f.Kind == k.Kind) && isFor(k.Message, f.PoolID, f.Medium, f.Destination)
}

// isFor reports whether m is of the pool and medium, and goes to the destination; empty ones are any.
func isFor(m Message, poolID string, medium api.DeliveryMediumType, destination string) bool {
	return (poolID == "" || poolID == m.PoolID) && (medium == "" || medium == m.Medium) &&
		(destination == "" || strings.EqualFold(destination, m.Destination))
}

// Failure makes messages fail instead of being kept. A zero PoolID, Medium or Destination is any.
type Failure struct {
	Count       int // how many messages; less than 1 means one
	PoolID      string
	Medium      api.DeliveryMediumType
	Destination string
	Text        string // of the CodeDeliveryFailureException; empty means a text of our own
}

// FailNext makes the next messages that fit fail. Failures that are planned already come first.
func (b *Mailbox) FailNext(f Failure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.failures) == maxFailures {
		b.failures = slices.Delete(b.failures, 0, 1)
	}
	f.Count = max(f.Count, 1)
	b.failures = append(b.failures, f)
}

// ForgetFailures lets messages succeed again.
func (b *Mailbox) ForgetFailures() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = nil
}

// Send keeps m; past the size the oldest message makes room. Errors: CodeDeliveryFailureException, for a planned failure.
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
	b.kept = append(b.kept, Kept{ID: b.newest, Message: m})
	if b.arrived != nil {
		close(b.arrived)
		b.arrived = nil
	}
	return nil
}

// fail takes one message off the first failure that fits m.
func (b *Mailbox) fail(m Message) error {
	i := slices.IndexFunc(b.failures, func(f Failure) bool { return isFor(m, f.PoolID, f.Medium, f.Destination) })
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

// Find returns the messages that a filter selects, the oldest first, and the ID of the newest message of all, selected or
// not: After that one comes what is sent from now on. The slice is the caller's.
func (b *Mailbox) Find(f Filter) (found []Kept, newest int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found = make([]Kept, 0, len(b.kept))
	for _, k := range b.kept {
		if f.selects(k) {
			found = append(found, k)
		}
	}
	return found, b.newest
}

// Next returns the oldest message that a filter selects, and waits for one until ctx ends. With After set to the ID of the
// message before, no message is missed and none comes twice. Errors: ctx's.
func (b *Mailbox) Next(ctx context.Context, f Filter) (Kept, error) {
	for {
		found, arrival := b.firstOrArrival(f)
		if found != nil {
			return *found, nil
		}
		select {
		case <-ctx.Done():
			return Kept{}, ctx.Err()
		case <-arrival:
		}
	}
}

// firstOrArrival returns the first selected message, or what the next message will close.
func (b *Mailbox) firstOrArrival(f Filter) (*Kept, <-chan struct{}) {
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

// Messages returns the messages to a destination, or all when it is empty; the oldest first. The slice is the caller's.
func (b *Mailbox) Messages(destination string) []Message {
	kept, _ := b.Find(Filter{Destination: destination})
	found := make([]Message, 0, len(kept))
	for _, k := range kept {
		found = append(found, k.Message)
	}
	return found
}

// Last returns the newest message to a destination, or of all when it is empty. It reports false when there is none.
func (b *Mailbox) Last(destination string) (Message, bool) {
	found := b.Messages(destination)
	if len(found) == 0 {
		return Message{}, false
	}
	return found[len(found)-1], true
}

// Clear forgets every message. Planned failures stay.
func (b *Mailbox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.kept) // they hold secrets
	b.kept = b.kept[:0]
}
