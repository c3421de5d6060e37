package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

var errFailed = errors.New("some requests failed")

// table prints a row when its measurement ends.
type table struct {
	out      io.Writer
	failures int
}

func newTable(out io.Writer) *table {
	t := &table{out: out}
	t.row("operation", "ops/s", "p50", "p99", "server CPU", "failures", "of limit", "target", "")
	return t
}

func (t *table) row(name string, rate, p50, p99, cpu, failures, share, target, verdict string) {
	fmt.Fprintf(t.out, "%-28s %7s %10s %10s %11s %9s %9s %14s  %s\n", name, rate, p50, p99, cpu, failures, share, target, verdict)
}

// add prints the result of a measurement.
func (t *table) add(m measurement, r *result) {
	p50, p99, failures := milliseconds(r.quantile(0.5)), milliseconds(r.quantile(0.99)), fmt.Sprint(r.failures)
	if m.pace > 0 {
		t.row(m.name, "", p50, p99, "", failures, "", "p50 < "+milliseconds(m.ceiling), verdict(r.quantile(0.5) < m.ceiling))
	} else {
		t.addLoop(m, r, p50, p99, failures)
	}
	if r.failure != nil {
		fmt.Fprintf(t.out, "    first failure: %v\n", r.failure)
	}
	t.failures += r.failures
}

func (t *table) addLoop(m measurement, r *result, p50, p99, failures string) {
	rate := float64(len(r.took)) / r.elapsed.Seconds()
	share, target, good := "", fmt.Sprintf("%.0f/s", m.target), rate >= m.target
	if m.signIn {
		got := rate / r.limit
		share, target, good = percent(got), percent(m.target), got >= m.target
	}
	t.row(m.name, fmt.Sprintf("%.0f", rate), p50, p99, milliseconds(r.cpuEach()), failures, share, target, verdict(good))
}

// below prints a value that must be below its ceiling.
func (t *table) below(name, unit string, got, ceiling float64) {
	figure, target := fmt.Sprintf("%.1f %s", got, unit), fmt.Sprintf("< %g %s", ceiling, unit)
	t.row(name, "", figure, "", "", "", "", target, verdict(got < ceiling))
}

func (t *table) failed() error {
	if t.failures > 0 {
		return errFailed
	}
	return nil
}

func verdict(good bool) string {
	if good {
		return "ok"
	}
	return "short"
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
