package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"cognate/api"
)

// task is one request, or a few.
type task func(ctx context.Context) error

// rate measures how fast operations are, for the time d.
type rate func(ctx context.Context, d time.Duration) (speed, error)

// quotient is a row of the table: a rate as a multiple of another one.
type quotient struct {
	name  string
	a, b  rate
	least float64 // 0 for a row without a target
}

// signatures is the rate of RS256 signatures on all cores.
func signatures(_ context.Context, d time.Duration) (speed, error) {
	n := signaturesPerSecond(d)
	return speed{rate: n, cpu: float64(runtime.GOMAXPROCS(0)) / n}, nil
}

// halfSignatures is the largest possible rate of operations with two signatures each.
func halfSignatures(ctx context.Context, d time.Duration) (speed, error) {
	s, err := signatures(ctx, d)
	return speed{rate: s.rate / 2, cpu: s.cpu * 2}, err
}

// parallel returns the rate of a task that workers run without a pause, with the CPU time of a server.
func parallel(workers int, s *server, run task) rate {
	m := measurement{once: func(ctx context.Context, _ *api.Client) error { return run(ctx) }}
	return m.rate(workers, s, nil)
}

// rate returns the rate of a measurement with a client of a server. A nil server has no CPU time.
func (m measurement) rate(workers int, s *server, c *api.Client) rate {
	return func(ctx context.Context, d time.Duration) (speed, error) {
		r := new(result)
		r.loop(ctx, s, c, workers, d, m)
		return r.speed()
	}
}

// cpu returns the CPU time of a server; 0 for a nil one.
func (s *server) cpu() time.Duration {
	if s == nil {
		return 0
	}
	return cpuTime(s.pid())
}

// measure measures both rates in turn, after a warm-up.
func (q quotient) measure(ctx context.Context, each time.Duration) (a, b speed, err error) {
	for i := range turns + 1 {
		d := each / turns
		if i == 0 { // opens connections and fills caches
			d = each / 10
		}
		for _, side := range []struct {
			measure rate
			mean    *speed
		}{{q.a, &a}, {q.b, &b}} {
			got, err := side.measure(ctx, d)
			if err != nil {
				return a, b, err
			}
			if i > 0 {
				side.mean.rate += got.rate / turns
				side.mean.cpu += got.cpu / turns
			}
		}
	}
	return a, b, nil
}

// add measures a quotient and prints it.
func (t *ratios) add(ctx context.Context, q quotient, each time.Duration) {
	a, b, err := q.measure(ctx, each)
	if err != nil {
		t.fail(q.name, err)
		return
	}
	t.ratio(q.name, a, b, q.least)
}

// fail prints a row without a result.
func (t *ratios) fail(name string, because error) {
	t.row(name, "", "", "", "", "", "failed")
	fmt.Fprintf(t.out, "    %v\n", because)
	t.failures++
}

// belowUnit prints a value that must be below its ceiling.
func (t *ratios) belowUnit(name, unit string, got, ceiling float64) {
	t.row(name, fmt.Sprintf("%.1f %s", got, unit), "", "", "", fmt.Sprintf("< %.0f %s", ceiling, unit), verdict(got < ceiling))
}

// note prints a value without a target.
func (t *ratios) note(name, value string) { t.row(name, value, "", "", "", "", "") }

// skip says why a row was not measured.
func (t *ratios) skip(name string, because error) {
	t.row(name, "", "", "", "", "", "skipped: "+because.Error())
}

// quantileOf returns the time within which the share q of n tasks ended. They run one at a time.
func quantileOf(ctx context.Context, n int, q float64, run task) (time.Duration, error) {
	r := new(result)
	for range n {
		began := time.Now()
		if err := run(ctx); err != nil {
			return 0, err
		}
		r.took = append(r.took, time.Since(began))
	}
	slices.Sort(r.took)
	return r.quantile(q), nil
}
