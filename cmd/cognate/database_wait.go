package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"cognate/internal/pause"
	"cognate/store"
)

const (
	// databasePatience is how long a start waits for a database that cannot be reached. A restart of PostgreSQL or the promotion of a
	// standby takes less.
	databasePatience = time.Minute
	// databasePause is the longest pause between two attempts.
	databasePause = 5 * time.Second
)

// databaseWait repeats the steps of a start that fail because the database cannot be reached: it is not up yet, or its connection breaks
// during a migration. A running server needs no restart after such a failure, so a starting one needs none either.
type databaseWait struct {
	log   *slog.Logger
	limit time.Duration
	since time.Time // of the first failure; zero before it
}

// do calls step until it returns nil or another error. It begins no attempt later than limit after the first failure of all steps, or
// after the end of ctx, and then returns the last error.
func (w *databaseWait) do(ctx context.Context, step func() error) error {
	for wait := time.Second; ; wait = min(2*wait, databasePause) {
		err := step()
		if err == nil || ctx.Err() != nil || !store.IsUnreachable(err) {
			return err
		}
		if w.since.IsZero() {
			w.since = time.Now()
		}
		left := w.limit - time.Since(w.since)
		if left <= 0 {
			return fmt.Errorf("the database could not be reached for %v: %w", w.limit, err)
		}
		wait = min(wait, left)
		w.log.Warn("the database cannot be reached; the start is tried again", "in", wait.String(), "for_at_most", left.Round(time.Second).String(), "error", err)
		notifySystemd(w.log, "STATUS=Waiting for the database")
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
}
