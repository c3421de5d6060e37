// Command bench measures the performance of a server as clients see it. It builds cognate, starts `cognate serve` as a
// separate process on a new SQLite file with synced commits, and sends requests over HTTP keep-alive. Each worker waits
// for its response before it sends the next request. Client and server share the machine.
//
// A sign-in requires two RSA signatures. So sign-ins are shown as a share of half the signatures that all cores can
// make, which is measured immediately before. Results depend on the machine; tests do not check them.
//
// A measurement in which an operation fails, or whose test data ends early, has no result: its row says so, and the program ends with
// status 1. A user signs in with a code once in a time step of 30 seconds, so measurements wait for the next step if too few users are
// left.
//
// The second table has ratios of the OAuth 2.0 endpoints and the login pages. The two rates of a row are measured in turn. The column
// "by CPU" is the same ratio by the CPU time that the server needs for one operation, which other load hardly changes. npm installs
// oidc-provider for the comparison, if it can. Ory Hydra is compared if COGNATE_BENCH_HYDRA or PATH has its program.
//
// With -connections it compares many parallel changes with few. With -libcrypto it compares the build that signs with libcrypto with
// the static build. With -peers it compares cognate with the npm package cognito-local. With -operator it measures the audit, policies,
// two servers, a long mixed load, and backups.
//
// With -scale it compares a database with many users with a small one. With -timing it compares the times of answers for users and
// for unknown names instead: see docs/testing.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"time"
)

func main() {
	o := options{}
	flag.StringVar(&o.dir, "dir", "", "`folder` on the disk to measure (default the system's temporary folder)")
	flag.StringVar(&o.profiles, "profile", "", "`folder` for CPU profiles of the server, one for each operation. They include key\n"+
		"generation; exclude it with go tool pprof -ignore Reserve")
	flag.DurationVar(&o.each, "time", 4*time.Second, "duration of each measurement")
	flag.IntVar(&o.workers, "workers", 4*runtime.NumCPU(), "number of parallel requests")
	flag.IntVar(&o.signIns, "sign-ins", 100_000, "number of sign-ins on the login pages after which memory is measured; 0 for none")
	flag.StringVar(&o.only, "only", "", "measure only `api` or oauth: the operations of the API, or the OAuth 2.0 endpoints and login pages")
	flag.Func("ratio", "measure only ratios whose name matches the regular expression, and none of the rows after them", func(text string) (err error) {
		o.ratio, err = regexp.Compile(text)
		return err
	})
	timing := flag.Bool("timing", false, "compare the times of answers for users and for unknown names, and nothing else")
	flag.IntVar(&o.samples, "samples", 400, "number of answers of each kind that -timing compares")
	scale := flag.Bool("scale", false, "compare databases with many users and with 10,000, on SQLite and on PostgreSQL, and nothing else")
	flag.IntVar(&o.scale.users, "scale-users", 1_000_000, "number of users of the large database of -scale, and of the backup of -operator")
	flag.StringVar(&o.scale.engine, "scale-engine", "", "`engine` of -scale: sqlite or postgres (default both)")
	flag.IntVar(&o.scale.passwords, "scale-passwords", 10_000_000, "number of compromised passwords of -scale")
	connections := flag.Bool("connections", false, "compare AdminCreateUser on 64 and on 8 connections, also with slow syncs (needs strace), and nothing else")
	libcrypto := flag.Bool("libcrypto", false, "compare sign-ins of the build that signs with libcrypto with those of the static build, and nothing else")
	peers := flag.Bool("peers", false, "send the same requests to cognate and to the npm package cognito-local, and nothing else")
	operator := flag.Bool("operator", false, "measure the audit, policies, two servers, a long mixed load and backups, and nothing else")
	flag.DurationVar(&o.mixed, "mixed", 10*time.Minute, "duration of the mixed load of -operator")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *timing:
		err = compareTimes(ctx, o, os.Stdout)
	case *connections:
		err = compareConnections(ctx, o, os.Stdout)
	case *libcrypto:
		err = compareLibcrypto(ctx, o, os.Stdout)
	case *peers:
		err = comparePeers(ctx, o, os.Stdout)
	case *operator:
		err = measureOperator(ctx, o, os.Stdout)
	case *scale:
		err = compareSizes(ctx, o, os.Stdout)
	default:
		err = bench(ctx, o)
	}
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
	samples  int
	signIns  int
	only     string
	ratio    *regexp.Regexp // nil for all
	scale    scaleOptions
	mixed    time.Duration
}

// bench runs all measurements and prints the tables. Errors: errors that prevent measuring; errFailed if a request failed.
func bench(ctx context.Context, o options) (err error) {
	limit := signaturesPerSecond(time.Second)
	fmt.Printf("RSA-2048 signatures: %.0f/s on all %d cores\n", limit, runtime.GOMAXPROCS(0))
	s, err := build(ctx, o.dir, "")
	if err != nil {
		return err
	}
	defer s.remove()
	disk := "synced to disk"
	if inMemory(s.dir) {
		disk = "IN MEMORY, not synced: use -dir"
	}
	fmt.Printf("cognate serve on SQLite, %s; %d workers\n\n", disk, o.workers)

	var errs []error
	if o.only != onlyOAuth {
		errs = append(errs, operations(ctx, s, o))
		s.stopIfRunning()
	}
	if o.only == "" {
		fmt.Println()
	}
	if o.only != onlyAPI {
		errs = append(errs, measureSite(ctx, s, o))
	}
	return errors.Join(errs...)
}

// Values of -only.
const (
	onlyAPI   = "api"
	onlyOAuth = "oauth"
)

// operations measures operations of the API.
func operations(ctx context.Context, s *server, o options) error {
	t := newTable(os.Stdout)
	if err := measureStart(ctx, s, t); err != nil {
		return err
	}
	if err := s.startOn(ctx, apiData, ""); err != nil {
		return err
	}
	p, err := populate(ctx, s, o, o.each/slicesEach)
	if err != nil {
		return err
	}
	for _, m := range p.measurements() {
		if o.profiles != "" {
			if err := s.restartOn(ctx, apiData, o.profiles, m.name); err != nil {
				return err
			}
			if err := s.waitForKeys(ctx); err != nil {
				return err
			}
		}
		t.add(m, run(ctx, o, s, m))
	}
	if err := measureBurst(ctx, s, o, t); err != nil {
		return fmt.Errorf("create pools at once: %w", err)
	}
	t.below("memory after the load", "MB", residentMB(s.pid()), maxLoaded)
	return t.failed()
}

// apiData is the folder of the data.
const apiData = "data"
