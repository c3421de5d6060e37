package bodies

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxWait is how long a body waits for memory.
	maxWait = 10 * time.Second
	// checkEvery is how often a waiting body looks for slow clients.
	checkEvery = 100 * time.Millisecond
	// While a body waits, the bodies that have memory must arrive with minRate bytes in each second, or after at most grace.
	// Without this, clients that send a part and stop would hold the memory until the time limit of their connections.
	minRate = 64 << 10
	grace   = time.Second
)

// memory is an amount of memory that bodies reserve before they are read.
type memory struct {
	mu      sync.Mutex
	free    int64
	arrives map[*hold]struct{} // bodies that have memory and are being read
	waiting []*hold            // oldest first
	held    map[string]int64   // memory of each client
}

// hold is the reservation of one body.
type hold struct {
	size     int64
	client   string       // address or network
	due      atomic.Int64 // when the body is too slow unless more arrives, in Unix nanoseconds
	cut      func() error // ends the reading
	isCut    bool
	admitted chan struct{} // closed when the memory is reserved; nil if it was free immediately
}

func newMemory(size int64) *memory {
	return &memory{free: size, arrives: make(map[*hold]struct{}), held: make(map[string]int64)}
}

func now() time.Time { return time.Now() } //nolint:forbidigo // real time: how fast a client sends

// reserve reserves memory for a body, and waits for it if necessary. Of several waiting bodies, one of the client that has least
// memory is first: one client with very many bodies does not delay the others. Of the bodies of such clients, the newest one is
// first: clients that stall are the oldest. Errors: ErrBusy after maxWait.
func (m *memory) reserve(ctx context.Context, h *hold) error {
	if m.admit(h) {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, maxWait)
	defer stop()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	for {
		m.cutSlow()
		select {
		case <-h.admitted:
			return nil
		case <-check.C:
		case <-ctx.Done():
			return m.giveUp(h)
		}
	}
}

// progress records that n bytes have arrived. Bytes that arrive fast count for at most grace, so a client cannot send nearly
// everything and then stop.
func (h *hold) progress(n int) {
	most := now().Add(grace).UnixNano()
	due := h.due.Load() + int64(n)*int64(time.Second)/minRate
	h.due.Store(min(due, most))
}

// admit reserves the memory if it is free. Otherwise, the body waits.
func (m *memory) admit(h *hold) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.take(h) {
		return true
	}
	h.admitted = make(chan struct{})
	m.waiting = append(m.waiting, h)
	return false
}

func (m *memory) take(h *hold) bool {
	if h.size > m.free {
		return false
	}
	m.free -= h.size
	m.held[h.client] += h.size
	h.due.Store(now().Add(grace).UnixNano())
	m.arrives[h] = struct{}{}
	return true
}

// cutSlow ends the reading of bodies that arrive too slowly. Each then releases its memory.
func (m *memory) cutSlow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for h := range m.arrives {
		if now().UnixNano() > h.due.Load() && !h.isCut {
			h.isCut = h.cut() == nil // a connection without time limits is read to its end
		}
	}
}

// giveUp ends the waiting of a body, which may have just got its memory.
func (m *memory) giveUp(h *hold) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.waiting, h); i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
		return ErrBusy
	}
	return nil
}

// arrived ends the reading of a body, which keeps its memory. It reports whether the body arrived too slowly.
func (m *memory) arrived(h *hold) (wasCut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.arrives, h) // cutting the connection now would end a running request
	return h.isCut
}

func (m *memory) release(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free += h.size
	if m.held[h.client] -= h.size; m.held[h.client] == 0 {
		delete(m.held, h.client)
	}
	for {
		i := m.next()
		if i < 0 {
			return
		}
		next := m.waiting[i]
		m.take(next)
		m.waiting = slices.Delete(m.waiting, i, i+1)
		close(next.admitted)
	}
}

// next returns the index of the waiting body that gets memory next; -1 if the free memory is enough for none.
func (m *memory) next() int {
	first := -1
	for i, h := range slices.Backward(m.waiting) {
		if h.size <= m.free && (first < 0 || m.held[h.client] < m.held[m.waiting[first].client]) {
			first = i
		}
	}
	return first
}
