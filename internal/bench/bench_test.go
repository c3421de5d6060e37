package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/totp"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	r := new(result)
	if got := r.quantile(0.99); got != 0 {
		t.Errorf("quantile(0.99) of nothing = %v, want 0", got)
	}
	for i := range 100 {
		r.took = append(r.took, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := r.quantile(q); got != want {
			t.Errorf("quantile(%v) of 1 to 100 = %d, want %d", q, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := newTable(&out)
	ten := &result{took: make([]time.Duration, 10), elapsed: time.Second, limit: 40}
	table.add(measurement{name: "fast", target: 10}, ten)
	table.add(measurement{name: "slow", target: 11}, ten)
	table.add(measurement{name: "in", target: 0.5, signIn: true}, ten)
	table.add(measurement{name: "paced", pace: 1, ceiling: time.Second}, ten)
	table.below("memory", "MB", 31, 30)
	if err := table.failed(); err != nil {
		t.Errorf("failed() = %v without a failure", err)
	}
	table.add(measurement{name: "broken"}, &result{failures: 1, failure: errors.New("disk full"), elapsed: time.Second})
	if err := table.failed(); !errors.Is(err, errFailed) {
		t.Errorf("failed() = %v after a failure, want errFailed", err)
	}
	want := []string{"operation", "fast ok", "slow short", "in 25 %", "paced ok", "memory short", "broken", "disk full"}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("table has %d lines, want %d:\n%s", len(lines), len(want), &out)
	}
	for i, parts := range want {
		for _, part := range strings.SplitN(parts, " ", 2) {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d = %q, want %q in it", i, lines[i], part)
			}
		}
	}
}

// TestCount checks that every failure is counted, and that errNoMore is not a failure.
func TestCount(t *testing.T) {
	t.Parallel()
	answers := []error{nil, errors.New("refused"), nil, errNoMore}
	i := 0
	m := measurement{once: func(context.Context, *api.Client) error {
		i++
		return answers[i-1]
	}}
	r := new(result)
	for r.count(t.Context(), nil, m) {
	}
	if len(r.took) != 2 || r.failures != 1 || r.failure == nil {
		t.Errorf("count: %d succeeded, %d failed (%v), want 2 and 1", len(r.took), r.failures, r.failure)
	}
}

// TestCodesAreFresh checks that a user uses each code once, and none that is too far in the future.
func TestCodesAreFresh(t *testing.T) {
	t.Parallel()
	u := &enrolledUser{secret: bytes.Repeat([]byte{1}, 32)}
	last := int64(0)
	for u.code() != "" {
		if u.last <= last || u.last > totp.Step(time.Now())+1 {
			t.Fatalf("step %d after %d", u.last, last)
		}
		last = u.last
	}
	if last == 0 {
		t.Error("no code at all")
	}
}
