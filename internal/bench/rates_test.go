package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func constant(perSecond float64) rate {
	return func(context.Context, time.Duration) (speed, error) { return speed{rate: perSecond}, nil }
}

func TestQuotients(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := &ratios{out: &out}
	table.add(t.Context(), quotient{"good", constant(80), constant(100), 0.75}, time.Second)
	table.add(t.Context(), quotient{"free", constant(80), constant(100), 0}, time.Second)
	table.skip("absent", errors.New("no program"))
	if err := table.failed(); err != nil {
		t.Errorf("failed() = %v without a failure", err)
	}
	broken := func(context.Context, time.Duration) (speed, error) { return speed{}, errors.New("disk full") }
	table.add(t.Context(), quotient{"broken", constant(80), broken, 0.75}, time.Second)
	if err := table.failed(); !errors.Is(err, errFailed) {
		t.Errorf("failed() = %v after a failure, want errFailed", err)
	}
	got := strings.Join(strings.Fields(out.String()), " ")
	want := "good 80/s 100/s 0.80 >= 0.75 ok free 80/s 100/s 0.80 absent skipped: no program broken failed disk full"
	if got != want {
		t.Errorf("table = %q, want %q", got, want)
	}
}

// parallel returns the rate of all workers, and the error of one.
func TestParallel(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	left.Store(10)
	refused := errors.New("refused")
	if _, err := parallel(3, nil, func(context.Context) error {
		if left.Add(-1) < 0 {
			return refused
		}
		return nil
	})(t.Context(), time.Minute); !errors.Is(err, refused) {
		t.Errorf("parallel = %v, want %v", err, refused)
	}
	synctest.Test(t, func(t *testing.T) {
		got, err := parallel(3, nil, func(context.Context) error {
			time.Sleep(time.Millisecond)
			return nil
		})(t.Context(), time.Second)
		if err != nil || got.rate != 3000 {
			t.Errorf("parallel = %v, %v, want 3000 operations per second", got, err)
		}
	})
}

// The transport keeps connections, sends a request again if the server has closed one, and reads whole answers.
func TestTransport(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/long" {
			body = bytes.Repeat(body, 10_000)
		}
		_, _ = w.Write(body)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: newTransport(1)}
	post := func(path string, want int) {
		t.Helper()
		resp, err := client.Post(server.URL+path, "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || len(body) != want {
			t.Errorf("POST %s = %d bytes, %v, want %d", path, len(body), err, want)
		}
	}
	post("/", 5)
	post("/long", 50_000)
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	server.CloseClientConnections()
	post("/", 5)
	if n := opened.Load(); n != 2 {
		t.Errorf("%d connections after the first was closed, want 2", n)
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		callback + "?code=abc&state=1":       "abc",
		callback + "?error=access_denied":    "",
		"https://other.example/?code=abc":    "",
		"/domains/bench/mfa?client_id=x&y=z": "",
	} {
		got, err := codeOf(&answer{header: http.Header{"Location": {location}}})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("codeOf(%s) = %q, %v, want %q", location, got, err, want)
		}
	}
}
