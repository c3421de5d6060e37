package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
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

// TestLoop checks that a measurement has a speed only if all its operations succeed: an error, the end of the test data, no operation
// and a preparation that fails are failures.
func TestLoop(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	once := func(answers ...error) func(context.Context, *api.Client) error {
		i := -1
		return func(context.Context, *api.Client) error {
			time.Sleep(time.Millisecond)
			i++
			return answers[i%len(answers)]
		}
	}
	for name, c := range map[string]struct {
		m    measurement
		d    time.Duration
		want error
	}{
		"good":        {measurement{once: once(nil)}, time.Second, nil},
		"refused":     {measurement{once: once(nil, nil, refused)}, time.Minute, refused},
		"no data":     {measurement{once: once(errNoMore)}, time.Minute, errNoMore},
		"end of data": {measurement{once: once(nil, errNoMore)}, time.Minute, errNoMore},
		"no time":     {measurement{once: once(nil)}, 0, errNone},
		"unprepared": {
			measurement{once: once(nil), prepare: func(context.Context, time.Duration) error { return refused }}, time.Minute, refused,
		},
	} {
		r := new(result)
		synctest.Test(t, func(t *testing.T) { r.loop(t.Context(), nil, nil, 1, c.d, c.m) })
		if got, err := r.speed(); !errors.Is(err, c.want) || (got.rate > 0) != (c.want == nil) {
			t.Errorf("%s: speed() = %v, %v, want %v", name, got, err, c.want)
		}
	}
}

// TestCodesAreFresh checks that a user signs in once in a time step, with the code of the step.
func TestCodesAreFresh(t *testing.T) {
	t.Parallel()
	u := &enrolledUser{secret: bytes.Repeat([]byte{1}, 32)}
	begin := time.Unix(0, 0).Add(100 * totp.Period)
	for _, c := range []struct {
		after   time.Duration
		isFresh bool
	}{{0, true}, {0, false}, {totp.Period - 1, false}, {totp.Period, true}, {totp.Period, false}, {3 * totp.Period, true}} {
		now, want := begin.Add(c.after), ""
		if c.isFresh {
			want = totp.Code(u.secret, now)
		}
		if got := u.code(now); got != want {
			t.Errorf("after %v: code() = %q, want %q", c.after, got, want)
		}
	}
}

// TestWaitForCodes checks that a measurement whose users are too few fails, and that one with fresh users does not wait.
func TestWaitForCodes(t *testing.T) {
	t.Parallel()
	p := &population{signatures: 2, enrolled: []*enrolledUser{{}, {}}}
	if err := p.waitForCodes(t.Context(), time.Second); err != nil {
		t.Errorf("waitForCodes() = %v with enough users", err)
	}
	if err := p.waitForCodes(t.Context(), 2*time.Second); !errors.Is(err, errNoMore) {
		t.Errorf("waitForCodes() = %v with too few users, want %v", err, errNoMore)
	}
	p.enrolled[0].last = 1 << 40 // signed in just now
	canceled, stop := context.WithCancel(t.Context())
	stop()
	if err := p.waitForCodes(canceled, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("waitForCodes() = %v with a user who is not fresh, want it to wait", err)
	}
}
