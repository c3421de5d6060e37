// Package pause waits, and stops waiting if a context ends. It also says how long to wait between attempts.
package pause

import (
	"context"
	"time"
)

// For waits for d. If ctx ends before, it returns the error of ctx.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
