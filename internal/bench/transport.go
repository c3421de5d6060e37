package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
)

// transport sends requests over HTTP/1.1 keep-alive without goroutines of its own, so that the benchmark takes as little as
// possible of the processors that it shares with the server. It returns answers with their whole body.
type transport struct{ idle chan *connection }

type connection struct {
	net.Conn
	address string
	reader  *bufio.Reader
	writer  *bufio.Writer
}

// bufferSize has space for a whole request, and for most answers.
const bufferSize = 32 << 10

// newTransport returns a transport that keeps up to n connections.
func newTransport(n int) *transport { return &transport{idle: make(chan *connection, n)} }

// RoundTrip sends a request. It sends it again on a new connection if the server has closed the old one before an answer.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		c, isNew, err := t.connect(r.Context(), r.URL.Host)
		if err != nil {
			return nil, err
		}
		resp, err := c.exchange(r)
		if err == nil {
			t.keep(c, resp)
			return resp, nil
		}
		_ = c.Close()
		if isNew || r.Body != nil && r.GetBody == nil {
			return nil, err
		}
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// connect returns a kept connection to an address, or a new one.
func (t *transport) connect(ctx context.Context, address string) (c *connection, isNew bool, err error) {
	for {
		select {
		case c := <-t.idle:
			if c.address == address {
				return c, false, nil
			}
			_ = c.Close() // of a server that has been restarted
		default:
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, false, err
			}
			return &connection{
				Conn: conn, address: address, reader: bufio.NewReaderSize(conn, bufferSize), writer: bufio.NewWriterSize(conn, bufferSize),
			}, true, nil
		}
	}
}

func (t *transport) keep(c *connection, resp *http.Response) {
	if !resp.Close {
		select {
		case t.idle <- c:
			return
		default:
		}
	}
	_ = c.Close()
}

func (c *connection) exchange(r *http.Request) (*http.Response, error) {
	if err := errors.Join(r.Write(c.writer), c.writer.Flush()); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(c.reader, r)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if resp.ContentLength > 0 {
		body.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(&body)
	return resp, nil
}
