package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var begin = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func newLimiter(servers int) (*Limiter, *time.Time) {
	now := begin
	return New(func() time.Time { return now }, func() int { return servers }), &now
}

// taken returns how many of n uses the limiter allows.
func taken(t *testing.T, l *Limiter, key string, q Quota, n int) int {
	t.Helper()
	count := 0
	for range n {
		if _, ok := l.Take(t.Context(), key, q); ok {
			count++
		}
	}
	return count
}

func TestTake(t *testing.T) {
	t.Parallel()
	burst := Quota{Count: 50, Per: time.Second, Burst: 100}
	for _, tt := range []struct {
		what                string
		servers             int
		quota               Quota
		atOnce, afterSecond int
	}{
		{"one server", 1, burst, 100, 50},
		{"two servers", 2, burst, 50, 25},
		{"more servers than uses", 200, burst, 1, 0},
		{"no count of servers", 0, burst, 100, 50},
		{"one a second", 1, PerSecond(1), 1, 1},
		{"one a second of two servers", 2, PerSecond(1), 1, 0},
		{"an hour", 1, PerHour(20), 20, 0},
		{"no quota", 1, Quota{}, 0, 0},
		{"no burst", 1, Quota{Count: 10, Per: time.Second}, 1, 1},
	} {
		l, now := newLimiter(tt.servers)
		if got := taken(t, l, "a", tt.quota, 300); got != tt.atOnce {
			t.Errorf("%s: %d uses at the same time, want %d", tt.what, got, tt.atOnce)
		}
		if tt.atOnce > 0 && taken(t, l, "b", tt.quota, 1) != 1 {
			t.Errorf("%s: another key is limited", tt.what)
		}
		*now = now.Add(time.Second)
		if got := taken(t, l, "a", tt.quota, 300); got != tt.afterSecond {
			t.Errorf("%s: %d uses after a second, want %d", tt.what, got, tt.afterSecond)
		}
	}
	l, now := newLimiter(1)
	taken(t, l, "a", PerHour(20), 20)
	*now = now.Add(3*time.Minute - time.Millisecond)
	if wait, ok := l.Take(t.Context(), "a", PerHour(20)); ok || wait != time.Millisecond {
		t.Errorf("Take() before a use is free = %v, %v, want 1ms, false", wait, ok)
	}
}

// Of many requests at the same time, no more than the quota pass.
func TestRacingTakes(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(1)
	var passed atomic.Int64
	var g sync.WaitGroup
	for range 16 {
		g.Go(func() {
			for range 100 {
				if _, ok := l.Take(t.Context(), "a", PerSecond(500)); ok {
					passed.Add(1)
				}
			}
		})
	}
	g.Wait()
	if passed.Load() != 500 {
		t.Errorf("%d of 1600 racing uses passed, want 500", passed.Load())
	}
}

// An attacker with very many addresses cannot make the limiter forget the address that has used its quota, and cannot fill the
// memory.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	l, now := newLimiter(1)
	q := Quota{Count: 50, Per: time.Second, Burst: 100}
	taken(t, l, "attacker", q, 200)
	for i := range 3 * maxKeys {
		l.Take(t.Context(), fmt.Sprint("flood", i), q)
		*now = now.Add(time.Microsecond) // 0.3 seconds in all: each flooding key still counts for 20 ms
	}
	if n := l.buckets.len(); n > maxKeys {
		t.Errorf("the limiter has %d keys, want at most %d", n, maxKeys)
	}
	if got := taken(t, l, "attacker", q, 100); got > 16 { // what 0.3 seconds allow
		t.Errorf("the attacker has %d uses after a flood of other keys, want at most 16", got)
	}
}

// A table whose keys have all used something forgets those that have used least, and keys that have used nothing first.
func TestForgetLeast(t *testing.T) {
	t.Parallel()
	now := begin
	b := newBuckets(func() time.Time { return now }, shards*100)
	var heavy []string
	for i := range 1000 {
		key := fmt.Sprint("heavy", i)
		if len(b.shard(key).keys) < 50 {
			_, _ = b.SetIfNotExistsWithTTL(t.Context(), key, now.Add(time.Hour).UnixNano(), 0)
			heavy = append(heavy, key)
		}
	}
	for i := range 10_000 {
		_, _ = b.SetIfNotExistsWithTTL(t.Context(), fmt.Sprint("light", i), now.Add(time.Duration(rand.IntN(1000)+1)).UnixNano(), 0)
	}
	for _, key := range heavy {
		if v, _, _ := b.GetWithTime(t.Context(), key); v == -1 {
			t.Errorf("%s is forgotten", key)
		}
	}
	if b.len() != shards*100 {
		t.Errorf("the table has %d keys, want %d", b.len(), shards*100)
	}
	now = now.Add(2 * time.Hour)
	for i := range 10_000 {
		_, _ = b.SetIfNotExistsWithTTL(t.Context(), fmt.Sprint("later", i), now.UnixNano(), 0)
		now = now.Add(time.Second)
	}
	if b.len() > 200 {
		t.Errorf("the table has %d keys after those that have nothing left, want fewer", b.len())
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "invalid Prefix", "x": "invalid Prefix",
	} {
		if got := Network(address).String(); got != want {
			t.Errorf("Network(%q) = %s, want %s", address, got, want)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	l := New(time.Now, func() int { return 1 })
	for b.Loop() {
		l.Take(b.Context(), "192.0.2.1", Quota{Count: 1_000_000_000, Per: time.Second, Burst: 1_000_000_000})
	}
}
