// Command bench measures a server as its clients see it: it builds cognate, starts `cognate serve` as a process of its own
// on a fresh SQLite file with synced commits, and drives it over HTTP keep-alive with workers that each wait for their
// answer before they ask again. Client and server share the machine.
//
// A sign-in costs two RSA signatures that nothing can save, so sign-ins are shown as a share of half the signatures that
// all cores together make, measured just before. Figures depend on the machine: nothing here is asserted by tests.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

func main() {
	o := options{}
	flag.StringVar(&o.dir, "dir", "", "`folder` on the disk to measure on (default the system's temporary folder)")
	flag.StringVar(&o.profiles, "profile", "", "`folder` to write CPU profiles of the server to, one an operation; the making\n"+
		"of keys ahead is in them, which go tool pprof -ignore Reserve leaves out")
	flag.DurationVar(&o.each, "time", 4*time.Second, "how long to measure each operation")
	flag.IntVar(&o.workers, "workers", 4*runtime.NumCPU(), "requests under way at a time")
	flag.IntVar(&o.users, "users", 2500, "users with a software token")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	dir      string
	profiles string
	each     time.Duration
	workers  int
	users    int
}

// bench measures everything and prints the table. Errors: whatever keeps it from measuring; errFailed when a request
// failed.
func bench(ctx context.Context, o options) (err error) {
	limit := signaturesPerSecond(time.Second)
	fmt.Printf("RSA-2048 signatures: %.0f/s on all %d cores\n", limit, runtime.GOMAXPROCS(0))
	s, err := build(ctx, o.dir)
	if err != nil {
		return err
	}
	defer s.remove()
	disk := "synced to disk"
	if inMemory(s.dir) {
		disk = "IN MEMORY: nothing is synced, use -dir"
	}
	fmt.Printf("cognate serve on SQLite, %s; %d workers\n\n", disk, o.workers)

	t := newTable(os.Stdout)
	if err := measureStart(ctx, s, t); err != nil {
		return err
	}
	if err := s.start(ctx, ""); err != nil {
		return err
	}
	p, err := populate(ctx, s, o)
	if err != nil {
		return fmt.Errorf("create users: %w", err)
	}
	for _, m := range p.measurements() {
		if o.profiles != "" {
			if err := s.restart(ctx, o.profiles, m.name); err != nil {
				return err
			}
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		t.add(m, run(ctx, o, s, m))
	}
	t.note("memory after the load", fmt.Sprintf("%.0f MB", residentMB(s.pid())))
	return t.failed()
}
