package store

import (
	"context"
	"fmt"
	"time"
)

// Purge removes what has expired and can't matter any more: grants, spent Sessions, codes, and attempts older than
// attemptsBefore, locks included.
func (t *Tx) Purge(ctx context.Context, now, attemptsBefore time.Time) error {
	for _, purge := range []struct {
		run    func(context.Context, int64) error
		before time.Time
	}{
		{t.q.PurgeGrants, now}, {t.q.PurgeSpentSessions, now}, {t.q.PurgeCodes, now}, {t.q.PurgeAttempts, attemptsBefore},
	} {
		if err := purge.run(ctx, millis(purge.before)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}
