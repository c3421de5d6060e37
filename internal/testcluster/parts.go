package testcluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Database is a part that accepts PostgreSQL connections.
type Database struct {
	*Part
	Port int
}

// URL returns the postgres:// URL of the database cognate.
func (d *Database) URL() string {
	return fmt.Sprintf("postgres://cognate@127.0.0.1:%d/postgres?sslmode=disable", d.Port)
}

// Postgres starts a PostgreSQL server without a standby.
func (f *Folder) Postgres() *Database {
	f.t.Helper()
	return f.PostgresIn(f.path, f.path)
}

// PostgresIn starts a PostgreSQL server without a standby. Its data and its write-ahead log, which takes up to 32 MB, are in subfolders of two
// folders.
func (f *Folder) PostgresIn(data, wal string) *Database {
	f.t.Helper()
	data = filepath.Join(data, "postgres")
	f.run("initdb", "--auth=trust", "--username=cognate", "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=4",
		"-D", data, "-X", filepath.Join(wal, "wal"))
	port := f.freePort()
	d := &Database{Port: port}
	d.Part = f.part("postgres", "postgres", "-D", data, "-c", fmt.Sprintf("port=%d", port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "max_wal_size=32MB", "-c", "min_wal_size=8MB")
	f.await("PostgreSQL", d.Part, func(ctx context.Context) error { return f.ready(ctx, port) })
	return d
}

// Run runs a statement as the superuser.
func (d *Database) Run(statement string) {
	d.f.t.Helper()
	d.f.run("psql", "--quiet", "--no-psqlrc", "--command="+statement, d.URL())
}

// Path is the folder of the parts.
func (f *Folder) Path() string { return f.path }

// run runs a program to its end, as the owner of the cluster.
func (f *Folder) run(name string, args ...string) {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), f.program(name), args...)
	cmd.Dir, cmd.SysProcAttr = f.path, &syscall.SysProcAttr{Credential: f.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (f *Folder) ready(ctx context.Context, port int) error {
	cmd := exec.CommandContext(ctx, f.program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", fmt.Sprint(port))
	return cmd.Run()
}

// PgBouncer starts a pooler that gives a connection to another client after each transaction.
func (f *Folder) PgBouncer(to *Database) *Database {
	f.t.Helper()
	port := f.freePort()
	settings := f.write("pgbouncer.ini", fmt.Sprintf(`[databases]
postgres = host=127.0.0.1 port=%d user=cognate
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 20
server_login_retry = 1
`, to.Port, port))
	d := &Database{Port: port}
	d.Part = f.part("pgbouncer", "pgbouncer", settings)
	f.await("PgBouncer", d.Part, dial(port))
	return d
}

// Patroni is a database with a synchronous standby, and etcd.
type Patroni struct {
	f     *Folder
	nodes []*patroniNode
}

type patroniNode struct {
	*Database
	rest int    // port of its REST API
	data string // folder of PostgreSQL
}

// Kill kills Patroni and its PostgreSQL, which can be the child of another process. The processes of its connections would answer for a moment
// without their parent.
func (n *patroniNode) Kill() {
	n.Part.Kill()
	text, err := os.ReadFile(filepath.Join(n.data, "postmaster.pid"))
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(first); err == nil && pid > 1 {
		for _, pid := range family(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// Patroni starts etcd and two nodes. It returns when one accepts writes and the other follows it.
func (f *Folder) Patroni() *Patroni {
	f.t.Helper()
	client, peer := f.freePort(), f.freePort()
	clientURL, peerURL := fmt.Sprintf("http://127.0.0.1:%d", client), fmt.Sprintf("http://127.0.0.1:%d", peer)
	etcd := f.part("etcd", "etcd", "--data-dir", filepath.Join(f.path, "etcd"), "--listen-client-urls", clientURL, "--advertise-client-urls", clientURL,
		"--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL, "--initial-cluster", "default="+peerURL, "--unsafe-no-fsync")
	f.await("etcd", etcd, dial(client))
	p := &Patroni{f: f}
	for i := range 2 {
		n := &patroniNode{Database: &Database{Port: f.freePort()}, rest: f.freePort()}
		name := fmt.Sprintf("node%d", i)
		n.data = filepath.Join(f.path, name)
		//nolint:dupword // the file of PostgreSQL
		settings := f.write(name+".yml", fmt.Sprintf(`scope: cognate
name: %[1]s
restapi: {listen: "127.0.0.1:%[2]d", connect_address: "127.0.0.1:%[2]d"}
etcd3: {host: "127.0.0.1:%[3]d"}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 6
    synchronous_mode: true
    postgresql: {use_pg_rewind: true, parameters: {max_connections: 200, wal_log_hints: "on"}}
  initdb: [{auth-local: trust}, {auth-host: trust}, {encoding: UTF8}, {locale: C.UTF-8}]
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
postgresql:
  listen: "127.0.0.1:%[4]d"
  connect_address: "127.0.0.1:%[4]d"
  data_dir: %[5]s
  bin_dir: %[6]s
  pgpass: %[5]s.pgpass
  authentication: {superuser: {username: cognate}, replication: {username: replicator}, rewind: {username: cognate}}
  parameters: {unix_socket_directories: ""}
`, name, n.rest, client, n.Port, n.data, filepath.Dir(f.program("postgres"))))
		n.Part = f.part(name, "patroni", settings)
		f.t.Cleanup(n.Kill)
		p.nodes = append(p.nodes, n)
		if i == 0 {
			f.await("Patroni's first node", n.Part, n.is("primary"))
		}
	}
	p.AwaitStandby()
	return p
}

// is returns a function for await that waits until the node has a role: primary, replica or synchronous.
func (n *patroniNode) is(role string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		ctx, stop := context.WithTimeout(ctx, 5*time.Second)
		defer stop()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/%s", n.rest, role), nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: status %d", role, answer.StatusCode)
		}
		return nil
	}
}

// AwaitStandby waits until a synchronous standby follows the primary.
func (p *Patroni) AwaitStandby() {
	p.f.t.Helper()
	p.f.await("the standby", p.nodes[1].Part, func(ctx context.Context) error {
		var err error
		for _, n := range p.nodes {
			if err = n.is("synchronous")(ctx); err == nil {
				return nil
			}
		}
		return err
	})
}

// URL names both nodes, and asks for the one that accepts writes.
func (p *Patroni) URL() string {
	return fmt.Sprintf("postgres://cognate@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write",
		p.nodes[0].Port, p.nodes[1].Port)
}

func (p *Patroni) primary() *patroniNode {
	p.f.t.Helper()
	for _, n := range p.nodes {
		if n.is("primary")(p.f.t.Context()) == nil {
			return n
		}
	}
	p.f.t.Fatal("no node is the primary")
	return nil
}

// KillPrimary kills the node that accepts writes, and returns a function that starts it again.
func (p *Patroni) KillPrimary() (start func()) {
	p.f.t.Helper()
	n := p.primary()
	n.Kill()
	return n.Start
}

// Switchover makes the standby the primary.
func (p *Patroni) Switchover() {
	p.f.t.Helper()
	n := p.primary()
	body := strings.NewReader(fmt.Sprintf(`{"leader": %q}`, n.name))
	r, err := http.NewRequestWithContext(p.f.t.Context(), http.MethodPost, fmt.Sprintf("http://127.0.0.1:%d/switchover", n.rest), body)
	if err != nil {
		p.f.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.f.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		p.f.t.Fatalf("switchover: status %d", answer.StatusCode)
	}
}

// HAProxy starts a proxy that connects to the node that accepts writes.
func (p *Patroni) HAProxy() *Database {
	p.f.t.Helper()
	var servers strings.Builder
	for _, n := range p.nodes {
		fmt.Fprintf(&servers, "  server %s 127.0.0.1:%d check port %d\n", n.name, n.Port, n.rest)
	}
	return p.f.haproxy("  option httpchk GET /primary\n  http-check expect status 200\n" + servers.String())
}

// HAProxy starts a proxy that connects to a database.
func (f *Folder) HAProxy(to *Database) *Database {
	f.t.Helper()
	return f.haproxy(fmt.Sprintf("  server %s 127.0.0.1:%d check\n", to.name, to.Port))
}

// haproxy starts a proxy with these servers.
func (f *Folder) haproxy(servers string) *Database {
	f.t.Helper()
	port := f.freePort()
	settings := f.write("haproxy.cfg", fmt.Sprintf(`defaults
  mode tcp
  timeout connect 2s
  timeout check 3s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:%d
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
%s`, port, servers))
	d := &Database{Port: port}
	d.Part = f.part("haproxy", "haproxy", "-W", "-db", "-f", settings)
	f.await("HAProxy", d.Part, func(ctx context.Context) error { return f.ready(ctx, port) })
	return d
}
