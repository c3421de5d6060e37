package pause

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = 2 * time.Second
	maxBackoff   = 10 * time.Minute
)

// Backoff returns how long to wait after so many attempts that have failed. The time doubles after each attempt. It is random in the
// upper half of that time, so what failed together is not attempted together again.
func Backoff(attempts int) time.Duration {
	limit := maxBackoff
	if doublings := max(attempts-1, 0); doublings < 9 { // 2^9 x 2 s is longer than maxBackoff
		limit = min(firstBackoff<<doublings, maxBackoff)
	}
	return limit/2 + rand.N(limit/2)
}
