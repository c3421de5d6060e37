package login

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Limits of the answers that are kept for a second click.
const (
	doubleTime = 10 * time.Second
	maxDoubles = 10_000
)

// doubles keeps the answers to forms for a short time. A form that a browser sends twice, as after a double click, is submitted
// once: the second request would find its code used. A flow is sealed anew for every page, so two forms are equal only then.
type doubles struct {
	now     func() time.Time
	mu      sync.Mutex
	answers map[[sha256.Size]byte]*double
}

// double is the answer to a form. It is complete when done is closed.
type double struct {
	done   chan struct{}
	until  time.Time
	status int
	header http.Header
	body   bytes.Buffer
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

// find returns the answer to a form, and reports whether the caller must make it.
func (d *doubles) find(form [sha256.Size]byte) (*double, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if kept, ok := d.answers[form]; ok && now.Before(kept.until) {
		return kept, false
	}
	made := &double{done: make(chan struct{}), until: now.Add(doubleTime), header: make(http.Header)}
	if len(d.answers) >= maxDoubles {
		maps.DeleteFunc(d.answers, func(_ [sha256.Size]byte, kept *double) bool { return !now.Before(kept.until) })
	}
	if len(d.answers) < maxDoubles {
		d.answers[form] = made
	}
	return made, true
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
