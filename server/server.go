// Package server joins the parts into one HTTP handler: the API at POST /, discovery documents and health. Metrics have
// a handler of their own.
// assembly.go lists the parts.
//
// It listens on nothing and reads no configuration: cmd/cognate does.
package server

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"cognate/api"
	"cognate/audit"
	"cognate/devapi"
	"cognate/iam"
	"cognate/notify"
	"cognate/notify/outbox"
	"cognate/oauth"
	"cognate/store"
	"cognate/tokens"
	"cognate/trigger"
)

// Config is what a server is made of. Every field is required unless it says otherwise.
type Config struct {
	Store *store.Store
	// PublicURL is where clients reach the server; a pool's issuer is PublicURL + "/" + pool id. No slash at the end.
	PublicURL string
	Access    iam.Access
	// SigningKeys makes the keys of new pools.
	SigningKeys tokens.KeySource
	// Sender takes the messages to users: a *notify.Mailbox to read them back, an *outbox.Outbox to send them, notify.None
	// to refuse them.
	Sender notify.Sender
	// Outbox, when set, delivers its messages while the server runs.
	Outbox *outbox.Outbox
	// ServeMetrics, when set, answers /metrics beside the API. Set it only where every caller may see the counters, which
	// tell what the server did for others. Otherwise Metrics is for a listener of its own.
	ServeMetrics bool
	// Dev, when set, opens /_cognate/ to anybody: for `cognate dev` and tests only.
	Dev *devapi.Options
	// Functions reaches the functions of triggers; trigger.None{} reaches none, and fails what needs one.
	Functions trigger.Invoker
	// TriggerLimit is how long a function may take; 0 means trigger.DefaultLimit.
	TriggerLimit time.Duration
	// SameAccountOnly rejects functions of other accounts than the pool's.
	SameAccountOnly bool
	// CodeSealer encrypts what goes to the functions of custom senders; trigger.None{} refuses.
	CodeSealer trigger.CodeSealer
	Now        func() time.Time
	Log        *slog.Logger
}

// Server answers requests. It is made by New.
type Server struct {
	config   Config
	mux      *http.ServeMux
	metrics  *metrics
	draining atomic.Bool
	// dev, nil unless Config.Dev is set, answers by devHandler what lies under devapi.Prefix.
	dev        *devapi.API
	devHandler http.Handler
	notify     *notify.Service
}

// New assembles a server.
func New(c Config) *Server {
	p := newServices(c)
	s := &Server{config: c, mux: http.NewServeMux(), metrics: p.metrics, notify: p.notify}
	endpoints := api.Bind(p.families()...)
	if c.Dev != nil {
		endpoints = devapi.WithCustomNames(endpoints)
		s.dev = p.devAPI(endpoints)
		s.devHandler = s.dev.Handler()
	}
	s.mux.Handle("/{$}", &dispatcher{
		endpoints: endpoints, access: c.Access, tokens: p.tokens, audit: audit.Log{Logger: c.Log}, log: c.Log, metrics: s.metrics,
	})
	(&oauth.Discovery{Store: c.Store, Keys: p.keys, Issuer: c.issuer}).Mount(s.mux)
	if reserve, ok := c.SigningKeys.(interface{ Ready() int }); ok {
		s.metrics.watchReserve(reserve.Ready)
	}
	if c.Outbox != nil {
		c.Outbox.Observe(s.metrics.countMessage)
		s.metrics.watchOutbox(c.Outbox.Waiting)
	}
	s.mux.HandleFunc("GET /healthz", healthy)
	s.mux.HandleFunc("GET /readyz", s.ready)
	if c.ServeMetrics {
		s.mux.Handle(metricsPattern, s.metrics.handler())
	}
	return s
}

func (c *Config) issuer(poolID string) string { return c.PublicURL + "/" + poolID }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.dev != nil && strings.HasPrefix(r.URL.Path, devapi.Prefix) {
		s.devHandler.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Dev returns the surface for tests; nil unless Config.Dev is set.
func (s *Server) Dev() *devapi.API { return s.dev }

// Panics returns how many requests ended in a bug; tests want none.
func (s *Server) Panics() int64 { return s.metrics.panics.Load() }

const metricsPattern = "GET /metrics"

// Metrics returns a handler that answers /metrics and nothing else, for a listener that clients do not reach.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(metricsPattern, s.metrics.handler())
	return mux
}

// Drain makes the server say that it is not ready, so that a load balancer stops sending it new work.
func (s *Server) Drain() { s.draining.Store(true) }

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// ready answers 200 while the server takes requests and its database answers. Any caller can reach it, so it does not say
// why the server is not ready.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ok := !s.draining.Load()
	if ok {
		if err := s.config.Store.Ping(r.Context()); err != nil {
			s.config.Log.Warn("database does not answer", "error", err)
			ok = false
		}
	}
	if !ok {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	healthy(w, r)
}
