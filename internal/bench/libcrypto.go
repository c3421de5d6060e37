package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
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
	own, other := library.measurements(), static.measurements()
	for i, m := range own {
		if m.signIn {
			t.add(ctx, quotient{m.name + ", libcrypto : static", library.rate(m), static.rate(other[i]), libcryptoTarget}, o.each)
		}
	}
	return t.failed()
}

// startPopulated builds a server with the build tags, starts it, and creates the users. The caller removes the server.
func startPopulated(ctx context.Context, o options, tags string) (*population, error) {
	s, err := build(ctx, o.dir, tags)
	if err != nil {
		return nil, err
	}
	p, err := s.populated(ctx, o, tags)
	if err != nil {
		s.remove()
		return nil, err
	}
	return p, nil
}

func (s *server) populated(ctx context.Context, o options, tags string) (*population, error) {
	if err := s.startOn(ctx, apiData, ""); err != nil {
		return nil, err
	}
	log, err := os.ReadFile(s.log.Name())
	if err != nil {
		return nil, err
	}
	if isOwn := bytes.Contains(log, []byte(`"signer":"crypto/rsa"`)); isOwn != (tags == "") {
		return nil, fmt.Errorf("the server with the tags %q signs with another library:\n%s", tags, log)
	}
	return populate(ctx, s, o, o.each/slicesEach)
}

// libcryptoTarget is the least ratio of the sign-ins with libcrypto.
const libcryptoTarget = 1.6

// rate returns the rate of a measurement of the population.
func (p *population) rate(m measurement) rate {
	return m.rate(p.options.workers, p.s, p.s.client(p.options.workers))
}

// rateOf returns the rate of an operation on the server of the population.
func (p *population) rateOf(run once) rate { return p.rate(measurement{once: run}) }
