package bodies_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cognate/internal/bodies"
)

const limit = 2 << 20

func TestRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what   string
		sent   int
		length int64 // of the header; -1 for none
		limit  int64
		want   error
	}{
		{"nothing", 0, 0, limit, nil},
		{"a small body", 300, 300, 64 << 10, nil},
		{"a small body without a length", 300, -1, 64 << 10, nil},
		{"4 KiB without a length", 4 << 10, -1, 64 << 10, nil},
		{"the limit", 64 << 10, 64 << 10, 64 << 10, nil},
		{"the limit without a length", 64 << 10, -1, 64 << 10, nil},
		{"a large body", limit, limit, limit, nil},
		{"a large body without a length", limit, -1, limit, nil},
		{"one byte too many", 64<<10 + 1, 64<<10 + 1, 64 << 10, bodies.ErrTooLarge},
		{"one byte too many without a length", 64<<10 + 1, -1, 64 << 10, bodies.ErrTooLarge},
		{"one byte too many of a few", 101, -1, 100, bodies.ErrTooLarge},
		{"many bytes too many without a length", 5 << 20, -1, limit, bodies.ErrTooLarge},
		{"a few bytes of a small body", 100, 300, 64 << 10, bodies.ErrUnreadable},
		{"a part of a body", 10 << 10, 20 << 10, 64 << 10, bodies.ErrUnreadable},
		{"a limit that is larger than the memory", 300, 300, bodies.ForAdministrators().Max() + 1, bodies.ErrTooLarge},
	} {
		text := strings.Repeat("x", test.sent)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.NopCloser(strings.NewReader(text)))
		r.ContentLength = test.length
		got := "not called"
		err := bodies.ForAdministrators().Read(httptest.NewRecorder(), r, test.limit, func(body []byte) error {
			got = string(body)
			return nil
		})
		if !errors.Is(err, test.want) {
			t.Errorf("Read(%s) = %v, want %v", test.what, err, test.want)
		}
		want := "not called"
		if test.want == nil {
			want = text
		}
		if got != want {
			t.Errorf("Read(%s) read %d bytes, want %d", test.what, len(got), len(want))
		}
	}
}

func TestReadReturnsTheErrorOfUse(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
	if err := bodies.ForAdministrators().Read(httptest.NewRecorder(), r, limit, func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Read() = %v, want %v", err, broken)
	}
}

// client sends a body of limit bytes in parts.
type client struct {
	*httptest.ResponseRecorder
	body *io.PipeReader
	send *io.PipeWriter
	done chan error
}

// SetReadDeadline ends the reading of the body, as a past deadline of a connection does.
func (c *client) SetReadDeadline(time.Time) error {
	return c.body.CloseWithError(os.ErrDeadlineExceeded)
}

// start begins to read a body of that size.
func start(t *testing.T, reader *bodies.Reader, size int64) *client {
	t.Helper()
	return startFrom(t, reader, size, "192.0.2.1:1")
}

func startFrom(t *testing.T, reader *bodies.Reader, size int64, address string) *client {
	t.Helper()
	c := &client{ResponseRecorder: httptest.NewRecorder(), done: make(chan error, 1)}
	c.body, c.send = io.Pipe()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", c.body)
	r.ContentLength, r.RemoteAddr = size, address
	go func() { c.done <- reader.Read(c, r, limit, func([]byte) error { return nil }) }()
	return c
}

func (c *client) sends(n int) {
	_, _ = c.send.Write(make([]byte, n)) // fails if the reader has given up
}

// Clients that stall hold the memory only until another client needs it.
func TestStalledClientsGiveWay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ size, sent int }{
		{64 << 10, 4<<10 + 1},
		{64 << 10, 64<<10 - 1},
		{limit, 4<<10 + 1},
		{limit, limit - 1},
	} {
		size := int64(test.size)
		synctest.Test(t, func(t *testing.T) {
			reader := bodies.ForAdministrators()
			var stalled []*client
			for range 1000 {
				c := start(t, reader, size)
				go c.sends(test.sent)
				stalled = append(stalled, c)
			}
			time.Sleep(2 * time.Second)
			began := time.Now()
			honest := start(t, reader, size)
			honest.sends(int(size))
			if err := <-honest.done; err != nil || time.Since(began) > 3*time.Second {
				t.Errorf("Read(%d bytes beside stalled clients) = %v after %v, want nil in 3s", size, err, time.Since(began))
			}
			cut := 0
			for _, c := range stalled {
				_ = c.send.CloseWithError(io.ErrUnexpectedEOF)
				if err := <-c.done; errors.Is(err, bodies.ErrBusy) {
					cut++
				} else if !errors.Is(err, bodies.ErrUnreadable) {
					t.Fatalf("Read(stalled) = %v, want ErrBusy or ErrUnreadable", err)
				}
			}
			if cut == 0 {
				t.Error("no stalled client was cut")
			}
		})
	}
}

// A client that keeps opening streams that stall does not delay the bodies of other clients.
func TestStreamsOfOneClient(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"192.0.2.2:1", "[2001:db8:0:2::1]:1"} {
		synctest.Test(t, func(t *testing.T) {
			reader := bodies.ForEveryone()
			var stalled []*client
			stall := func(port int) {
				c := startFrom(t, reader, limit, fmt.Sprintf("[2001:db8:0:1::%x]:1", port))
				go c.sends(4<<10 + 1)
				stalled = append(stalled, c)
			}
			for i := range 2000 {
				stall(i + 1)
			}
			synctest.Wait()
			began := time.Now()
			honest := startFrom(t, reader, limit, address)
			go honest.sends(limit)
			for i := range 20 { // newer than the honest client's
				time.Sleep(100 * time.Millisecond)
				for j := range 50 {
					stall(i*50 + j + 2001)
				}
			}
			if err := <-honest.done; err != nil || time.Since(began) > 3*time.Second {
				t.Errorf("Read(beside 3000 streams of another client) = %v after %v, want nil in 3s", err, time.Since(began))
			}
			for _, c := range stalled {
				_ = c.send.CloseWithError(io.ErrUnexpectedEOF)
				if err := <-c.done; err == nil {
					t.Error("Read() of a stream that broke off = nil, want an error")
				}
			}
		})
	}
}

// Without other clients, a slow client may take its time.
func TestSlowClientAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, bodies.ForAdministrators(), 20<<10)
		for range 20 {
			time.Sleep(time.Second)
			c.sends(1 << 10)
		}
		if err := <-c.done; err != nil {
			t.Errorf("Read(1 KiB each second) = %v, want nil", err)
		}
	})
}

// A body that gets no memory in 10 seconds, because all others arrive fast enough, is refused.
func TestBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := bodies.ForAdministrators()
		var steady []*client
		for range 4 {
			c := start(t, reader, limit)
			c.sends(4 << 10)
			go func() {
				for range 20 {
					c.sends(80 << 10)
					time.Sleep(time.Second)
				}
				c.sends(limit - 20*(80<<10) - 4<<10)
			}()
			steady = append(steady, c)
		}
		synctest.Wait()
		late := start(t, reader, limit)
		go late.sends(limit)
		if err := <-late.done; !errors.Is(err, bodies.ErrBusy) {
			t.Errorf("Read(a fifth body) = %v, want ErrBusy", err)
		}
		for _, c := range steady {
			if err := <-c.done; err != nil {
				t.Errorf("Read(a steady body) = %v, want nil", err)
			}
		}
		last := start(t, reader, limit)
		last.sends(limit)
		if err := <-last.done; err != nil {
			t.Errorf("Read(afterwards) = %v, want nil", err)
		}
		late.body.Close()
	})
}
