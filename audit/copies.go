package audit

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"cognate/lease"
	"cognate/store"
)

// Target gets copies of linked records.
type Target interface {
	// Copy stores or sends records. After an error it gets the same records again. It may also get records again after the
	// server was killed.
	Copy(ctx context.Context, events []store.AuditEvent) error
}

// Copier copies the records of the chain to a target, in their order and at least once. The database has the position of the last record
// that was copied.
type Copier struct {
	Store *store.Store
	// Name names the copy in the database; it never changes. A copy of a new name begins at the end of the chain.
	Name string
	// Node limits the copy to the records of one server and of commands on its host; empty means all records, which one of the servers copies.
	Node   string
	Target Target
	// Leases say which server copies; needed without Node.
	Leases *lease.Leases
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	// copyPeriod is how often records are copied.
	copyPeriod = time.Second
	// copyLimit is how long one server copies all records to the target before any server may go on.
	copyLimit = time.Minute
	// copyBatch is how many records the target gets at a time.
	copyBatch = 100
)

// Run copies records until ctx ends.
func (c *Copier) Run(ctx context.Context) error {
	tick := time.NewTicker(copyPeriod)
	defer tick.Stop()
	for {
		err := c.Round(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "audit records were not copied; the server tries again", "to", c.Name, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Round copies the records that were linked since the last round.
func (c *Copier) Round(ctx context.Context) error {
	chain, err := c.Store.AuditChain(ctx)
	if err != nil {
		return err
	}
	position, err := c.Store.AuditCopy(ctx, c.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return c.save(ctx, chain.EndPosition)
	case err != nil:
		return err
	case position >= chain.EndPosition:
		return nil
	case c.Node != "":
		return c.copy(ctx, position)
	}
	return c.copyOnce(ctx)
}

// copyOnce copies if this server gets the lease. It goes on where the last holder of the lease stopped.
func (c *Copier) copyOnce(ctx context.Context) error {
	return c.Leases.Do(ctx, lease.Task{Name: c.Name}, c.Now, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, copyLimit)
		defer cancel()
		position, err := c.Store.AuditCopy(ctx, c.Name)
		if err != nil {
			return err
		}
		return c.copy(ctx, position)
	})
}

func (c *Copier) copy(ctx context.Context, position int64) error {
	for {
		events, err := c.Store.LinkedAuditEvents(ctx, position, copyBatch)
		if err != nil || len(events) == 0 {
			return err
		}
		position = events[len(events)-1].Position
		if own := c.own(events); len(own) > 0 {
			if err := c.Target.Copy(ctx, own); err != nil {
				return err
			}
		}
		if err := c.save(ctx, position); err != nil {
			return err
		}
	}
}

func (c *Copier) own(events []store.AuditEvent) []store.AuditEvent {
	if c.Node == "" {
		return events
	}
	var own []store.AuditEvent
	for _, e := range events {
		if e.Node == c.Node || strings.HasPrefix(c.Node, e.Node+" ") { // the second are commands on this host

			own = append(own, e)
		}
	}
	return own
}

func (c *Copier) save(ctx context.Context, position int64) error {
	return c.Store.Write(ctx, func(tx *store.Tx) error { return tx.SaveAuditCopy(ctx, c.Name, position) })
}
