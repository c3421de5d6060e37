package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"cognate/api"
	"cognate/config"
	"cognate/internal/pgtest"
)

// The targets of an operator.
const (
	leastAuditedSignIns = 0.98 // of those without an audit
	leastAuditedChanges = 0.85
	leastPolicyReads    = 3000 // a second
	mostMemoryChange    = 5    // %
	settled             = 5    // the first fifth of the mixed load fills caches

	memoryPace = 2 * time.Second

	// mixedUsers is for how long all sign-ins could have a code. A fifth of them has one, and a user can have one every 30 seconds, so the
	// load needs the users of six seconds. Less than a third of the signatures of a machine are sign-ins.
	mixedUsers = 3 * time.Second
)

// measureOperator measures what an operator asks before users come: the costs of the audit and of policies, two servers on one
// database, a long mixed load, and backups. Errors: errors that prevent measuring; errFailed if a request failed.
func measureOperator(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir, "")
	if err != nil {
		return err
	}
	defer s.remove()
	t := &ratios{out: out}
	t.header()
	for _, measure := range []func(context.Context, options, *server, *ratios) error{
		measureAudit, measurePolicy, measureTwoServers, measureMixedLoad, measureBackup,
	} {
		if err := measure(ctx, o, s, t); errors.Is(err, pgtest.ErrNoServer) {
			t.skip("two servers on PostgreSQL", err)
		} else if err != nil {
			return err
		}
	}
	return t.failed()
}

// sibling returns a server with the binary and the files of s.
func (s *server) sibling(flags ...string) *server {
	return &server{dir: s.dir, log: s.log, flags: flags}
}

// measureAudit compares a server that keeps records of changes with one that keeps none.
func measureAudit(ctx context.Context, o options, s *server, t *ratios) error {
	servers := map[string]*server{
		config.AuditChanges: s.sibling("--audit", config.AuditChanges), config.AuditOff: s.sibling("--audit", config.AuditOff),
	}
	defer func() {
		for _, one := range servers {
			one.stopIfRunning()
		}
	}()
	sides := make(map[string]*population)
	for level, one := range servers {
		profile := ""
		if o.profiles != "" {
			profile = filepath.Join(o.profiles, "audit-"+level+".prof")
		}
		if err := one.startOn(ctx, "audit-"+level, profile); err != nil {
			return err
		}
		p, err := populate(ctx, one, o, 0)
		if err != nil {
			return err
		}
		sides[level] = p
	}
	on, off := sides[config.AuditChanges], sides[config.AuditOff]
	for _, q := range []quotient{
		{"sign-in, audit of changes : off", on.rateOf(on.signInByPassword), off.rateOf(off.signInByPassword), leastAuditedSignIns},
		{"AdminUpdateUserAttributes, the same", on.rateOf(on.rename), off.rateOf(off.rename), leastAuditedChanges},
	} {
		t.add(ctx, q, o.each)
	}
	return nil
}

// rename changes an attribute of a user.
func (p *population) rename(ctx context.Context, c *api.Client) error {
	_, err := c.AdminUpdateUserAttributes(ctx, &api.AdminUpdateUserAttributesInput{
		UserPoolId: p.password.id, Username: plainName(rand.IntN(plain)),
		UserAttributes: []api.AttributeType{{Name: "nickname", Value: fmt.Sprint(rand.Int())}},
	})
	return err
}

// measurePolicy measures reads by an access key that has a policy.
func measurePolicy(ctx context.Context, o options, s *server, t *ratios) error {
	const (
		id, secret = "READER", "reader-reader-reader"
		policy     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"arn:aws:cognito-idp:` + region +
			`:*:userpool/*","Action":["cognito-idp:AdminGet*","cognito-idp:ListUsers"],"Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}]}`
	)
	file := s.path("reader.json")
	keys := fmt.Sprintf("access_keys: [{id: %s, secret: %s}, {id: %s, secret: %s, policy_file: %s}]\n", keyID, keySecret, id, secret, file)
	settings := s.path("policy.yaml")
	if err := errors.Join(os.WriteFile(file, []byte(policy), 0o600), os.WriteFile(settings, []byte(keys+limits), 0o600)); err != nil {
		return err
	}
	one := s.sibling("--config", settings)
	if err := one.startOn(ctx, "policy", ""); err != nil {
		return err
	}
	defer one.stopIfRunning()
	p, err := populate(ctx, one, o, 0)
	if err != nil {
		return err
	}
	reader := one.clientOf(id, secret, o.workers)
	limited := func(ctx context.Context, _ *api.Client) error { return p.adminGetUser(ctx, reader) }
	q := quotient{"AdminGetUser, key with a policy : all rights", p.rateOf(limited), p.rateOf(p.adminGetUser), 0}
	byPolicy, all, err := q.measure(ctx, o.each)
	if err != nil {
		t.fail(q.name, err)
		return nil
	}
	t.ratio(q.name, byPolicy, all, q.least)
	t.row("AdminGetUser, key with a policy", fmt.Sprintf("%.0f/s", byPolicy.rate), "", "", "", fmt.Sprintf(">= %d/s", leastPolicyReads),
		verdict(byPolicy.rate >= leastPolicyReads))
	return nil
}

// measureTwoServers compares sign-ins on two servers on one PostgreSQL database with those on one, and with the signatures of all cores.
func measureTwoServers(ctx context.Context, o options, s *server, t *ratios) error {
	url, remove, err := pgtest.Create(ctx, "bench_servers")
	if err != nil {
		return err
	}
	first, second := s.sibling(), s.sibling()
	defer func() {
		first.stopIfRunning()
		second.stopIfRunning()
		_ = remove()
	}()
	for _, one := range []*server{first, second} {
		one.databaseURL = url
		if err := one.startOn(ctx, "", ""); err != nil {
			return err
		}
	}
	p, err := populate(ctx, first, o, 0)
	if err != nil {
		return err
	}
	var requests atomic.Uint64
	clients := [2]*api.Client{first.client(o.workers), second.client(o.workers)}
	onOne := parallel(o.workers, first, func(ctx context.Context) error { return p.signInByPassword(ctx, clients[0]) })
	onBoth := parallel(o.workers, nil, func(ctx context.Context) error {
		return p.signInByPassword(ctx, clients[requests.Add(1)%2])
	})
	t.add(ctx, quotient{"sign-in, one server : signatures / 2", onOne, halfSignatures, 0}, o.each)
	t.add(ctx, quotient{"sign-in, two servers : one", onBoth, onOne, 0}, o.each)
	return nil
}

// measureMixedLoad signs users in for o.mixed, by password, by code and by refresh token, and watches the memory of the server.
func measureMixedLoad(ctx context.Context, o options, s *server, t *ratios) error {
	if err := s.startOn(ctx, "mixed", ""); err != nil {
		return err
	}
	defer s.stopIfRunning()
	p, err := populate(ctx, s, o, mixedUsers)
	if err == nil {
		err = p.waitForCodes(ctx, mixedUsers)
	}
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	memory := make(chan []float64)
	go func() { memory <- watchMemory(watching, s, o.mixed/settled) }()
	name := fmt.Sprintf("mixed sign-ins for %v", o.mixed)
	signIns, err := p.rateOf(p.mixed)(ctx, o.mixed)
	stop()
	seen := <-memory
	if err != nil {
		t.fail(name, err)
		return nil
	}
	t.note(name, fmt.Sprintf("%.0f/s", signIns.rate))
	if len(seen) == 0 {
		return nil
	}
	least, most := seen[0], seen[0]
	for _, mb := range seen {
		least, most = min(least, mb), max(most, mb)
	}
	middle := (least + most) / 2
	t.belowUnit(fmt.Sprintf("their memory, around %.0f MB", middle), "%", 100*(most-middle)/middle, mostMemoryChange)
	return nil
}

// watchMemory returns the memory of a server in MB at regular times after a while, until the context ends.
func watchMemory(ctx context.Context, s *server, after time.Duration) (seen []float64) {
	pace := time.NewTicker(memoryPace)
	defer pace.Stop()
	for began := time.Now(); ; {
		select {
		case <-ctx.Done():
			return seen
		case <-pace.C:
			if time.Since(began) >= after {
				seen = append(seen, residentMB(s.pid()))
			}
		}
	}
}

// mixed signs a user in: of ten sign-ins, two are by code, and three users refresh their tokens after it.
func (p *population) mixed(ctx context.Context, c *api.Client) error {
	kind := rand.IntN(10)
	if kind < 2 {
		return p.signInByCode(ctx, c)
	}
	in, err := signIn(ctx, c, p.password, plainName(rand.IntN(plain)))
	if err != nil || kind < 7 {
		return err
	}
	_, err = c.InitiateAuth(ctx, &api.InitiateAuthInput{
		ClientId: p.password.clientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
		AuthParameters: map[string]string{"REFRESH_TOKEN": in.AuthenticationResult.RefreshToken},
	})
	return err
}
