package login

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

// Limits of the answers that are kept for a second click.
const (
	doubleTime     = 10 * time.Second
	maxDoubles     = 10_000
	maxDoubleBytes = 8 << 20
)

// doubles keeps the answers to forms for a short time. A form that a browser sends twice, as after a double click, is submitted
// once: the second request would fail because its code is used. A flow is sealed anew for every page, so two forms are equal only
// then. Answers contain the secrets of sessions, and any client can send forms. So an answer is dropped after its time, and the
// oldest answers are dropped if the limits are exceeded.
type doubles struct {
	now     func() time.Time
	mu      sync.Mutex
	answers map[[sha256.Size]byte]*double
	order   [][sha256.Size]byte // the keys of answers, the oldest one first
	size    int                 // of the complete answers, in bytes
}

// double is the answer to a form. It is complete when done is closed.
type double struct {
	done   chan struct{}
	until  time.Time
	status int
	header http.Header
	body   bytes.Buffer
	size   int // in bytes, of a complete answer
}

func newDoubles(now func() time.Time) *doubles {
	return &doubles{now: now, answers: make(map[[sha256.Size]byte]*double)}
}

// answer writes the answer of submit to w. If the same form was submitted before, it writes that answer again.
func (d *doubles) answer(w http.ResponseWriter, form [sha256.Size]byte, submit func(http.ResponseWriter)) {
	kept, isFirst := d.find(form)
	if isFirst {
		defer close(kept.done) // also after a panic: the second request then gets an empty answer
		submit(kept)
		d.complete(form, kept)
	} else {
		<-kept.done
	}
	for name, values := range kept.header {
		for _, value := range values {
			if name == "Set-Cookie" {
				w.Header().Add(name, value)
			} else {
				w.Header().Set(name, value)
			}
		}
	}
	if kept.status != 0 {
		w.WriteHeader(kept.status)
	}
	_, _ = w.Write(kept.body.Bytes())
}

// find returns the answer to a form, and reports whether the caller must produce it.
func (d *doubles) find(form [sha256.Size]byte) (*double, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for len(d.order) > 0 && !now.Before(d.answers[d.order[0]].until) {
		d.dropOldest()
	}
	if kept, ok := d.answers[form]; ok {
		return kept, false
	}
	if len(d.order) >= maxDoubles {
		d.dropOldest()
	}
	made := &double{done: make(chan struct{}), until: now.Add(doubleTime), header: make(http.Header)}
	d.answers[form], d.order = made, append(d.order, form)
	return made, true
}

// complete adds the size of a complete answer, whose size was 0 before.
func (d *doubles) complete(form [sha256.Size]byte, made *double) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.answers[form] != made { // dropped meanwhile
		return
	}
	made.size = made.body.Len()
	for name, values := range made.header {
		for _, value := range values {
			made.size += len(name) + len(value)
		}
	}
	d.size += made.size
	for d.size > maxDoubleBytes {
		d.dropOldest()
	}
}

func (d *doubles) dropOldest() {
	oldest := d.order[0]
	d.size -= d.answers[oldest].size
	delete(d.answers, oldest)
	d.order = d.order[1:]
}

// Header, WriteHeader and Write record the answer.
func (d *double) Header() http.Header { return d.header }

// WriteHeader records the first status.
func (d *double) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}

// Write records a part of the body.
func (d *double) Write(part []byte) (int, error) { return d.body.Write(part) }
