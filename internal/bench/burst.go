package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cognate/api"
)

// burst is how many pools are created at once.
const burst = 200

// Targets of a burst: the median of CreateUserPool in milliseconds, and the time of the burst with first sign-ins as a multiple
// of the time of its parts.
const (
	maxBurstP50   = 5.0
	maxBurstRatio = 1.1
)

// measureBurst creates many pools at once, each with a first sign-in. It compares the time with the sum of three others: creating
// as many pools, as many users who sign in to one pool, and making the keys of as many pools.
func measureBurst(ctx context.Context, s *server, o options, t *table) error {
	c := s.client(o.workers)
	one, err := createPool(ctx, c, api.UserPoolMfaTypeOptional)
	if err != nil {
		return err
	}
	took := make([]time.Duration, burst)
	var elapsed [4]time.Duration
	for i, part := range []struct {
		workers int
		run     func(ctx context.Context, i int) error
	}{
		{o.workers, func(ctx context.Context, _ int) error {
			p, err := createPool(ctx, c, api.UserPoolMfaTypeOptional)
			if err != nil {
				return err
			}
			return firstSignIn(ctx, c, p, "burst")
		}},
		{o.workers, func(ctx context.Context, i int) error { return firstSignIn(ctx, c, one, fmt.Sprintf("burst-%d", i)) }},
		{runtime.GOMAXPROCS(0), makePoolKeys},
		{o.workers, func(ctx context.Context, i int) error {
			began := time.Now()
			_, err := c.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "burst"})
			took[i] = time.Since(began)
			return err
		}},
	} {
		if err := s.waitForKeys(ctx); err != nil {
			return err
		}
		if elapsed[i], err = inParallel(ctx, part.workers, burst, part.run); err != nil {
			return err
		}
	}
	slices.Sort(took)
	t.below(fmt.Sprintf("%d pools at once, CreateUserPool p50", burst), "ms", float64(took[burst/2].Microseconds())/1000, maxBurstP50)
	parts := elapsed[1] + elapsed[2] + elapsed[3]
	t.below("the same with first sign-ins : sum of the parts", "", elapsed[0].Seconds()/parts.Seconds(), maxBurstRatio)
	return nil
}

// makePoolKeys makes the two keys of a pool.
func makePoolKeys(context.Context, int) error {
	for range 2 {
		if _, err := rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return err
		}
	}
	return nil
}

// firstSignIn creates a user who then signs in.
func firstSignIn(ctx context.Context, c *api.Client, p pool, name string) error {
	if err := createUser(ctx, c, p, name); err != nil {
		return err
	}
	in, err := signIn(ctx, c, p, name)
	if err != nil {
		return err
	}
	return mustHaveTokens(in.AuthenticationResult)
}

// inParallel runs a task n times, and returns how long that took.
func inParallel(ctx context.Context, workers, n int, run func(ctx context.Context, i int) error) (time.Duration, error) {
	began := time.Now()
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := run(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	return time.Since(began), err
}
