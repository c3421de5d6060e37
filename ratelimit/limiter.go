package ratelimit

import (
	"context"
	"net/netip"
	"time"

	"github.com/throttled/throttled/v2"

	"cognate"
)

// Quota is how often something may happen on all servers together. The zero value allows nothing.
type Quota struct {
	Count int // uses within Per, in the long run
	Per   time.Duration
	Burst int // uses that may come at the same time; at least 1
}

// PerSecond returns the quota of that many uses a second, which may come at the same time.
func PerSecond(count int) Quota { return Quota{Count: count, Per: time.Second, Burst: count} }

// PerHour returns the quota of that many uses an hour, which may come at the same time.
func PerHour(count int) Quota { return Quota{Count: count, Per: time.Hour, Burst: count} }

// Limiter counts uses by key (GCRA). Create it with New.
type Limiter struct {
	buckets *buckets
	servers func() int
}

// New returns a limiter. Servers returns the number of servers that share each quota.
func New(now func() time.Time, servers func() int) *Limiter {
	return &Limiter{newBuckets(now, maxKeys), servers}
}

// attempts is how often Take tries to change a key that other requests change at the same time.
const attempts = 1000

// Take takes one use of a quota by a key. If the key has none left, ok is false, and wait is the time until it has one.
func (l *Limiter) Take(ctx context.Context, key string, q Quota) (wait time.Duration, ok bool) {
	servers := max(l.servers(), 1)
	if q.Count <= 0 || q.Per <= 0 {
		return q.Per, false
	}
	g, err := throttled.NewGCRARateLimiterCtx(l.buckets, throttled.RateQuota{
		MaxRate: throttled.PerDuration(q.Count, q.Per*time.Duration(servers)), MaxBurst: max(q.Burst/servers, 1) - 1,
	})
	if err != nil { // a quota of more than one use a nanosecond
		return q.Per, false
	}
	g.SetMaxCASAttemptsLimit(attempts)
	limited, result, err := g.RateLimitCtx(ctx, key, 1)
	if err != nil { // the key is in use by too many requests
		return q.Per, false
	}
	return max(result.RetryAfter, 0), !limited
}

// Network returns cognate.CustomerNetwork of an address. It is invalid if the text is not an address.
func Network(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	return cognate.CustomerNetwork(ip)
}
