package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cognate/api"
	"cognate/internal/testcluster"
)

// onCluster returns a database of a cluster for servers with one master key.
func onCluster(t *testing.T, url string, settings ...string) database {
	t.Helper()
	dir := t.TempDir()
	if status := run([]string{"master-key", "--out", filepath.Join(dir, "master.key")}, nil, os.Stdout, os.Stderr); status != 0 {
		t.Fatalf("cognate master-key = %d", status)
	}
	args := []string{
		"dev", "--listen", "127.0.0.1:0", "--public-url", "http://id.example", "--database-url", url, "--master-key-file", "master.key",
	}
	return database{dir, append(args, settings...)}
}

// journal is a load of requests. It keeps what the servers have acknowledged.
type journal struct {
	testPool
	stop    context.CancelFunc
	workers sync.WaitGroup

	mu    sync.Mutex
	users []string // that were created, as the servers said
	last  time.Time
	gap   time.Duration // the longest time without an acknowledged change
	slow  time.Duration // the longest request
	fails int           // requests that failed
	err   error         // of the last request that failed
	odd   error         // of the first request that failed in another way than with the status 500 or 503
}

// load creates users, and reads them, until stop.
func (n testPool) journal(t *testing.T, prefix string) *journal {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	j := &journal{testPool: n, stop: stop, last: time.Now()}
	for worker := range 4 {
		j.workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				j.create(ctx, fmt.Sprintf("%s-%d-%d", prefix, worker, i))
			}
		})
	}
	t.Cleanup(j.end)
	return j
}

func (j *journal) create(ctx context.Context, name string) {
	began := time.Now()
	_, err := j.AdminCreateUser(context.WithoutCancel(ctx), &api.AdminCreateUserInput{
		UserPoolId: j.poolID, Username: name, MessageAction: api.MessageActionTypeSuppress,
	})
	now := time.Now()
	j.mu.Lock()
	j.slow = max(j.slow, now.Sub(began))
	j.err = cmp.Or(err, j.err)
	if err != nil {
		j.fails++
		if problem, ok := errors.AsType[*api.Error](err); !ok || problem.Status != http.StatusInternalServerError && problem.Status != http.StatusServiceUnavailable {
			j.odd = cmp.Or(j.odd, err)
		}
	} else {
		j.users = append(j.users, name)
		j.gap = max(j.gap, now.Sub(j.last))
		j.last = now
	}
	j.mu.Unlock()
	if err != nil {
		time.Sleep(50 * time.Millisecond)
	}
}

// acknowledged waits until the servers have acknowledged more changes than now.
func (j *journal) acknowledged(t *testing.T, more int, limit time.Duration) {
	t.Helper()
	acknowledged, _ := j.counts()
	j.wait(t, limit, fmt.Sprintf("%d acknowledged changes", more), func(now, _ int) bool { return now >= acknowledged+more })
}

// failed waits until more requests than now have failed.
func (j *journal) failed(t *testing.T, more int, limit time.Duration) {
	t.Helper()
	_, failed := j.counts()
	j.wait(t, limit, fmt.Sprintf("%d failed changes", more), func(_, now int) bool { return now >= failed+more })
}

func (j *journal) counts() (acknowledged, failed int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.users), j.fails
}

func (j *journal) wait(t *testing.T, limit time.Duration, what string, so func(acknowledged, failed int) bool) {
	t.Helper()
	for began := time.Now(); !so(j.counts()); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > limit {
			j.end()
			t.Fatalf("waited %v in vain for %s; the last error: %v", limit, what, j.err)
		}
	}
}

// reads checks that users can be read for some time.
func (j *journal) reads(t *testing.T, lasts time.Duration) {
	t.Helper()
	j.mu.Lock()
	users := slices.Clone(j.users)
	j.mu.Unlock()
	for began := time.Now(); time.Since(began) < lasts; time.Sleep(20 * time.Millisecond) {
		name := users[rand.IntN(len(users))]
		if _, err := j.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: j.poolID, Username: name}); err != nil {
			t.Errorf("AdminGetUser(%s) during the fault = %v", name, err)
			return
		}
	}
}

func (j *journal) end() {
	j.stop()
	j.workers.Wait()
}

// check ends the load, and checks that everything that was acknowledged is in the database.
func (j *journal) check(t *testing.T) {
	t.Helper()
	j.end()
	for _, name := range j.users {
		if _, err := j.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: j.poolID, Username: name}); err != nil {
			t.Errorf("%s was created, and AdminGetUser = %v", name, err)
		}
	}
	if j.odd != nil {
		t.Errorf("a request failed with %v, want the status 500 or 503", j.odd)
	}
	t.Logf("%d acknowledged changes, %d failed ones; the longest time without one was %v; the longest request took %v; the last error: %v",
		len(j.users), j.fails, j.gap.Round(time.Millisecond), j.slow.Round(time.Millisecond), j.err)
}

// isReady reports whether the server says that it takes requests.
func isReady(t *testing.T, p *process) bool {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// awaitReady waits until the server says that it takes requests, or that it does not.
func awaitReady(t *testing.T, p *process, want bool, limit time.Duration) {
	t.Helper()
	for began := time.Now(); isReady(t, p) != want; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > limit {
			t.Errorf("after %v the server is ready: %t", limit, !want)
			return
		}
	}
}

// The primary is killed, and another time the standby replaces it in order. The servers recover within 30 seconds without help, and nothing
// is lost.
func TestFaultOfThePrimary(t *testing.T) {
	cluster := testcluster.New(t).Patroni()
	proxy := cluster.HAProxy()
	db := onCluster(t, cluster.URL())
	for how, url := range map[string]string{"hosts": cluster.URL(), "haproxy": proxy.URL()} {
		db.args[slices.Index(db.args, "--database-url")+1] = url
		server := db.mustStart(t)
		n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
		for fault, cause := range map[string]func() func(){
			"kill":       cluster.KillPrimary,
			"switchover": func() func() { cluster.Switchover(); return func() {} },
		} {
			t.Run(how+" "+fault, func(t *testing.T) {
				j := n.journal(t, how+fault)
				j.acknowledged(t, 20, time.Minute)
				restart := cause()
				j.acknowledged(t, 20, time.Minute)
				restart()
				cluster.AwaitStandby()
				j.acknowledged(t, 20, time.Minute)
				if j.check(t); j.gap > 30*time.Second {
					t.Errorf("no change was acknowledged for %v, want less than 30 s", j.gap)
				}
			})
		}
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	}
}

// connectionFault is a fault between a server and its database.
type connectionFault struct {
	cause, end func()
	lasts      time.Duration
}

// The database, the pooler or the proxy is stopped for a minute, hangs, and restarts. Requests wait less than 5 seconds, and the check for
// load balancers shows the fault and its end within 5 seconds.
func TestFaultOfTheConnection(t *testing.T) {
	folder := testcluster.New(t)
	database := folder.Postgres()
	pooler, proxy := folder.PgBouncer(database), folder.HAProxy(database)
	restart := func(p *testcluster.Database) connectionFault {
		return connectionFault{p.Kill, p.Start, 2 * time.Second}
	}
	hang := func(p *testcluster.Database, lasts time.Duration) connectionFault {
		return connectionFault{func() { p.Signal(syscall.SIGSTOP) }, func() { p.Signal(syscall.SIGCONT) }, lasts}
	}
	db := onCluster(t, pooler.URL(), "--database-pooler", "transaction")
	db.suffer(t, map[string]connectionFault{
		"the pooler is restarted":   restart(pooler),
		"the database is restarted": restart(database),
		"the database hangs":        hang(database, time.Minute),
		"the database is stopped":   {database.Kill, database.Start, time.Minute},
		"the pooler hangs":          hang(pooler, 10*time.Second),
	})
	db.args[slices.Index(db.args, "--database-url")+1] = proxy.URL()
	db.args[slices.Index(db.args, "--database-pooler")+1] = ""
	db.suffer(t, map[string]connectionFault{
		"the proxy is restarted":                   restart(proxy),
		"the proxy hangs":                          hang(proxy, 10*time.Second),
		"the database is stopped behind the proxy": {database.Kill, database.Start, time.Minute},
	})
}

// suffer starts a server and causes faults of its database one after another.
func (p database) suffer(t *testing.T, faults map[string]connectionFault) {
	t.Helper()
	const limit = 5 * time.Second
	server := p.mustStart(t)
	n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			j := n.journal(t, strings.ReplaceAll(name, " ", "-"))
			j.acknowledged(t, 20, time.Minute)
			fault.cause()
			awaitReady(t, server, false, limit)
			time.Sleep(fault.lasts)
			fault.end()
			awaitReady(t, server, true, limit)
			j.acknowledged(t, 20, time.Minute)
			if j.check(t); j.slow > limit {
				t.Errorf("a request took %v, want less than %v", j.slow, limit)
			}
		})
	}
	if err := server.stop(); err != nil {
		t.Error(err)
	}
}
