package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/api"
	"cognate/internal/testcluster"
)

const (
	idleConnections = 10_000
	slowConnections = 1_000
	// underAttack is longer than the server waits for headers and for a body.
	underAttack = 40 * time.Second
)

// attacker opens connections to a server, at most as long as its context.
type attacker struct {
	server *process
	tls    bool
	all    sync.WaitGroup
	open   atomic.Int64 // idle connections
	closed atomic.Int64 // slow connections that the server has closed
}

func (a *attacker) dial(ctx context.Context) (net.Conn, error) {
	_, address, _ := strings.Cut(a.server.url, "://")
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil || !a.tls {
		return conn, err
	}
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) //nolint:gosec // the server of the test
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// openIdle opens many connections, sends one request on each, and keeps them open until the server closes them or the context ends.
func (a *attacker) openIdle(ctx context.Context, many int) {
	var opening errgroup.Group
	opening.SetLimit(64)
	for range many {
		opening.Go(func() error {
			conn, err := a.dial(ctx)
			if err != nil {
				return nil //nolint:nilerr // the server may refuse an attacker
			}
			if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err == nil {
				_, _ = conn.Read(make([]byte, 4096)) // the answer
			}
			a.open.Add(1)
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			a.all.Go(func() {
				defer a.open.Add(-1)
				defer stop()
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 1)) // until a side closes
			})
			return nil
		})
	}
	_ = opening.Wait() // always nil
}

// slow sends a request, a byte a second, again and again. Its headers end, or never do.
func (a *attacker) slow(ctx context.Context, headersEnd bool) {
	request := "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "
	if headersEnd {
		request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n" +
			"X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth\r\nContent-Length: 1000\r\n\r\n{"
	}
	for ctx.Err() == nil {
		conn, err := a.dial(ctx)
		if err != nil {
			continue
		}
		for _, err = io.WriteString(conn, request); err == nil && ctx.Err() == nil; _, err = io.WriteString(conn, " ") {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		if _ = conn.Close(); ctx.Err() == nil {
			a.closed.Add(1)
		}
	}
}

// latencies are how long requests took.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
	err error
}

// measure makes requests of four clients for some time: sign-ins and reads.
func measure(ctx context.Context, n testPool, lasts time.Duration) *latencies {
	l := new(latencies)
	ctx, stop := context.WithTimeout(ctx, lasts)
	defer stop()
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				began := time.Now()
				var err error
				if i%2 == 0 {
					_, err = n.signIn(context.WithoutCancel(ctx), "ann")
				} else {
					_, err = n.AdminGetUser(context.WithoutCancel(ctx), &api.AdminGetUserInput{UserPoolId: n.poolID, Username: "ann"})
				}
				l.mu.Lock()
				l.all = append(l.all, time.Since(began))
				if err != nil {
					l.err = err
				}
				l.mu.Unlock()
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	clients.Wait()
	slices.Sort(l.all)
	return l
}

func (l *latencies) String() string {
	at := func(part float64) time.Duration {
		return l.all[int(part*float64(len(l.all)-1))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d requests, median %v, p99 %v, slowest %v", len(l.all), at(0.5), at(0.99), at(1))
}

// memoryOf returns the greatest resident memory of a process until now, in MB.
func memoryOf(t *testing.T, p *process) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes >> 10
}

// With 10,000 idle and 1,000 slow connections, the requests of others succeed, and the server needs less than 300 MB, or 450 MB if it does TLS
// itself. How long the requests take is logged, because it depends on the machine.
func TestFaultOfTheConnections(t *testing.T) {
	if os.Getenv(testcluster.EnvFaults) != "1" {
		t.Skipf("%s is not 1", testcluster.EnvFaults)
	}
	for name, tt := range map[string]struct {
		flags []string
		limit int // MB
	}{"http": {nil, 300}, "https": {[]string{"--tls-self-signed"}, 450}} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example", "--data", "data"}, tt.flags...)
			server := mustStart(t, t.TempDir(), args...)
			client := clientOf(server)
			client.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // as in dial
			n := mustCreatePoolWith(t, client, api.UserPoolMfaTypeOptional)
			if err := n.createUser(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			before := measure(t.Context(), n, 10*time.Second)
			memoryBefore := memoryOf(t, server)

			ctx, stop := context.WithCancel(t.Context())
			a := &attacker{server: server, tls: name == "https"}
			defer a.all.Wait()
			defer stop()
			a.openIdle(ctx, idleConnections)
			for i := range slowConnections {
				a.all.Go(func() { a.slow(ctx, i%2 == 0) })
			}
			client.HTTP.CloseIdleConnections() // the server may close them first, at the same time as the client uses them
			during := measure(t.Context(), n, underAttack)
			idle, memory := a.open.Load(), memoryOf(t, server)
			t.Logf("before: %v; %d MB", before, memoryBefore)
			t.Logf("with %d idle connections, and %d slow ones, of which the server closed %d: %v; %d MB", idle, slowConnections, a.closed.Load(), during, memory)
			if before.err != nil || during.err != nil {
				t.Errorf("a request of another client failed: %v, %v", before.err, during.err)
			}
			if memory >= tt.limit {
				t.Errorf("the server needs %d MB, want less than %d", memory, tt.limit)
			}
			if idle < idleConnections/2 || a.closed.Load() < slowConnections {
				t.Errorf("%d idle connections were open, and %d slow ones were closed, want more", idle, a.closed.Load())
			}
			stop()
			a.all.Wait()
			if err := server.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
