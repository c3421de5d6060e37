// Package cognatetest gives a Go test a whole server of its own, on a real database and a clock that the test moves:
//
//	s := cognatetest.Start(t)
//	pool, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
//
// Nothing is shared between two servers, so tests run in parallel. A server that panicked, or answered an error that its
// operation does not declare, fails its test.
package cognatetest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/devapi"
	"cognate/internal/pgtest"
	"cognate/notify"
	"cognate/sealing"
	"cognate/server"
	"cognate/store"
	"cognate/store/storetest"
)

// Account and region of a test server's pools.
const (
	AccountID = "123456789012"
	Region    = "us-east-1"
)

// Server is a running server.
type Server struct {
	URL    string
	Client *api.Client // signs what needs a signature
	Clock  *Clock
	Store  *store.Store
	Log    *LogBuffer // everything the server has logged
	// Mailbox keeps what the server sent.
	Mailbox *notify.Mailbox
	// Surface is what the server has at /_cognate/, as methods.
	*devapi.Surface
	// Triggers are the functions that pools can name.
	Triggers *Triggers
}

// Start runs a server with its data in memory until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return start(t, store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}}, NewClock())
}

// OnBoth runs a test on a server with SQLite and on one with PostgreSQL. The latter skips, or fails where the tests
// must not skip, when no PostgreSQL is named (see package internal/pgtest).
func OnBoth(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, StartPair(t, 1)[0])
	})
}

// StartPair runs n servers on one PostgreSQL database and one clock, as behind a load balancer. It skips as OnBoth does.
func StartPair(t testing.TB, n int) []*Server {
	t.Helper()
	config := store.Config{URL: pgtest.URL(t), MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}}
	clock := NewClock()
	var servers []*Server
	for range n {
		servers = append(servers, start(t, config, clock))
	}
	return servers
}

func start(t testing.TB, config store.Config, clock *Clock) *Server {
	t.Helper()
	st, err := store.Open(t.Context(), config)
	if err != nil {
		t.Fatalf("store.Open() = %v", err)
	}
	log, mailbox, triggers := new(LogBuffer), new(notify.Mailbox), new(Triggers)
	var handler http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	s := server.New(server.Config{
		Store: st, PublicURL: listener.URL, Access: server.AnyKey{AccountID: AccountID, Region: Region},
		SigningKeys: newTestKeys(t), Sender: mailbox, Functions: triggers, TriggerLimit: triggerLimit, CodeSealer: triggers,
		Dev: &devapi.Options{Clock: clock, Mailbox: mailbox, Caller: cognate.Caller{AccountID: AccountID, Region: Region}},
		Now: clock.Now, Log: slog.New(slog.NewJSONHandler(log, nil)),
	})
	handler = s
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		listener.Close()
		stop()
		if err := <-done; err != nil {
			t.Errorf("Server.Run() = %v", err)
		}
		if n := s.Panics(); n > 0 {
			t.Errorf("server panicked %v times:\n%s", n, log)
		}
		checkDeclared(t, log.String())
		if err := st.Close(); err != nil {
			t.Errorf("Store.Close() = %v", err)
		}
	})
	return &Server{
		URL: listener.URL, Client: &api.Client{Endpoint: listener.URL + "/", Sign: Sign}, Clock: clock, Store: st, Log: log,
		Mailbox: mailbox, Surface: s.Dev(), Triggers: triggers,
	}
}

// Sign signs a request as far as a server that takes any access key looks at it.
func Sign(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+Region+
		"/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	return nil
}

// LogBuffer keeps what a server logs.
type LogBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends a line.
func (b *LogBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

// String returns everything so far.
func (b *LogBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
