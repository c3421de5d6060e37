package main

import (
	"context"
	"fmt"
	"io"
)

// compareLibcrypto compares sign-ins of the build that signs with libcrypto with those of the static build. The tokens of both are
// checked. Errors: errors that prevent measuring; errFailed if a request failed.
func compareLibcrypto(ctx context.Context, o options, out io.Writer) error {
	library, err := startPopulated(ctx, o, "libcrypto")
	if err != nil {
		return err
	}
	defer library.s.remove()
	static, err := startPopulated(ctx, o, "")
	if err != nil {
		return err
	}
	defer static.s.remove()
	t := &ratios{out: out}
	t.header()
	for i, m := range static.measurements() {
		if !m.signIn {
			continue
		}
		t.add(ctx, quotient{
			name: m.name + ", libcrypto : static", a: library.rate(i), b: static.rate(i), least: libcryptoTarget,
		}, o.each)
	}
	return t.failed()
}

// startPopulated builds a server with the build tags, starts it, and creates the users. The caller removes the server.
func startPopulated(ctx context.Context, o options, tags string) (*population, error) {
	s, err := build(ctx, o.dir, tags)
	if err != nil {
		return nil, err
	}
	if err := s.startOn(ctx, apiData, ""); err != nil {
		s.remove()
		return nil, err
	}
	p, err := populate(ctx, s, o)
	if err == nil {
		err = s.waitForKeys(ctx)
	}
	if err != nil {
		s.remove()
		return nil, fmt.Errorf("create users: %w", err)
	}
	return p, nil
}

// libcryptoTarget is the least ratio of the sign-ins with libcrypto.
const libcryptoTarget = 1.6

// rate returns the rate of a measurement.
func (p *population) rate(i int) rate {
	c := p.s.client(p.options.workers)
	return parallel(p.options.workers, p.s, func(ctx context.Context) error { return p.measurements()[i].once(ctx, c) })
}
