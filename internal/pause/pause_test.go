package pause_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cognate/internal/pause"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempts, most := range map[int]time.Duration{
		0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 9: 512 * time.Second, 10: 10 * time.Minute, 1000: 10 * time.Minute,
	} {
		if got := pause.Backoff(attempts); got < most/2 || got >= most {
			t.Errorf("Backoff(%d) = %v, want at least half of %v, and less than it", attempts, got, most)
		}
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := pause.For(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("For(an hour) = %v after %v", err, time.Since(began))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		began = time.Now()
		if err := pause.For(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("For(an hour) with a context of a minute = %v after %v", err, time.Since(began))
		}
	})
}
