package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

type scaleOptions struct {
	users     int // of the large database
	passwords int // in the list of compromised passwords
}

// smallUsers is the number of users of the small database.
const smallUsers = 10_000

// compareSizes compares a large database with a small one, on SQLite and on the PostgreSQL server of COGNATE_TEST_POSTGRES_URL.
// Both servers run at the same time and are measured in turn, because the machine may have other load. Errors: errors that
// prevent measuring; errFailed if a request failed.
func compareSizes(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir)
	if err != nil {
		return err
	}
	defer s.remove()
	list, places := s.path("passwords.txt"), s.path("places.mmdb")
	if err := errors.Join(writePasswords(list, o.scale.passwords), writePlaces(places)); err != nil {
		return err
	}
	s.flags = []string{"--compromised-passwords", list, "--geoip-database", places, "--log-level", "warn"}
	t := &ratios{out: out}
	for _, engine := range []string{"sqlite", "postgres"} {
		if err := compareOn(ctx, o, s, engine, t); errors.Is(err, pgtest.ErrNoServer) {
			fmt.Fprintf(out, "\npostgres: %v\n", err)
		} else if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return t.failed()
}

// compareOn runs all comparisons on one engine.
func compareOn(ctx context.Context, o options, s *server, engine string, t *ratios) (err error) {
	fmt.Fprintf(t.out, "\n%s: %d users against %d; %d workers\n", engine, o.scale.users, smallUsers, o.workers)
	began := time.Now()
	var sides [2]*side
	for i, users := range []int{o.scale.users, smallUsers} {
		one, remove, err := newSide(ctx, o, s, engine, fmt.Sprintf("users_%d", users), users)
		defer func() {
			if one != nil {
				_ = one.s.stop()
			}
			if remove != nil {
				_ = remove()
			}
		}()
		if err != nil {
			return err
		}
		sides[i] = one
	}
	large, small := sides[0], sides[1]
	fmt.Fprintf(t.out, "filled in %v\n\n", time.Since(began).Round(time.Second))
	time.Sleep(settleTime)
	t.header()
	for _, c := range comparisonsOfSizes {
		t.compare(ctx, o, c.name, c.target, c.run(large), c.run(small))
	}
	for _, c := range comparisonsOfOne {
		t.compare(ctx, o, c.name, c.target, c.a(large), c.b(large))
	}
	return measureImports(ctx, o, large, t)
}

// settleTime is how long PostgreSQL has after the fill to collect statistics.
const settleTime = 10 * time.Second

// newSide fills a new database and starts a server on it.
func newSide(ctx context.Context, o options, s *server, engine, name string, users int) (_ *side, remove func() error, err error) {
	twin := &server{dir: s.dir, log: s.log, flags: s.flags}
	data := engine + "-" + name
	location := twin.path(data)
	remove = func() error { return os.RemoveAll(location) }
	if engine == "postgres" {
		twin.databaseURL, remove, err = pgtest.Create(ctx, name)
		if err != nil {
			return nil, nil, err
		}
	}
	if err := twin.startOn(ctx, data, ""); err != nil {
		return nil, remove, err
	}
	one := &side{s: twin, users: users, workers: o.workers}
	if err := one.createPools(ctx); err != nil {
		return one, remove, err
	}
	if err := twin.stop(); err != nil { // only one process writes to SQLite
		return nil, remove, err
	}
	if err := one.fill(ctx, data); err != nil {
		return nil, remove, fmt.Errorf("fill the %s database: %w", name, err)
	}
	if err := twin.startOn(ctx, data, ""); err != nil {
		return nil, remove, err
	}
	if err := twin.waitForKeys(ctx); err != nil {
		return one, remove, err
	}
	return one, remove, one.findLastPages(ctx)
}

// open opens the database of a stopped server.
func (d *side) open(ctx context.Context, data string) (*store.Store, error) {
	text, err := os.ReadFile(d.s.path("master.key"))
	if err != nil {
		return nil, err
	}
	key, err := sealing.ParseMasterKey(string(text))
	if err != nil {
		return nil, err
	}
	url := d.s.databaseURL
	if url == "" {
		url = d.s.path(data) + "/cognate.db"
	}
	return store.Open(ctx, store.Config{URL: url, MasterKeys: []sealing.MasterKey{key}})
}
