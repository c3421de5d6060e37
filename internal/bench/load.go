package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"cognate/api"
)

// errNoMore ends a measurement before its time: what it works on is used up.
var errNoMore = errors.New("nothing left to measure with")

// measurement is one row of the table.
type measurement struct {
	name string
	// once does the operation and checks its answer.
	once func(ctx context.Context, c *api.Client) error
	// pace is the pause before each of a fixed number of operations, one at a time; zero means that all workers go on
	// as fast as they can.
	pace time.Duration
	// target is a floor on operations a second or, for a paced measurement, a ceiling on the median.
	target  float64
	ceiling time.Duration
	// signIn says that the target is a share of the sign-ins that two signatures each leave room for.
	signIn bool
}

// paced is how often a paced measurement asks.
const paced = 14

// result is what a measurement saw.
type result struct {
	took     []time.Duration // of those that succeeded, ascending
	failures int
	failure  error // the first
	elapsed  time.Duration
	limit    float64       // sign-ins a second, for a sign-in
	cpu      time.Duration // of the server, in all
}

// cpuEach is what the server's part of an operation cost, background work included.
func (r *result) cpuEach() time.Duration {
	return r.cpu / time.Duration(max(1, len(r.took)+r.failures))
}

// quantile returns the time within which that share of the operations was answered.
func (r *result) quantile(q float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[min(int(q*float64(len(r.took))), len(r.took)-1)]
}

// slicesEach is in how many parts a measurement is cut, so that a sign-in and what limits it are measured side by side on a
// machine that has other things to do as well.
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
	new(result).loop(ctx, c, o.workers, o.each/10, m) // opens connections and fills caches
	for range slicesEach {
		if m.signIn {
			r.limit += signaturesPerSecond(o.each/16) / 2 / slicesEach
		}
		before := cpuTime(s.pid())
		r.loop(ctx, c, o.workers, o.each/slicesEach, m)
		r.cpu += cpuTime(s.pid()) - before
	}
	slices.Sort(r.took)
	return r
}

// pace does a fixed number of operations, one at a time, with pauses.
func (r *result) pace(ctx context.Context, c *api.Client, m measurement) {
	for range paced {
		time.Sleep(m.pace)
		r.count(ctx, c, m)
	}
}

// count does one operation and counts it; false means that there is nothing left to do.
func (r *result) count(ctx context.Context, c *api.Client, m measurement) bool {
	began := time.Now()
	err := m.once(ctx, c)
	switch {
	case errors.Is(err, errNoMore):
		return false
	case err != nil:
		r.failures++
		if r.failure == nil {
			r.failure = err
		}
	default:
		r.took = append(r.took, time.Since(began))
	}
	return ctx.Err() == nil
}

// loop lets each worker ask again as soon as it is answered, and adds what they saw.
func (r *result) loop(ctx context.Context, c *api.Client, workers int, d time.Duration, m measurement) {
	each := make([]result, workers)
	var load sync.WaitGroup
	began := time.Now()
	for i := range each {
		load.Go(func() {
			for time.Since(began) < d && each[i].count(ctx, c, m) {
			}
		})
	}
	load.Wait()
	r.elapsed += time.Since(began)
	for _, one := range each {
		r.took = append(r.took, one.took...)
		r.failures += one.failures
		if r.failure == nil {
			r.failure = one.failure
		}
	}
}
