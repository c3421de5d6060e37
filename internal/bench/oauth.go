package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cognate/api"
	"cognate/store"
)

// oauthData is the folder of the data.
const oauthData = "oauth"

// Limits of the login pages.
const (
	maxLoginP99 = 5  // ms
	maxPage     = 30 // kB
	maxScript   = 6  // kB
	maxGrowth   = 10 // MB of memory
	logins      = 2000
)

// measureSite measures the OAuth 2.0 endpoints and the login pages.
func measureSite(ctx context.Context, s *server, o options) error {
	if err := s.startOn(ctx, oauthData, ""); err != nil {
		return err
	}
	if err := s.waitForKeys(ctx); err != nil {
		return err
	}
	d, err := newSite(ctx, s, o)
	if err != nil {
		return fmt.Errorf("create a site: %w", err)
	}
	t := &ratios{out: os.Stdout}
	t.header()
	in := func(run task) rate { return parallel(o.workers, s, run) }
	for _, q := range []quotient{
		{"client_credentials : signatures", in(d.clientCredentials), signatures, 0.8},
		{"userInfo : signatures", in(d.userInfo), signatures, 0},
		{"refresh_token : signatures / 2", in(d.refresh), halfSignatures, 0.7},
		{"authorization_code : signatures / 2", d.exchanges(), halfSignatures, 0.6},
		{"pages, to the code : API sign-in", in(d.reachCode), in(d.signInByAPI()), 0},
		{"pages, with tokens : API sign-in", in(d.signInAnyOnPages), in(d.signInByAPI()), 0.75},
		{"/login : /healthz", in(d.loginPage), in(d.healthz), 0.25},
	} {
		if o.ratio != nil && !o.ratio.MatchString(q.name) {
			continue
		}
		if o.profiles != "" {
			if err := s.restartOn(ctx, oauthData, o.profiles, q.name); err != nil {
				return err
			}
			if err := s.waitForKeys(ctx); err != nil {
				return err
			}
		}
		t.add(ctx, q, o.each)
	}
	if o.ratio != nil {
		return t.failed()
	}
	if err := d.comparePages(ctx, t); err != nil {
		return err
	}
	if err := d.comparePeers(ctx, t, o); err != nil {
		return err
	}
	if o.signIns > 0 {
		if err := d.grow(ctx, t, o); err != nil {
			return err
		}
	}
	return t.failed()
}

// comparePages compares the first page with its limits.
func (d *site) comparePages(ctx context.Context, t *ratios) error {
	p99, err := quantileOf(ctx, logins, 0.99, d.loginPage)
	if err != nil {
		return err
	}
	page, script, err := d.pageSize(ctx)
	if err != nil {
		return err
	}
	t.belowUnit("/login, one at a time: p99", "ms", float64(p99.Microseconds())/1000, maxLoginP99)
	t.belowUnit("/login with passkeys: page", "kB", float64(page)/1000, maxPage)
	t.belowUnit("/login with passkeys: script", "kB", float64(script)/1000, maxScript)
	return nil
}

// comparePeers compares the server with others that are present or can be installed.
func (d *site) comparePeers(ctx context.Context, t *ratios, o options) error {
	const withNode, withHydra = "client_credentials : oidc-provider", "client_credentials : Hydra"
	ours := parallel(o.workers, d.s, d.clientCredentials)
	if other, err := startOIDCProvider(ctx, d.s.path("npm")); err != nil {
		t.skip(withNode, err)
	} else {
		t.add(ctx, quotient{withNode, ours, parallel(o.workers, nil, other.clientCredentials(d)), 0.9}, o.each)
		other.stop()
	}
	other, err := startHydra(ctx, d.s.dir)
	if err != nil {
		t.skip(withHydra, err)
		return nil
	}
	defer other.stop()
	t.add(ctx, quotient{withHydra, ours, parallel(o.workers, nil, other.clientCredentials(d)), 10}, o.each)
	user, err := other.userInfo(ctx, d)
	if err != nil {
		return err
	}
	t.add(ctx, quotient{"userInfo : Hydra", parallel(o.workers, d.s, d.userInfo), parallel(o.workers, nil, user), 4}, o.each)
	return nil
}

// grow signs users in many times, and prints how much more memory and disk the server uses then. Afterwards it deletes expired rows
// as the periodic task does, at a time when all of them have expired, and prints how many are left.
//
// SQLite's caches grow to their limit with the database. So the server has the smallest limit, and its caches are full before.
func (d *site) grow(ctx context.Context, t *ratios, o options) error {
	if err := d.s.stop(); err != nil {
		return err
	}
	d.s.flags = append(d.s.flags, "--sqlite-cache", "8")
	if err := d.s.startOn(ctx, oauthData, ""); err != nil {
		return err
	}
	if err := d.s.waitForKeys(ctx); err != nil {
		return err
	}
	if err := d.signInTimes(ctx, o.signIns/growWarmUp); err != nil {
		return err
	}
	memory, disk := residentMB(d.s.pid()), d.databaseMB()
	if err := d.signInTimes(ctx, o.signIns); err != nil {
		return err
	}
	t.belowUnit(fmt.Sprintf("%d sign-ins: more memory", o.signIns), "MB", residentMB(d.s.pid())-memory, maxGrowth)
	t.note("the same: more of the database", fmt.Sprintf("%.1f MB", d.databaseMB()-disk))
	subs, err := d.subs(ctx)
	if err != nil {
		return err
	}
	if err := d.s.stop(); err != nil {
		return err
	}
	db, err := (&side{s: d.s, data: d.s.path(oauthData)}).open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := d.rows(ctx, db, subs)
	if err != nil {
		return err
	}
	later := time.Now().AddDate(1, 0, 0)
	err = db.Purge(ctx, store.Cutoffs{Grants: later, SSOSessions: later, AuthorizationCodes: later, SpentSessions: later, Attempts: later})
	if err != nil {
		return err
	}
	left, err := d.rows(ctx, db, subs)
	if err != nil {
		return err
	}
	t.row("rows of them after they expire", fmt.Sprint(left), fmt.Sprint(rows), "", "", "0", verdict(left == 0 && rows > 0))
	return nil
}

// growWarmUp is the part of the sign-ins that are made before memory is measured.
const growWarmUp = 10

// signInTimes signs users in n times.
func (d *site) signInTimes(ctx context.Context, n int) error {
	_, err := inParallel(ctx, d.workers, n, func(ctx context.Context, _ int) error { return d.signInAnyOnPages(ctx) })
	return err
}

// databaseMB returns the size of the database of the server.
func (d *site) databaseMB() (size float64) {
	for _, name := range []string{"cognate.db", "cognate.db-wal"} {
		if file, err := os.Stat(filepath.Join(d.s.path(oauthData), name)); err == nil {
			size += float64(file.Size()) / 1e6
		}
	}
	return size
}

func (d *site) subs(ctx context.Context) ([]string, error) {
	var subs []string
	for i := range plain {
		out, err := d.s.client(1).AdminGetUser(ctx, &api.AdminGetUserInput{UserPoolId: d.pool.id, Username: plainName(i)})
		if err != nil {
			return nil, err
		}
		for _, attribute := range out.UserAttributes {
			if attribute.Name == "sub" {
				subs = append(subs, attribute.Value)
			}
		}
	}
	return subs, nil
}

// rows returns the number of the SSO sessions and grants of users.
func (d *site) rows(ctx context.Context, db *store.Store, subs []string) (n int, err error) {
	for _, sub := range subs {
		sessions, err := db.SSOSessions(ctx, d.pool.id, sub, time.Unix(0, 0))
		if err != nil {
			return 0, err
		}
		grants, err := db.LiveGrants(ctx, d.pool.id, sub, time.Unix(0, 0))
		if err != nil {
			return 0, err
		}
		n += len(sessions) + len(grants)
	}
	return n, nil
}
