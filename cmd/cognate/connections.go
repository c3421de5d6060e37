package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// connections limits the connections of an HTTP server. A new connection over the limit replaces the one that has been idle for
// longest, or else the oldest one without a request. If every connection has a request, the new one is closed. So clients that open
// connections and send nothing do not keep others out.
type connections struct {
	most  int
	count func(limited bool) // is called with each new connection
	// grown is called with the number of connections when it becomes manyConnections, and when it falls to half of that.
	grown func(connections int)

	mu          sync.Mutex
	areMany     bool
	all         map[net.Conn]*connection
	idle, fresh list.List // of net.Conn, the oldest first
}

// connection is where a connection is in the lists.
type connection struct {
	in *list.List // nil while it has a request
	at *list.Element
}

func newConnections(most int, count func(limited bool), grown func(connections int)) *connections {
	return &connections{most: most, count: count, grown: grown, all: make(map[net.Conn]*connection)}
}

// open returns the number of open connections.
func (c *connections) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

// changed is the hook http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	defer c.report(state)
	switch closed := c.move(conn, state); closed {
	case nil:
	case conn:
		_ = conn.Close() // before it can send a request
	default:
		go closed.Close() // which can wait for a TLS client; the server notices, and calls changed again
	}
}

// report calls grown when the number of connections becomes large, and when it is small again.
func (c *connections) report(state http.ConnState) {
	if state != http.StateNew && state != http.StateClosed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	open := len(c.all)
	if !c.areMany && open >= manyConnections || c.areMany && open <= manyConnections/2 {
		c.areMany = !c.areMany
		c.grown(open)
	}
}

// move stores the state of a connection. It returns the connection to close, if there are too many.
func (c *connections) move(conn net.Conn, state http.ConnState) (excess net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.all[conn]
	if known != nil && known.in != nil {
		known.in.Remove(known.at)
		known.in = nil
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(c.all, conn)
		return nil
	case http.StateNew:
		if len(c.all) >= c.most {
			excess = c.oldest(conn)
		}
		known = new(connection)
		c.all[conn] = known
		known.in = &c.fresh
		c.count(excess != nil)
	case http.StateIdle:
		if known == nil {
			return nil
		}
		known.in = &c.idle
	}
	if known != nil && known.in != nil {
		known.at = known.in.PushBack(conn)
	}
	return excess
}

// oldest returns the connection that a new one replaces; the new one if none can be replaced. It no longer counts.
func (c *connections) oldest(newest net.Conn) net.Conn {
	for _, from := range []*list.List{&c.idle, &c.fresh} {
		if first := from.Front(); first != nil {
			conn, _ := first.Value.(net.Conn) // the lists hold nothing else
			from.Remove(first)
			delete(c.all, conn)
			return conn
		}
	}
	return newest
}
