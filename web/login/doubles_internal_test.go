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

func TestDoublesAreBounded(t *testing.T) {
	t.Parallel()
	d := newDoubles(func() time.Time { return start })
	for i := range maxDoubles + 10 {
		d.answer(httptest.NewRecorder(), sha256.Sum256([]byte{byte(i), byte(i >> 8)}), func(http.ResponseWriter) {})
	}
	if len(d.answers) > maxDoubles {
		t.Errorf("%d answers are kept, want %d at most", len(d.answers), maxDoubles)
	}
}
