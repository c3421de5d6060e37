// Package testcluster runs the programs of a database cluster on one machine for one test: PostgreSQL under Patroni with a standby, etcd,
// PgBouncer and HAProxy. A test can kill, stop and restart each part, and fill and break the disk of a part. All files are in a temporary
// folder, and all programs end with the test. The programs come from Debian's packages. If one is missing, the test fails.
package testcluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// EnvFaults is a variable. Tests with a cluster run only if it is 1: they take minutes.
const EnvFaults = "COGNATE_TEST_FAULTS"

// patience limits the start of a part.
const patience = 2 * time.Minute

// Folder is a folder that the parts of a cluster can write.
type Folder struct {
	t    *testing.T
	path string
	cred *syscall.Credential // of the parts; nil for the own one
}

// New returns the folder of a cluster. It skips the test unless EnvFaults is 1.
func New(t *testing.T) *Folder {
	t.Helper()
	if os.Getenv(EnvFaults) != "1" {
		t.Skipf("%s is not 1", EnvFaults)
	}
	path, err := os.MkdirTemp("", "cognate-cluster-") //nolint:usetesting // the user of PostgreSQL cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	f := &Folder{t: t, path: path}
	if os.Getuid() == 0 { // PostgreSQL does not run as root
		f.cred = credential(t)
		f.give(path)
	}
	return f
}

func credential(t *testing.T) *syscall.Credential {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Fatal("there is no user postgres and none nobody, and PostgreSQL does not run as root")
	return nil
}

// program returns the path of a program of a cluster.
func (f *Folder) program(name string) string {
	f.t.Helper()
	for _, folder := range []string{os.Getenv("COGNATE_TEST_PG_BINDIR"), "/usr/lib/postgresql/15/bin", "/usr/sbin", "/usr/bin"} {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); folder != "" && err == nil && !info.IsDir() {
			return path
		}
	}
	f.t.Fatalf("%s is missing; scripts/test-faults.sh installs it", name)
	return ""
}

// freePort returns a port of this machine that no program uses.
func (f *Folder) freePort() int {
	f.t.Helper()
	var how net.ListenConfig
	listener, err := how.Listen(f.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		f.t.Fatalf("the listener has the address %v", listener.Addr())
	}
	return address.Port
}

// write writes a file that only the parts can read.
func (f *Folder) write(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.path, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.give(path)
	return path
}

// give makes the user of the parts the owner of a path.
func (f *Folder) give(path string) {
	f.t.Helper()
	if f.cred == nil {
		return
	}
	if err := os.Chown(path, int(f.cred.Uid), int(f.cred.Gid)); err != nil {
		f.t.Fatal(err)
	}
}

// Part is a program of the cluster.
type Part struct {
	f    *Folder
	name string
	args []string

	mu  sync.Mutex
	cmd *exec.Cmd
}

func (f *Folder) part(name string, args ...string) *Part {
	f.t.Helper()
	args[0] = f.program(args[0])
	p := &Part{f: f, name: name, args: args}
	f.t.Cleanup(p.Kill)
	p.Start()
	return p
}

// Start starts the part.
func (p *Part) Start() {
	p.f.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := exec.Command(p.args[0], p.args[1:]...) //nolint:noctx // it ends by Kill
	cmd.Dir = p.f.path
	cmd.Env = append(os.Environ(), "HOME="+p.f.path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.f.cred}
	log, err := os.OpenFile(filepath.Join(p.f.path, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.f.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		p.f.t.Fatalf("start %s: %v", p.name, err)
	}
	p.cmd = cmd
}

// Signal sends a signal to all processes of the part.
func (p *Part) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		for _, pid := range family(p.cmd.Process.Pid) {
			_ = syscall.Kill(pid, s)
		}
	}
}

// family returns a process and those that it has started. Those of PostgreSQL have process groups of their own.
func family(pid int) []int {
	all := []int{pid}
	children := make(map[int][]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is correct
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ") // behind the name
		fields := strings.Fields(rest)
		child, childErr := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if len(fields) < 2 || childErr != nil {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// Kill kills all processes of the part.
func (p *Part) Kill() {
	p.Signal(syscall.SIGCONT)
	p.Signal(syscall.SIGKILL)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// Log returns what the part has written.
func (p *Part) Log() string {
	text, err := os.ReadFile(filepath.Join(p.f.path, p.name+".log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// await calls ready until it returns nil.
func (f *Folder) await(what string, p *Part, ready func(ctx context.Context) error) {
	f.t.Helper()
	ctx, stop := context.WithTimeout(f.t.Context(), patience)
	defer stop()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			f.t.Fatalf("%s did not start within %v: %v\n%s", what, patience, err, p.Log())
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// dial is ready when something listens on a port.
func dial(port int) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		return conn.Close()
	}
}
