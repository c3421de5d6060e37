package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Connections without a request make room for new ones. Running requests do not.
func TestConnections(t *testing.T) {
	t.Parallel()
	var how net.ListenConfig
	listener, err := how.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var limited atomic.Int64
	running, release := make(chan struct{}, 10), make(chan struct{})
	connections := newConnections(4, func(isLimited bool) {
		if isLimited {
			limited.Add(1)
		}
	}, func(int) {})
	ended := make(chan struct{}, 10) // gets a value when connections knows that a request has ended; its client can have the answer earlier
	h := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				running <- struct{}{}
				<-release
			}
		}),
		ConnState: func(c net.Conn, state http.ConnState) {
			connections.changed(c, state)
			if state == http.StateIdle {
				ended <- struct{}{}
			}
		},
	}
	go func() { _ = h.Serve(listener) }()
	defer h.Close()
	open := func() *conn {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return &conn{c, bufio.NewReader(c)}
	}
	idle := open()
	if !idle.get("/") {
		t.Fatal("the first request has no answer")
	}
	<-ended
	for range 20 { // an attacker who sends nothing
		open()
	}
	for range 3 {
		if !open().get("/") {
			t.Fatal("a request beside connections without requests has no answer")
		}
		<-ended
	}
	if idle.get("/") {
		t.Error("the connection that was idle for longest is still open")
	}
	var slow []*conn
	for range 4 {
		c := open()
		_, _ = fmt.Fprint(c, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
		<-running
		slow = append(slow, c)
	}
	if open().get("/") {
		t.Error("a fifth connection beside four requests got an answer")
	}
	close(release)
	for _, c := range slow {
		resp, err := http.ReadResponse(c.from, nil)
		if err != nil {
			t.Errorf("a running request = %v, want an answer", err)
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("a running request = %s, want 200", resp.Status)
		}
	}
	if limited.Load() == 0 {
		t.Error("no limited connection was counted")
	}
}

// The server learns when there are many connections, and when there are few again, not of each change near the limit.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	var grown []int
	c := newConnections(2*manyConnections, func(bool) {}, func(open int) { grown = append(grown, open) })
	var all []net.Conn
	open := func(many int) {
		for range many {
			client, server := net.Pipe()
			t.Cleanup(func() { _, _ = client.Close(), server.Close() })
			c.changed(server, http.StateNew)
			all = append(all, server)
		}
	}
	closeLast := func(many int) {
		for range many {
			c.changed(all[len(all)-1], http.StateClosed)
			all = all[:len(all)-1]
		}
	}
	open(manyConnections + 1)
	for range 3 {
		closeLast(2)
		open(2)
	}
	closeLast(manyConnections)
	open(manyConnections)
	if want := []int{manyConnections, manyConnections / 2, manyConnections}; !slices.Equal(grown, want) {
		t.Errorf("grown was called with %v, want %v", grown, want)
	}
}

type conn struct {
	net.Conn
	from *bufio.Reader
}

// get reports whether a request gets an answer.
func (c *conn) get(path string) bool {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return false
	}
	resp, err := http.ReadResponse(c.from, nil)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
