package bodies_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cognate/internal/bodies"
)

// receiver takes nothing until its connection is cut, or until the test ends.
type receiver struct {
	*httptest.ResponseRecorder
	cut, end chan struct{}
}

func (r *receiver) Write([]byte) (int, error) {
	select {
	case <-r.cut:
		return 0, errors.New("cut")
	case <-r.end:
		return 0, nil
	}
}

func (r *receiver) SetWriteDeadline(time.Time) error {
	close(r.cut)
	return nil
}

// Clients that take nothing hold the memory only until another client needs it.
func TestStalledReceiversGiveWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		sender := bodies.NewSender(4 * size)
		end := make(chan struct{})
		var cut atomic.Int32
		var stalled sync.WaitGroup
		for range 20 {
			stalled.Go(func() {
				w := &receiver{httptest.NewRecorder(), make(chan struct{}), end}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
				_ = sender.Send(w, r, size, func(w http.ResponseWriter) {
					if _, err := w.Write(make([]byte, 10)); err != nil {
						cut.Add(1)
					}
				})
			})
		}
		synctest.Wait()
		began, honest := time.Now(), httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		err := sender.Send(honest, r, size, func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, size)) })
		if took := time.Since(began); err != nil || honest.Body.Len() != size || took > 3*time.Second {
			t.Errorf("Send(beside stalled clients) = %v, %d bytes after %v, want all in 3s", err, honest.Body.Len(), took)
		}
		time.Sleep(time.Minute)
		close(end)
		stalled.Wait()
		if n := cut.Load(); n < 4 || n > 16 {
			t.Errorf("%d stalled clients were cut, want those that others waited for", n)
		}
	})
}
