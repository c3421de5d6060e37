package store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// probeEvery is the time between two probes of the database.
	probeEvery = time.Second / 2
	// probeLimit is how long the answer to a probe may take. With probeEvery it bounds how long a request waits for a silent database.
	probeLimit = 2 * time.Second
)

// errSilent is the error of a new connection while the database is silent.
var errSilent = errors.New("store: the database does not answer")

// watchdog asks the database on a connection of its own whether it answers. If it does not, because its host or the network is gone or it
// hangs, the watchdog closes all connections and refuses new ones until a probe is answered. So no request waits for long. A statement that
// takes long has no influence: the database answers the probes meanwhile.
//
// A pooler can refuse new connections while the database is gone, and let requests on old ones wait. So an error of a probe is no answer.
// A pooler can also let a probe wait because all its connections to the database are in use. So the database is not silent while it sends
// something on any other connection.
type watchdog struct {
	config *pgx.ConnConfig // without the watchdog
	every  time.Duration
	limit  time.Duration
	stop   context.CancelFunc
	ended  chan struct{}

	mu       sync.Mutex
	isSilent bool
	open     map[*watchedConn]struct{}
}

// watch starts a watchdog for the connections of a configuration.
func watch(c *pgx.ConnConfig, every, limit time.Duration) *watchdog {
	ctx, stop := context.WithCancel(context.Background())
	w := &watchdog{
		config: probeConfig(c, limit), every: every, limit: limit, stop: stop, ended: make(chan struct{}),
		open: make(map[*watchedConn]struct{}),
	}
	dial := c.DialFunc
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return w.dial(ctx, dial, network, address)
	}
	c.AfterConnect = afterLogin
	go w.run(ctx)
	return w
}

// probeConfig returns the configuration of the probe's connection. The name and each address of a host have a time limit of their own. So
// a host that does not answer leaves time for the next one. With several hosts it is half of the limit: the second one usually answers
// before the database counts as silent.
func probeConfig(c *pgx.ConnConfig, limit time.Duration) *pgx.ConnConfig {
	c = c.Copy()
	for _, other := range c.Fallbacks { // the same host again without TLS is no other host
		if other.Host != c.Host || other.Port != c.Port {
			limit /= 2
			break
		}
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > limit {
		c.ConnectTimeout = limit
	}
	lookup := c.LookupFunc
	c.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		ctx, stop := context.WithTimeout(ctx, limit)
		defer stop()
		return lookup(ctx, host)
	}
	return c
}

// Close ends the probes.
func (w *watchdog) Close() error {
	w.stop()
	<-w.ended
	return nil
}

// run probes the database until the context ends. The opening of a connection to several hosts can take longer than the limit, so a probe
// runs beside the decision whether the database is silent.
func (w *watchdog) run(ctx context.Context) {
	defer close(w.ended)
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	var conn *pgx.Conn  // belongs to the probe while one runs
	var asked time.Time // when the first probe without an answer began
	isRunning, answers := false, make(chan bool)
	for {
		select {
		case <-ctx.Done():
			if isRunning {
				<-answers
			}
			closeProbe(conn)
			return
		case <-tick.C:
			if asked.IsZero() {
				asked = time.Now() //nolint:forbidigo // as below
			}
			if !isRunning {
				isRunning = true
				go func() {
					var err error
					if conn, err = w.probe(ctx, conn); err != nil {
						closeProbe(conn)
						conn = nil
					}
					answers <- isAnswer(err)
				}()
			}
		case isAnswered := <-answers:
			isRunning = false
			if isAnswered {
				asked = time.Time{}
				w.set(false)
			}
		}
		now := time.Now() //nolint:forbidigo // real time: how long there was no answer
		if !asked.IsZero() && now.Sub(asked) >= w.limit && now.Sub(w.heard()) >= w.limit && ctx.Err() == nil {
			w.set(true)
		}
	}
}

// heard returns when the database last sent something on an open connection. A connection that an error of the pooler or of a host that
// stops has ended is no longer open, so such an error does not count.
func (w *watchdog) heard() (last time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		if at := c.heard.Load(); at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}

// isAnswer reports whether the result of a probe shows that the database works. It does if it refuses the probe alone, for example because it
// has too many connections. It does not if it stops, or a pooler cannot reach it.
func isAnswer(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return err == nil || ok && !strings.HasPrefix(failure.Code, "08") && !strings.HasPrefix(failure.Code, "57P")
}

// probe asks the database. Without a connection it opens one.
func (w *watchdog) probe(ctx context.Context, conn *pgx.Conn) (*pgx.Conn, error) {
	if conn == nil {
		opened, err := pgx.ConnectConfig(ctx, w.config)
		if err != nil {
			return nil, err
		}
		conn = opened
	}
	ctx, stop := context.WithTimeout(ctx, w.limit)
	defer stop()
	err := conn.Ping(ctx)
	return conn, err
}

func closeProbe(conn *pgx.Conn) {
	if conn == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = conn.Close(ctx)
}

func (w *watchdog) set(isSilent bool) {
	w.mu.Lock()
	w.isSilent = isSilent
	var all []*watchedConn
	if isSilent {
		for c := range w.open {
			all = append(all, c)
		}
	}
	w.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

func (w *watchdog) dial(ctx context.Context, dial pgconn.DialFunc, network, address string) (net.Conn, error) {
	w.mu.Lock()
	isSilent := w.isSilent
	w.mu.Unlock()
	if isSilent {
		return nil, errSilent
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &watchedConn{Conn: conn, w: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[c] = struct{}{}
	return c, nil
}

// watchedConn is a connection that the watchdog can close.
type watchedConn struct {
	net.Conn
	w          *watchdog
	isLoggedIn atomic.Bool
	heard      atomic.Pointer[time.Time] // when bytes last arrived after the login
}

// afterLogin makes what arrives from now on count as a sign of the database. A login does not count, because a pooler can answer it without
// the database.
func afterLogin(_ context.Context, c *pgconn.PgConn) error {
	conn := c.Conn()
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if watched, ok := conn.(*watchedConn); ok {
		watched.isLoggedIn.Store(true)
	}
	return nil
}

// Read reads from the connection.
func (c *watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.isLoggedIn.Load() {
		now := time.Now() //nolint:forbidigo // real time, as in run
		c.heard.Store(&now)
	}
	return n, err
}

// Close closes the connection.
func (c *watchedConn) Close() error {
	c.w.mu.Lock()
	delete(c.w.open, c)
	c.w.mu.Unlock()
	return c.Conn.Close()
}
