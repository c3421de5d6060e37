package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"cognate/store"
)

// Chain links the records of all servers into one chain of SHA-256 hashes, in which every record has a position. Each hash covers
// the record and the hash before it, so Verify finds a change, a gap or another order. A transaction that links records locks the row
// of the chain, so one server links at a time. If that server is killed, another one continues.
type Chain struct {
	Store *store.Store
	// Retention is how long records are kept; 0 means forever.
	Retention time.Duration
	// Now is the clock of the records. Used by Run only.
	Now func() time.Time
	Log *slog.Logger

	// doubtful are the records without an outcome that are older than doubtAfter, and when Link has seen each of them first.
	doubtful map[string]time.Time
}

const (
	// linkPeriod is how often complete records are linked.
	linkPeriod = 2 * time.Second
	// lostAfter is when a record without an outcome is linked: its server was killed. It is longer than any request.
	lostAfter = 5 * time.Minute
	// doubtAfter is from when on Link watches a record without an outcome. The clock of the server that made it may be wrong, so its age
	// alone does not show that the server was killed.
	doubtAfter = time.Minute
	// purgePeriod is how often records are deleted because of their age.
	purgePeriod = 10 * time.Minute
	// pageSize is how many records one transaction links or deletes.
	pageSize = 1000
)

// Run links records and deletes old ones until ctx ends.
func (c *Chain) Run(ctx context.Context) error {
	tick := time.NewTicker(linkPeriod)
	defer tick.Stop()
	var purged time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			at := c.Now()
			err := c.Link(ctx, at)
			if at.Sub(purged).Abs() >= purgePeriod {
				purged = at
				err = errors.Join(err, c.Purge(ctx, at))
			}
			if err != nil && ctx.Err() == nil {
				c.Log.ErrorContext(ctx, "audit records were not added to the chain", "error", err)
			}
		}
	}
}

// Link links all records that are complete, or whose servers were killed. Only one goroutine may call it.
func (c *Chain) Link(ctx context.Context, now time.Time) error {
	for {
		waiting, err := c.Store.UnlinkedAuditEvents(ctx, now.Add(-doubtAfter), 1)
		if err != nil || len(waiting) == 0 { // usually, so that an idle server writes nothing
			c.doubtful = nil
			return err
		}
		linked := 0
		err = c.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if linked, err = c.link(ctx, tx, now); err == nil && linked == 0 {
				return store.ErrRollback
			}
			return err
		})
		if err != nil || linked == 0 {
			return err
		}
	}
}

// link links one page of records and returns their number.
func (c *Chain) link(ctx context.Context, tx *store.Tx, now time.Time) (linked int, err error) {
	chain, err := tx.LockAuditChain(ctx)
	if err != nil {
		return 0, err
	}
	events, err := tx.UnlinkedAuditEvents(ctx, now.Add(-doubtAfter), pageSize)
	if err != nil {
		return 0, err
	}
	for _, e := range c.ready(events, now) {
		chain.EndPosition++
		chain.EndHash = hash(chain.EndHash, chain.EndPosition, e)
		e.Position, e.Hash = chain.EndPosition, chain.EndHash
		if err := tx.LinkAuditEvent(ctx, e); err != nil {
			return 0, err
		}
		linked++
	}
	return linked, tx.SaveAuditChain(ctx, chain)
}

// ready returns the events that can be linked, and remembers the doubtful ones.
func (c *Chain) ready(events []store.AuditEvent, now time.Time) []*store.AuditEvent {
	var ready []*store.AuditEvent
	doubtful := make(map[string]time.Time)
	for i := range events {
		e := &events[i]
		since, known := c.doubtful[e.ID]
		if !known {
			since = now
		}
		if e.IsComplete || now.Sub(since) >= lostAfter-doubtAfter {
			ready = append(ready, e)
		} else {
			doubtful[e.ID] = since
		}
	}
	c.doubtful = doubtful
	return ready
}

// hash returns the hash of a record at a position, after a record with the hash before. Only the record can contain a line feed.
func hash(before string, position int64, e *store.AuditEvent) string {
	sum := sha256.Sum256([]byte(before + "\n" + strconv.FormatInt(position, 10) + "\n" + e.ID + "\n" + e.Record))
	return hex.EncodeToString(sum[:])
}

// Purge deletes the records at the start of the chain that are older than the retention. The chain stores the hash of the last one,
// with which the next one can be verified.
func (c *Chain) Purge(ctx context.Context, now time.Time) error {
	if c.Retention == 0 {
		return nil
	}
	before := store.FirstAuditEventID(now.Add(-c.Retention))
	for {
		chain, err := c.Store.AuditChain(ctx)
		if err != nil {
			return err
		}
		first, err := c.Store.LinkedAuditEvents(ctx, chain.StartPosition, 1)
		if err != nil || len(first) == 0 || first[0].ID >= before {
			return err
		}
		if err := c.Store.Write(ctx, func(tx *store.Tx) error { return purge(ctx, tx, before) }); err != nil {
			return err
		}
	}
}

func purge(ctx context.Context, tx *store.Tx, before string) error {
	chain, err := tx.LockAuditChain(ctx)
	if err != nil {
		return err
	}
	events, err := tx.LinkedAuditEvents(ctx, chain.StartPosition, pageSize)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.ID >= before {
			break
		}
		chain.StartPosition, chain.StartHash = e.Position, e.Hash
	}
	if err := tx.DeleteAuditEvents(ctx, chain.StartPosition); err != nil {
		return err
	}
	return tx.SaveAuditChain(ctx, chain)
}

// Verified is the result of Verify.
type Verified struct {
	// First and Last are the positions of the records in the chain; both are 0 if there are none. Hash is the hash of the last one.
	First, Last int64
	Hash        string
	// Deleted is the number of records that were deleted because of their age.
	Deleted int64
}

// Broken is the error for the first position at which the chain does not verify.
type Broken struct {
	Position int64
	EventID  string // empty if the record is missing
	Reason   string
}

func (b *Broken) Error() string {
	if b.EventID == "" {
		return fmt.Sprintf("position %d: %s", b.Position, b.Reason)
	}
	return fmt.Sprintf("position %d, event %s: %s", b.Position, b.EventID, b.Reason)
}

// Anchor is the hash that the chain had at a position, by an earlier verification. The zero value is no anchor.
type Anchor struct {
	Position int64
	Hash     string
}

// Verify reads the whole chain, computes every hash again, and compares the one at the anchor. Errors: *Broken, at the first gap or
// change.
func Verify(ctx context.Context, log *store.AuditLog, anchor Anchor) (Verified, error) {
	for {
		chain, err := log.Chain(ctx)
		if err != nil {
			return Verified{}, err
		}
		result, err := verify(ctx, log, chain, anchor)
		if _, isBroken := errors.AsType[*Broken](err); isBroken { // or old records were deleted meanwhile
			if now, err := log.Chain(ctx); err == nil && now.StartPosition != chain.StartPosition {
				continue
			}
		}
		return result, err
	}
}

func verify(ctx context.Context, log *store.AuditLog, chain store.AuditChain, anchor Anchor) (Verified, error) {
	if anchor.Position == chain.StartPosition && anchor.Hash != chain.StartHash {
		return Verified{}, &Broken{anchor.Position, "", "the start of the chain has another hash than the anchor"}
	}
	result := Verified{Last: chain.StartPosition, Hash: chain.StartHash, Deleted: chain.StartPosition}
	for {
		page, err := log.Linked(ctx, result.Last, pageSize)
		if err != nil {
			return result, err
		}
		for i := range page {
			e := &page[i]
			if e.Position != result.Last+1 {
				return result, &Broken{result.Last + 1, "", "the record is missing"}
			}
			if e.Hash != hash(result.Hash, e.Position, e) {
				return result, &Broken{e.Position, e.ID, "the record or its hash was changed"}
			}
			if e.Position == anchor.Position && e.Hash != anchor.Hash {
				return result, &Broken{e.Position, e.ID, "the chain has another hash than the anchor"}
			}
			if result.First == 0 {
				result.First = e.Position
			}
			result.Last, result.Hash = e.Position, e.Hash
		}
		if len(page) == 0 {
			break
		}
	}
	switch {
	case result.Last < anchor.Position:
		return result, &Broken{result.Last + 1, "", "the record is missing"}
	case result.Last < chain.EndPosition:
		return result, &Broken{result.Last + 1, "", "the record is missing"}
	case result.Last == chain.EndPosition && result.Hash != chain.EndHash:
		return result, &Broken{result.Last, "", "the end of the chain was changed"}
	}
	return result, nil // records that were linked since Chain are at the end
}
