package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// givenPorts has the ports that freePort has returned. Their tests may not listen yet.
var givenPorts sync.Map

// freePort returns a port that is free at all loopback addresses, as far as one can know. It never returns a port twice.
func freePort(t *testing.T) int {
	t.Helper()
	const first, last = 16384, 32767 // Linux and macOS give none of these to a listener on port 0 or to a connection
	var err error
	for range 100 {
		port := first + rand.IntN(last-first+1)
		if _, isGiven := givenPorts.LoadOrStore(port, true); isGiven {
			continue
		}
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf(":%d", port)); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatalf("no free port: %v", err)
	return 0
}

// freeAddress returns a loopback address with a port of freePort.
func freeAddress(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}
