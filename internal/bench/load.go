package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cognate/api"
)

// Errors of a measurement without a result.
var (
	errNoMore = errors.New("no test data left") // a measurement has used all its test data before its end
	errNone   = errors.New("no operation in the measured time")
)

// measurement is one row of the table.
type measurement struct {
	name string
	// once runs the operation and checks the response.
	once func(ctx context.Context, c *api.Client) error
	// prepare provides test data for the time d. Its own time is not measured. Nil if there is nothing to do.
	prepare func(ctx context.Context, d time.Duration) error
	// pace is the pause before each operation of a fixed number, one at a time. If it is zero, all workers run
	// operations without a pause.
	pace time.Duration
	// target is the minimum of operations per second. ceiling is the maximum of the median of a paced measurement.
	target  float64
	ceiling time.Duration
	// signIn means that target is a share of the largest possible number of sign-ins, which is half the number of
	// signatures.
	signIn bool
}

// paced is the number of operations of a paced measurement.
const paced = 14

// result is the result of a measurement.
type result struct {
	took     []time.Duration // times of successful operations, ascending
	failures int
	failure  error // the first failure
	elapsed  time.Duration
	limit    float64       // sign-ins per second, for a sign-in
	cpu      time.Duration // total time of the server
}

// cpuEach returns the server's CPU time for each operation, including background work.
func (r *result) cpuEach() time.Duration {
	return r.cpu / time.Duration(max(1, len(r.took)+r.failures))
}

// quantile returns the time within which the share q of the operations completed.
func (r *result) quantile(q float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[min(int(q*float64(len(r.took))), len(r.took)-1)]
}

// slicesEach is the number of parts of a measurement. Sign-ins and signatures are measured alternately, because the
// machine may have other load.
const slicesEach = 4

// run measures one operation on a running server.
func run(ctx context.Context, o options, s *server, m measurement) *result {
	c := s.client(o.workers)
	r := new(result)
	if m.pace > 0 {
		r.pace(ctx, c, m)
		slices.Sort(r.took)
		return r
	}
	warmUp := new(result) // opens connections and fills caches
	warmUp.loop(ctx, s, c, o.workers, o.each/10, m)
	r.failures, r.failure = warmUp.failures, warmUp.failure
	for range slicesEach {
		if r.failures > 0 {
			break
		}
		if m.signIn {
			r.limit += signaturesPerSecond(o.each/16) / 2 / slicesEach
		}
		r.loop(ctx, s, c, o.workers, o.each/slicesEach, m)
	}
	slices.Sort(r.took)
	return r
}

// pace runs a fixed number of operations, one at a time, with pauses.
func (r *result) pace(ctx context.Context, c *api.Client, m measurement) {
	for range paced {
		time.Sleep(m.pace)
		if !r.count(ctx, c, m) {
			return
		}
	}
}

// count runs one operation and counts it. It returns false if the operation failed.
func (r *result) count(ctx context.Context, c *api.Client, m measurement) bool {
	began := time.Now()
	if err := m.once(ctx, c); err != nil {
		r.fail(err)
		return false
	}
	r.took = append(r.took, time.Since(began))
	return true
}

// fail counts a failure.
func (r *result) fail(err error) {
	r.failures++
	if r.failure == nil {
		r.failure = err
	}
}

// loop runs operations in all workers for d, and adds the results and the CPU time of the server, unless s is nil. A worker ends when
// an operation fails: an error is often faster than an answer, so the rate of the others would mean nothing.
func (r *result) loop(ctx context.Context, s *server, c *api.Client, workers int, d time.Duration, m measurement) {
	if m.prepare != nil {
		if err := m.prepare(ctx, d); err != nil {
			r.fail(err)
			return
		}
	}
	each := make([]result, workers)
	var load sync.WaitGroup
	began, before := time.Now(), s.cpu()
	for i := range each {
		load.Go(func() {
			for time.Since(began) < d && each[i].count(ctx, c, m) {
			}
		})
	}
	load.Wait()
	r.elapsed += time.Since(began)
	r.cpu += s.cpu() - before
	for _, one := range each {
		r.took = append(r.took, one.took...)
		r.failures += one.failures
		if r.failure == nil {
			r.failure = one.failure
		}
	}
}

// speed returns how fast the operations were. Errors: an operation failed; errNone.
func (r *result) speed() (speed, error) {
	switch {
	case r.failures > 0:
		return speed{}, fmt.Errorf("%d of %d operations failed, first: %w", r.failures, r.failures+len(r.took), r.failure)
	case len(r.took) == 0:
		return speed{}, errNone
	default:
		return over(len(r.took), r.elapsed, r.cpu), nil
	}
}
