package notify

import (
	"context"
	"slices"
	"sync"
)

// DefaultMailboxSize is how many messages a Mailbox made without a size keeps.
const DefaultMailboxSize = 1000

// Mailbox is a sender that keeps the newest messages in memory, to be read back, and sends none. It is for `cognate dev`
// and tests. The zero value is ready.
type Mailbox struct {
	// Size bounds the number of messages; 0 means DefaultMailboxSize. It must not change once the mailbox is in use.
	Size int

	mu   sync.Mutex
	kept []Message
}

// Send keeps m; past the size the oldest message makes room.
func (b *Mailbox) Send(_ context.Context, m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := b.Size
	if size <= 0 {
		size = DefaultMailboxSize
	}
	if over := len(b.kept) + 1 - size; over > 0 {
		b.kept = slices.Delete(b.kept, 0, over)
	}
	b.kept = append(b.kept, m)
	return nil
}

// Messages returns the messages to a destination, or all when it is empty; the oldest first. The slice is the caller's.
func (b *Mailbox) Messages(destination string) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := make([]Message, 0, len(b.kept))
	for _, m := range b.kept {
		if destination == "" || m.Destination == destination {
			found = append(found, m)
		}
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

// Clear forgets every message.
func (b *Mailbox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.kept) // they hold secrets
	b.kept = b.kept[:0]
}
