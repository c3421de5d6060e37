package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"cognate/internal/pgtest"
	"cognate/sealing"
	"cognate/store"
)

type scaleOptions struct {
	users     int    // of the large database
	passwords int    // in the list of compromised passwords
	engine    string // sqlite or postgres; empty for both
}

// smallUsers is the number of users of the small database.
const smallUsers = 10_000

// compareSizes compares a large database with a small one, on SQLite and on the PostgreSQL server of COGNATE_TEST_POSTGRES_URL.
// Both servers run at the same time and are measured in turn, because the machine may have other load. Errors: errors that
// prevent measuring; errFailed if a request failed.
func compareSizes(ctx context.Context, o options, out io.Writer) error {
	s, err := build(ctx, o.dir, "")
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
		if o.scale.engine != "" && o.scale.engine != engine {
			continue
		}
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
	large, small := newSide(o, s, o.scale.users), newSide(o, s, smallUsers)
	defer func() { err = errors.Join(err, large.close(), small.close()) }()
	for _, one := range []*side{large, small} {
		if err := one.begin(ctx, engine); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.out, "filled in %v\n\n", time.Since(began).Round(time.Second))
	time.Sleep(settleTime)
	t.header()
	for _, c := range comparisonsOfSizes() {
		t.add(ctx, quotient{c.name, c.run(large).rate(o.workers), c.run(small).rate(o.workers), sizeTarget}, o.each)
	}
	compareStorage(large, small, t)
	for _, c := range comparisonsOfOne {
		t.add(ctx, quotient{c.name, c.a(large).rate(o.workers), c.b(large).rate(o.workers), c.target}, o.each)
	}
	return measureImports(ctx, o, large, t)
}

// settleTime is how long PostgreSQL has after the fill to collect statistics.
const settleTime = 10 * time.Second

// newSide returns a side without a database.
func newSide(o options, s *server, users int) *side {
	return &side{s: &server{dir: s.dir, log: s.log, flags: s.flags}, users: users, workers: o.workers}
}

// begin fills a new database and starts a server on it.
func (d *side) begin(ctx context.Context, engine string) (err error) {
	data := fmt.Sprintf("%s_%d", engine, d.users)
	d.data = d.s.path(data)
	d.remove = func() error { return os.RemoveAll(d.data) }
	if engine == "postgres" {
		if d.s.databaseURL, d.remove, err = pgtest.Create(ctx, data); err != nil {
			return err
		}
	}
	if err := d.s.startOn(ctx, data, ""); err != nil {
		return err
	}
	if err := d.createPools(ctx); err != nil {
		return err
	}
	if err := d.s.stop(); err != nil { // only one process writes to SQLite
		return err
	}
	if err := d.fill(ctx); err != nil {
		return fmt.Errorf("fill the database of %d users: %w", d.users, err)
	}
	size, err := d.databaseSize(ctx)
	if err != nil {
		return fmt.Errorf("size of the database: %w", err)
	}
	d.bytes = float64(size)
	if err := d.s.startOn(ctx, data, ""); err != nil {
		return err
	}
	if err := d.s.waitForKeys(ctx); err != nil {
		return err
	}
	if err := d.findLastPages(ctx); err != nil {
		return err
	}
	return d.readFile()
}

// compareStorage compares the memory of the servers, and the size of the databases for a user.
func compareStorage(large, small *side, t *ratios) {
	t.atMost("memory after these operations", "MB", residentMB(large.s.pid()), residentMB(small.s.pid()), mostMemory)
	t.atMost("database, for a user", "bytes", large.bytes/float64(large.users), small.bytes/float64(small.users), mostStorage)
}

// databaseSize returns the size of the database of a stopped server in bytes.
func (d *side) databaseSize(ctx context.Context) (int64, error) {
	if d.s.databaseURL != "" {
		return pgtest.Size(ctx, d.s.databaseURL)
	}
	file, err := os.Stat(d.file())
	if err != nil {
		return 0, err
	}
	return file.Size(), nil
}

// readFile reads the file of a SQLite database once, so that no comparison is about whether the system has the file in memory.
func (d *side) readFile() error {
	if d.s.databaseURL != "" {
		return nil
	}
	file, err := os.Open(d.file())
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, file)
	return errors.Join(err, file.Close())
}

// file is the file of SQLite.
func (d *side) file() string { return filepath.Join(d.data, "cognate.db") }

// close stops the server and removes the database.
func (d *side) close() error {
	d.s.stopIfRunning()
	if d.remove == nil {
		return nil
	}
	return d.remove()
}

// open opens the database of a stopped server.
func (d *side) open(ctx context.Context) (*store.Store, error) {
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
		url = d.file()
	}
	return store.Open(ctx, store.Config{URL: url, MasterKeys: []sealing.MasterKey{key}})
}
