package login

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestDoubles(t *testing.T) {
	t.Parallel()
	now := start
	d := newDoubles(func() time.Time { return now })
	var submitted atomic.Int32
	submit := func(w http.ResponseWriter) {
		submitted.Add(1)
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Location", "/next")
		w.WriteHeader(http.StatusSeeOther)
		_, _ = io.WriteString(w, "body")
	}
	form := sha256.Sum256([]byte("form"))
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			w := httptest.NewRecorder()
			d.answer(w, form, submit)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/next" || w.Header().Get("Set-Cookie") == "" || w.Body.String() != "body" {
				t.Errorf("answer() = %d %v %q, want the answer of the one submit", w.Code, w.Header(), w.Body)
			}
		})
	}
	all.Wait()
	if n := submitted.Load(); n != 1 {
		t.Errorf("answer(100 times) submitted %d times, want once", n)
	}
	d.answer(httptest.NewRecorder(), sha256.Sum256([]byte("other")), submit)
	now = now.Add(doubleTime)
	d.answer(httptest.NewRecorder(), form, submit)
	if n := submitted.Load(); n != 3 {
		t.Errorf("answer(another form, and later) submitted %d times, want 3", n)
	}
}

// TestDoublesAreBounded checks that answers are dropped: the old ones, and the oldest ones if there are too many or too large ones.
func TestDoublesAreBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                 string
		answers, size, after int // after: how many are kept at most
		wait                 time.Duration
	}{
		{"many", maxDoubles + 10, 1, maxDoubles, 0},
		{"large", 200, 64 << 10, maxDoubleBytes / (64 << 10), 0},
		{"larger than all", 1, maxDoubleBytes + 1, 0, 0},
		{"old", 100, 1, 1, doubleTime},
	} {
		now := start
		d := newDoubles(func() time.Time { return now })
		add := func(i int) {
			d.answer(httptest.NewRecorder(), sha256.Sum256([]byte{byte(i), byte(i >> 8)}), func(w http.ResponseWriter) {
				_, _ = w.Write(make([]byte, tt.size))
			})
		}
		for i := range tt.answers {
			add(i)
		}
		if now = now.Add(tt.wait); tt.wait > 0 {
			add(tt.answers)
		}
		if len(d.answers) > tt.after || len(d.order) != len(d.answers) || d.size != len(d.answers)*tt.size {
			t.Errorf("%s: %d answers of %d bytes are kept, in the order of %d; want %d at most", tt.name, len(d.answers), d.size, len(d.order), tt.after)
		}
	}
}
