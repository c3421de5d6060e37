package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"time"

	"cognate/api"
)

const (
	fewConnections  = 8
	manyConnections = 64
	slowSync        = 10 * time.Millisecond // of a network disk
)

// compareConnections compares the rates of AdminCreateUser on many and on few connections, on the disk of o.dir and with slow syncs.
// Errors: errors that prevent measuring; errFailed if a request failed.
func compareConnections(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir, "")
	if err != nil {
		return err
	}
	defer s.remove()
	s.flags = []string{"--log-level", "warn"}
	t := &ratios{out: out}
	t.header()
	for i, delay := range []time.Duration{0, slowSync} {
		s.syncDelay = delay
		if err := t.compareConnectionsOn(ctx, o, s, fmt.Sprintf("connections-%d", i)); err != nil {
			return err
		}
	}
	return t.failed()
}

func (t *ratios) compareConnectionsOn(ctx context.Context, o options, s *server, data string) error {
	if err := s.startOn(ctx, data, ""); err != nil {
		return err
	}
	p, err := createScalePool(ctx, s.client(1), api.AdvancedSecurityModeTypeOff)
	if err != nil {
		return errors.Join(err, s.stop())
	}
	var created atomic.Int64
	create := measurement{once: func(ctx context.Context, c *api.Client) error {
		_, err := c.AdminCreateUser(ctx, &api.AdminCreateUserInput{
			UserPoolId: p.id, Username: username(int(created.Add(1))), MessageAction: api.MessageActionTypeSuppress,
		})
		return err
	}}
	on := func(workers int) rate { return create.rate(workers, s, s.client(workers)) }
	name := fmt.Sprintf("AdminCreateUser, %d : %d connections", manyConnections, fewConnections)
	if s.syncDelay > 0 {
		name += fmt.Sprintf(", syncs of %v", s.syncDelay)
	}
	t.add(ctx, quotient{name, on(manyConnections), on(fewConnections), connectionsTarget}, o.each)
	return s.stop()
}

// connectionsTarget is the least ratio of the rates on many and on few connections.
const connectionsTarget = 3

// withSlowSyncs returns a command that runs another one whose syncs take longer. The process of the command is the other one: strace
// traces it from outside.
func withSlowSyncs(ctx context.Context, delay time.Duration, name string, args ...string) *exec.Cmd {
	const calls = "fsync,fdatasync"
	return exec.CommandContext(ctx, "strace", append([]string{
		"-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=" + calls,
		"-e", fmt.Sprintf("inject=%s:delay_exit=%d", calls, delay.Microseconds()), name,
	}, args...)...)
}
