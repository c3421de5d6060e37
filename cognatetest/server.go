// Package cognatetest starts a whole server for a Go test, with a real database and a clock that the test moves:
//
//	s := cognatetest.Start(t)
//	pool, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
//
// A test of users starts with a user pool that has an app client. Its settings are options:
//
//	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn), cognatetest.HideUsers())
//	p.MustUser("ann")
//
// Functions for tests that the API does not have are methods: NextMessage, FailMessages, Authenticator, ForkPool,
// ResetPool, Snapshot, Restore, ApplySeed. A tested application uses URL as its SDK's endpoint.
//
// Servers share nothing, so tests can run in parallel. If a server panics, or returns an error that its operation does not
// declare, its test fails. The package contains no rules of the API.
package cognatetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/backup"
	"cognate/devapi"
	"cognate/iam"
	"cognate/internal/outgoing"
	"cognate/logdelivery"
	"cognate/notify"
	"cognate/sealing"
	"cognate/server"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/throttle"
)

// The account and the region of a test server's pools.
const (
	AccountID = "123456789012"
	Region    = "us-east-1"
)

// ForeignAccountID is the account of requests that SignForeign signs.
const ForeignAccountID = "999999999999"

// ReplicaRegion and ReplicaHost are the Region in which pools on the server of a test can have replicas, and its host.
const (
	ReplicaRegion = "eu-west-1"
	ReplicaHost   = "id-eu.example.com"
)

// LimitMaximum is the highest rate that UpdateProvisionedLimit accepts on the server of a test.
const LimitMaximum = 1000

// Server is a running server.
type Server struct {
	URL    string
	Client *api.Client // signs requests that need a signature
	Clock  *Clock
	Store  *store.Store
	Log    *LogBuffer // everything that the server has logged
	// Mailbox stores the messages that the server sent.
	Mailbox *notify.Mailbox
	// API has the routes of /_cognate/ as methods.
	*devapi.API
	// Triggers holds the functions that pools can name.
	Triggers *Triggers
	// CompromisedPasswords is the list of compromised passwords.
	CompromisedPasswords *Passwords
	// Places has the places of addresses.
	Places *Places

	logs  *logdelivery.Queue
	audit *audit.Recorder
	end   func() error
}

// FlushAudit waits until the database has all audit records of requests that have ended, and counts of refused signatures.
func (s *Server) FlushAudit(t testing.TB) {
	t.Helper()
	if err := s.audit.Close(t.Context()); err != nil {
		t.Fatalf("store audit records: %v", err)
	}
}

// FlushLogs waits until Log contains all records that log delivery and imports have made.
func (s *Server) FlushLogs(t testing.TB) { s.logs.Flush(t.Context()) }

// MustSnapshot returns a copy of all pools, for comparison with a later one. It deletes what the periodic tasks delete at an unknown time:
// the rows of users without failed attempts.
func (s *Server) MustSnapshot(t testing.TB) *store.Snapshot {
	t.Helper()
	if err := s.Store.Purge(t.Context(), store.Cutoffs{Attempts: s.Clock.Now().Add(-throttle.ResetAfter)}); err != nil {
		t.Fatalf("purge: %v", err)
	}
	return Try(s.Store.Snapshot(t.Context())).Of(t)
}

// MustSettle does what follows a restore of the database, as if the server had been started after it: what was used before does not work
// again.
func (s *Server) MustSettle(t testing.TB) {
	t.Helper()
	for {
		nodes, err := s.Store.Nodes(t.Context())
		if err == nil {
			err = backup.Restored(t.Context(), s.Store, s.Clock.Now(), false, nodes)
		}
		if errors.Is(err, store.ErrInUse) {
			continue // the server has sent a heartbeat meanwhile
		}
		if err != nil {
			t.Fatalf("settle a restored database: %v", err)
		}
		return
	}
}

// Start runs a server with its data in memory until the test ends. Each change can replace settings of the server.
func Start(t testing.TB, changes ...func(*server.Config)) *Server {
	t.Helper()
	return start(t, store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}}, NewClock(), changes)
}

// StartOn is Start on a database with its master keys, for tests that use the data of another server.
func StartOn(t testing.TB, config store.Config, changes ...func(*server.Config)) *Server {
	t.Helper()
	return start(t, config, NewClock(), changes)
}

// StartAudited is Start on the database at a URL, with audit records.
func StartAudited(t testing.TB, url string, records server.Audit) *Server {
	t.Helper()
	return StartOn(t, store.Config{URL: url, MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}}, func(c *server.Config) { c.Audit = records })
}

// OnBoth runs a test on a server with SQLite and on one with PostgreSQL. If no PostgreSQL is configured, the second run
// skips, or fails if tests must not skip (see package internal/pgtest).
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
func StartPair(t testing.TB, n int, changes ...func(*server.Config)) []*Server {
	t.Helper()
	config := store.Config{URL: storetest.Postgres(t), MasterKeys: []sealing.MasterKey{storetest.MasterKey(t)}}
	clock := NewClock()
	var servers []*Server
	for range n {
		servers = append(servers, start(t, config, clock, changes))
	}
	return servers
}

func start(t testing.TB, config store.Config, clock *Clock, changes []func(*server.Config)) *Server {
	t.Helper()
	s, err := open(t.Context(), config, clock, changes)
	if err != nil {
		t.Fatalf("start a server: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the server misbehaved: %v", err)
		}
	})
	return s
}

// Open is like Start, but needs no test; TestMain can use it. The caller closes the server.
func Open(ctx context.Context) (*Server, error) {
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		return nil, err
	}
	return open(ctx, store.Config{MasterKeys: []sealing.MasterKey{key}}, NewClock(), nil)
}

func open(ctx context.Context, config store.Config, clock *Clock, changes []func(*server.Config)) (*Server, error) {
	keys, err := newTestKeys()
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	log, mailbox, triggers := new(LogBuffer), new(notify.Mailbox), new(Triggers)
	compromised, places := new(Passwords), new(Places)
	var handler http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	logger := slog.New(slog.NewJSONHandler(log, nil))
	logs := logdelivery.New(logdelivery.Config{
		Sinks: map[string]logdelivery.Sink{"log": &logdelivery.Log{Logger: logger}}, Default: "log", Log: logger,
	})
	settings := server.Config{
		Store: st, PublicURL: listener.URL, Access: access{devapi.AnyKey{AccountID: AccountID, Region: Region}},
		SigningKeys: keys, Sender: mailbox, Functions: triggers, TriggerLimit: triggerLimit, CodeSealer: triggers,
		CompromisedPasswords: compromised, Places: places,
		Outgoing:      (&outgoing.Rules{Private: true}).Client(),
		AddressLimits: server.AddressLimits{Off: true}, RateLimits: cognate.RateLimits{Off: true},
		ServeMetrics: true, LimitMaximum: LimitMaximum, ReplicaRegions: []cognate.ReplicaRegion{{Region: ReplicaRegion, Host: ReplicaHost}},
		Dev:  &devapi.Options{Clock: clock, Mailbox: mailbox, Caller: cognate.Caller{AccountID: AccountID, Region: Region}},
		Logs: logs, Now: clock.Now, Log: logger,
	}
	for _, change := range changes {
		change(&settings)
	}
	s := server.New(settings)
	handler = s
	work, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(work) }()
	return &Server{
		URL: listener.URL, Client: &api.Client{Endpoint: listener.URL + "/", Sign: Sign}, Clock: clock, Store: st, Log: log,
		Mailbox: mailbox, API: s.Dev(), Triggers: triggers, logs: logs, audit: s.Audit(),
		CompromisedPasswords: compromised, Places: places,
		end: func() error {
			listener.Close()
			stop()
			err := <-done
			if n := s.Panics(); n > 0 {
				err = errors.Join(err, fmt.Errorf("%d panics:\n%s", n, log))
			}
			return errors.Join(err, checkDeclared(log.String()), st.Close())
		},
	}, nil
}

// Close ends a server that Open started. It returns an error if the server panicked or returned an error that its operation
// does not declare.
func (s *Server) Close() error { return s.end() }

// access accepts every access key. The account of one key is another one than the server's.
type access struct{ devapi.AnyKey }

func (a access) Caller(r *http.Request, body []byte) (cognate.Caller, *iam.Policy, error) {
	caller, policy, err := a.AnyKey.Caller(r, body)
	if err == nil && caller.KeyID == foreignKeyID {
		caller.AccountID = ForeignAccountID
	}
	return caller, policy, err
}

// IDs of access keys of the server's account and of another one.
const (
	keyID        = "test"
	foreignKeyID = "foreign"
)

// Sign adds the parts of a signature that the server of a test reads.
func Sign(r *http.Request, _ []byte) error { return sign(r, keyID) }

// SignForeign is Sign with an access key of another account.
func SignForeign(r *http.Request, _ []byte) error { return sign(r, foreignKeyID) }

func sign(r *http.Request, key string) error {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260101/"+Region+
		"/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	return nil
}

// LogBuffer stores the log of a server.
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

// String returns the log so far.
func (b *LogBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
