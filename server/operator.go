package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/pprof"
	"time"
)

// Operator says what the listener for operators shows besides the metrics.
type Operator struct {
	Version string
	// Pprof adds profiles at /debug/pprof/.
	Pprof bool
}

// health is the answer of /health, for operators. Times are in milliseconds.
type health struct {
	Status   string         `json:"status"` // ok, draining or failing
	Version  string         `json:"version"`
	Node     string         `json:"node"`
	Servers  int            `json:"servers"`
	Uptime   int64          `json:"uptime_seconds"`
	Database databaseHealth `json:"database"`
	Panics   int64          `json:"panics"`
}

type databaseHealth struct {
	OK    bool    `json:"ok"`
	Error string  `json:"error,omitempty"`
	Took  float64 `json:"took_ms"`
}

// Metrics returns a handler for a listener that clients do not reach: /metrics, /health with details, and profiles. Call it once.
func (s *Server) Metrics(o Operator) http.Handler {
	s.metrics.gauges("cognate_build_info", "1 for the version of the server.", "version").WithLabelValues(o.Version).Set(1)
	mux := http.NewServeMux()
	mux.Handle(metricsPattern, s.metrics.handler())
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { s.health(w, r, o.Version) })
	if o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// health answers with the state of the server: 200, or 503 if it does not accept requests.
func (s *Server) health(w http.ResponseWriter, r *http.Request, version string) {
	began := time.Now() //nolint:forbidigo // real time: how long the database takes
	ctx, stop := context.WithTimeout(r.Context(), pingLimit)
	defer stop()
	err := s.config.Store.Ping(ctx)
	now := time.Now() //nolint:forbidigo // as above
	h := health{
		Status: "ok", Version: version, Node: s.servers.ID, Servers: s.servers.Count(), Uptime: int64(now.Sub(s.began) / time.Second),
		Database: databaseHealth{OK: err == nil, Took: float64(now.Sub(began).Microseconds()) / 1000}, Panics: s.Panics(),
	}
	switch {
	case err != nil:
		h.Status, h.Database.Error = "failing", err.Error()
	case s.draining.Load():
		h.Status = "draining"
	}
	w.Header().Set("Content-Type", "application/json")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h) // the client may have closed the connection
}

// CountConnection counts a connection of a client. limited says that one was closed because there were too many.
func (s *Server) CountConnection(limited bool) {
	s.metrics.connections.Inc()
	if limited {
		s.limits.countRefused(limitConnections)
	}
}
