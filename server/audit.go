package server

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/audit"
)

// Audit has the settings of the audit records.
type Audit struct {
	// Level says what is recorded. The zero value records nothing.
	Level audit.Level
	// Retention is how long records are kept; 0 means forever.
	Retention time.Duration
	// Node names this server in its records. It stays the same when the server starts again.
	Node string
	// File gets copies of the records of this server; nil for none. IsFileRequired refuses changes while it cannot be written.
	File           *audit.File
	IsFileRequired bool
	// Webhook gets copies of all records; nil for none.
	Webhook audit.Target
}

func (a *Audit) recorder(c *Config) *audit.Recorder {
	r := &audit.Recorder{Store: c.Store, Level: a.Level, Node: a.Node, Log: c.Log}
	if a.File != nil && a.IsFileRequired {
		r.Writable = a.File.Writable
	}
	return r
}

// run stores outcomes, links records and copies them until ctx ends.
func (a *Audit) run(ctx context.Context, g *errgroup.Group, s *Server) {
	if a.Level == "" || a.Level == audit.LevelOff {
		return
	}
	c := &s.config
	g.Go(func() error { return s.records.Run(ctx) })
	chain := &audit.Chain{Store: c.Store, Retention: a.Retention, Log: c.Log}
	g.Go(func() error { return chain.Run(ctx) })
	if a.File != nil {
		file := &audit.Copier{Store: c.Store, Name: "audit_file " + a.Node, Node: a.Node, Target: a.File, Now: c.Now, Log: c.Log}
		g.Go(func() error { return file.Run(ctx) })
	}
	if a.Webhook != nil {
		hook := &audit.Copier{Store: c.Store, Name: "audit_webhook", Target: a.Webhook, Leases: s.leases, Now: c.Now, Log: c.Log}
		g.Go(func() error { return hook.Run(ctx) })
	}
}

// Audit returns the recorder of the server.
func (s *Server) Audit() *audit.Recorder { return s.records }
