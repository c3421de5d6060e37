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
	r := &audit.Recorder{Store: c.Store, Level: a.Level, Node: a.Node, Log: c.Log, Now: c.Now}
	if a.File != nil && a.IsFileRequired {
		r.Writable = a.File.Writable
	}
	return r
}

// isOn reports whether records are made.
func (a *Audit) isOn() bool { return a.Level != "" && a.Level != audit.LevelOff }

// webhookCopy names the copy to the webhook in the database.
const webhookCopy = "audit_webhook"

// fileCopy names the copy to the file of this server in the database.
func (a *Audit) fileCopy() string { return "audit_file " + a.Node }

// copies returns the names of the copies of this server, by the names of their targets in metrics.
func (a *Audit) copies() map[string]string {
	names := make(map[string]string)
	if a.File != nil {
		names["file"] = a.fileCopy()
	}
	if a.Webhook != nil {
		names["webhook"] = webhookCopy
	}
	return names
}

// run stores outcomes, links records and copies them until ctx ends.
func (a *Audit) run(ctx context.Context, g *errgroup.Group, s *Server) {
	if !a.isOn() {
		return
	}
	c := &s.config
	g.Go(func() error { return s.records.Run(ctx) })
	chain := &audit.Chain{Store: c.Store, Retention: a.Retention, Now: c.Now, Log: c.Log}
	g.Go(func() error { return chain.Run(ctx) })
	if a.File != nil {
		file := &audit.Copier{Store: c.Store, Name: a.fileCopy(), Node: a.Node, Target: a.File, Now: c.Now, Log: c.Log}
		g.Go(func() error { return file.Run(ctx) })
	}
	if a.Webhook != nil {
		hook := &audit.Copier{Store: c.Store, Name: webhookCopy, Target: a.Webhook, Leases: s.leases, Now: c.Now, Log: c.Log}
		g.Go(func() error { return hook.Run(ctx) })
	}
}

// Audit returns the recorder of the server.
func (s *Server) Audit() *audit.Recorder { return s.records }
