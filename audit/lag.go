package audit

import (
	"context"
	"errors"
	"time"

	"cognate/store"
)

// Lag returns the age of the oldest complete record that is not in the chain yet; 0 without one.
func Lag(ctx context.Context, st *store.Store, now time.Time) (time.Duration, error) {
	oldest, err := st.UnlinkedAuditEvents(ctx, now.Add(-lostAfter), 1)
	if err != nil || len(oldest) == 0 {
		return 0, err
	}
	return max(now.Sub(store.AuditEventTime(oldest[0].ID)), 0), nil
}

// Behind returns how many records of the chain a copy does not have yet. A copy that has not begun has nothing to copy.
func Behind(ctx context.Context, st *store.Store, copyName string) (int64, error) {
	chain, err := st.AuditChain(ctx)
	if err != nil {
		return 0, err
	}
	position, err := st.AuditCopy(ctx, copyName)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return max(chain.EndPosition-position, 0), err
}
