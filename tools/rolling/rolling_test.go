// Package rolling_test replaces two servers on one PostgreSQL database by a new version, one after the other, behind the HAProxy and the
// nginx of deploy. Clients must not notice it. scripts/packages.sh sets the variables.
package rolling_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	envOld      = "COGNATE_TEST_OLD"          // the binary of the previous release
	envNew      = "COGNATE_TEST_NEW"          // the binary of this release
	envPostgres = "COGNATE_TEST_POSTGRES_URL" // an empty database

	clients  = 4
	patience = time.Minute
	password = "correct-Horse-battery-1"
)

// node is a server, with an address that stays the same.
type node struct {
	port   string
	cmd    *exec.Cmd
	stderr *bytes.Buffer
}

// deployment is two servers behind a proxy.
type deployment struct {
	t     *testing.T
	dir   string
	env   []string
	nodes [2]node
	url   string // of the proxy
}

func TestUpgrade(t *testing.T) {
	if os.Getenv(envOld) == "" {
		t.Skip(envOld + " is not set: make test-packages sets it")
	}
	masterKey := filepath.Join(t.TempDir(), "master.key")
	if output, err := exec.Command(os.Getenv(envNew), "master-key", "--out", masterKey).CombinedOutput(); err != nil {
		t.Fatalf("master-key: %v, %s", err, output)
	}
	t.Run("HAProxy", func(t *testing.T) { upgradeBehindHAProxy(t, mustDeploy(t, masterKey)) })
	t.Run("nginx", func(t *testing.T) { upgradeBehindNginx(t, mustDeploy(t, masterKey)) })
}

func mustDeploy(t *testing.T, masterKey string) *deployment {
	t.Helper()
	d := &deployment{t: t, dir: t.TempDir()}
	mustWrite(t, filepath.Join(d.dir, "cognate.yaml"), "access_keys: [{id: ADMIN, secret: correct-horse-battery}]\n")
	d.env = []string{
		"COGNATE_CONFIG=" + filepath.Join(d.dir, "cognate.yaml"), "COGNATE_MASTER_KEY_FILE=" + masterKey,
		"COGNATE_DATABASE_URL=" + os.Getenv(envPostgres), "COGNATE_PUBLIC_URL=https://id.example.com", "COGNATE_METRICS_LISTEN=127.0.0.1:0",
		"COGNATE_TRUSTED_PROXIES=127.0.0.1", "COGNATE_ADDRESS_LIMITS=off", "COGNATE_DRAIN=5s",
	}
	for i := range d.nodes {
		d.nodes[i].port = mustFindPort(t)
		d.start(i, os.Getenv(envOld))
	}
	return d
}

// start starts a server and waits until it is ready.
func (d *deployment) start(i int, binary string) {
	d.t.Helper()
	n := &d.nodes[i]
	n.cmd, n.stderr = exec.Command(binary, "serve", "--listen", "127.0.0.1:"+n.port), new(bytes.Buffer)
	n.cmd.Env, n.cmd.Stderr = d.env, n.stderr
	if err := n.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = n.cmd.Process.Kill() })
	check := exec.Command(binary, "healthcheck", "--listen", "127.0.0.1:"+n.port, "--wait", patience.String())
	if output, err := check.CombinedOutput(); err != nil {
		d.t.Fatalf("healthcheck: %v, %s\n%s", err, output, n.stderr)
	}
}

func (d *deployment) stop(i int) {
	d.t.Helper()
	n := &d.nodes[i]
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		d.t.Errorf("server %d after SIGTERM: %v\n%s", i+1, err, n.stderr)
	}
}

func (d *deployment) run(env []string, command ...string) []byte {
	d.t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, &stderr)
	}
	return output
}

// proxy starts a proxy and waits until it answers.
func (d *deployment) proxy(client *http.Client, url string, env []string, command ...string) *exec.Cmd {
	d.t.Helper()
	d.url = url
	cmd := exec.Command(command[0], command[1:]...)
	output := new(bytes.Buffer)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), output, output
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // nginx stops its workers
		_ = cmd.Wait()
	})
	d.mustEventually("the proxy answers", func() bool { return answers(client, url+"/readyz") })
	return cmd
}

func answers(client *http.Client, url string) bool {
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

func (d *deployment) mustEventually(what string, holds func() bool) {
	d.t.Helper()
	late, again := time.NewTimer(patience), time.NewTicker(100*time.Millisecond)
	defer late.Stop()
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-late.C:
			d.t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// signIn returns the body of a sign-in that must return tokens.
func (d *deployment) signIn() string {
	d.t.Helper()
	call := func(out any, args ...string) {
		d.t.Helper()
		answer := d.run([]string{"AWS_ACCESS_KEY_ID=ADMIN", "AWS_SECRET_ACCESS_KEY=correct-horse-battery", "AWS_REGION=us-east-1"},
			append([]string{os.Getenv(envNew), "cognito-idp", "--endpoint-url", "http://127.0.0.1:" + d.nodes[0].port}, args...)...)
		if out != nil {
			if err := json.Unmarshal(answer, out); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	var created struct {
		UserPool       struct{ ID string }
		UserPoolClient struct{ ClientID string }
	}
	call(&created, "create-user-pool", "--pool-name", "people")
	pool := created.UserPool.ID
	call(&created, "create-user-pool-client", "--user-pool-id", pool, "--client-name", "app", "--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
	call(nil, "admin-create-user", "--user-pool-id", pool, "--username", "ann", "--message-action", "SUPPRESS")
	call(nil, "admin-set-user-password", "--user-pool-id", pool, "--username", "ann", "--password", password, "--permanent")
	return fmt.Sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ann","PASSWORD":%q}}`, created.UserPoolClient.ClientID, password)
}

// load sends sign-ins until stop is called, which returns how many there were.
func (d *deployment) load(client *http.Client, body string) (stop func() int64) {
	ctx, end := context.WithCancel(context.Background())
	var done, failed atomic.Int64
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for ctx.Err() == nil {
				if err := send(client, d.url, body); err != nil {
					if failed.Add(1) <= 5 {
						d.t.Errorf("sign-in: %v", err)
					}
				}
				done.Add(1)
			}
		})
	}
	return func() int64 {
		end()
		running.Wait()
		if n := failed.Load(); n > 0 {
			d.t.Errorf("%d of %d sign-ins failed", n, done.Load())
		}
		return done.Load()
	}
}

func send(client *http.Client, url, body string) error {
	request, err := http.NewRequest(http.MethodPost, url+"/", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte("AccessToken")) {
		return fmt.Errorf("%s, %s", response.Status, answer)
	}
	return nil
}

// upgrade replaces the servers one after the other, while clients sign in. out and in take a server out of the proxy and into it.
func (d *deployment) upgrade(client *http.Client, out, in func(i int)) {
	d.t.Helper()
	stop := d.load(client, d.signIn())
	for i := range d.nodes {
		out(i)
		d.stop(i)
		d.start(i, os.Getenv(envNew))
		in(i)
	}
	if n := stop(); n < 100 {
		d.t.Errorf("%d sign-ins during the upgrade, want at least 100", n)
	} else {
		d.t.Logf("%d sign-ins during the upgrade", n)
	}
}

// HAProxy sees at /readyz that a server stops.
func upgradeBehindHAProxy(t *testing.T, d *deployment) {
	config, err := os.ReadFile("../../deploy/haproxy/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	// The only change: a page that shows which servers are up.
	statistics := mustFindPort(t)
	file := filepath.Join(d.dir, "haproxy.cfg")
	mustWrite(t, file, string(config)+"\nfrontend statistics\n\tbind 127.0.0.1:"+statistics+"\n\tstats enable\n\tstats uri /\n")
	port := mustFindPort(t)
	client := &http.Client{Timeout: patience}
	d.proxy(client, "http://127.0.0.1:"+port, []string{
		"COGNATE_BIND=127.0.0.1:" + port, "COGNATE_1=127.0.0.1:" + d.nodes[0].port, "COGNATE_2=127.0.0.1:" + d.nodes[1].port,
	}, "haproxy", "-db", "-f", file)
	isUp := func(i int) bool {
		response, err := client.Get("http://127.0.0.1:" + statistics + "/;csv")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		for line := range strings.Lines(string(text)) {
			if fields := strings.Split(line, ","); fields[0] == "cognate" && fields[1] == fmt.Sprintf("node%d", i+1) {
				return fields[17] == "UP"
			}
		}
		return false
	}
	d.upgrade(client, func(int) {}, func(i int) { d.mustEventually("HAProxy uses the new server", func() bool { return isUp(i) }) })
}

// The operator tells nginx that a server stops, as docs/upgrading.md says.
func upgradeBehindNginx(t *testing.T, d *deployment) {
	text, err := os.ReadFile("../../deploy/nginx/cognate.conf")
	if err != nil {
		t.Fatal(err)
	}
	mustWriteCertificate(t, d.dir)
	port, plain := mustFindPort(t), mustFindPort(t)
	site := strings.NewReplacer(
		"127.0.0.1:8229", "127.0.0.1:"+d.nodes[0].port, "127.0.0.1:8239", "127.0.0.1:"+d.nodes[1].port,
		"listen 443", "listen 127.0.0.1:"+port, "listen 80;", "listen 127.0.0.1:"+plain+";", "\tlisten [::]:443 ssl http2;\n", "", "\tlisten [::]:80;\n", "",
		"/etc/nginx/", d.dir+"/", "/var/log/nginx/", d.dir+"/",
	).Replace(string(text))
	mustWrite(t, filepath.Join(d.dir, "site.conf"), site)
	file := filepath.Join(d.dir, "nginx.conf")
	mustWrite(t, file, "daemon off;\npid "+d.dir+"/pid;\nerror_log stderr;\nevents {}\nhttp {\nclient_body_temp_path "+d.dir+"/bodies;\n"+
		"proxy_temp_path "+d.dir+"/proxy;\ninclude "+d.dir+"/site.conf;\n}\n")
	client := &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, //nolint:gosec // its own certificate
	}}
	nginx := d.proxy(client, "https://127.0.0.1:"+port, nil, "nginx", "-c", file)
	reload := func(site string) {
		mustWrite(t, filepath.Join(d.dir, "site.conf"), site)
		d.run(os.Environ(), "nginx", "-t", "-q", "-c", file)
		workers := d.workers(nginx)
		if err := nginx.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		// The workers with the old settings finish their requests.
		d.mustEventually("nginx has new workers", func() bool {
			now := d.workers(nginx)
			for worker := range workers {
				if now[worker] {
					return false
				}
			}
			return len(now) > 0
		})
	}
	d.upgrade(client, func(i int) {
		address := "server 127.0.0.1:" + d.nodes[i].port
		reload(strings.Replace(site, address, address+" down", 1))
	}, func(int) { reload(site) })
}

// workers returns the processes that nginx has started.
func (d *deployment) workers(nginx *exec.Cmd) map[string]bool {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", nginx.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	workers := make(map[string]bool)
	for pid := range strings.FieldsSeq(string(text)) {
		workers[pid] = true
	}
	return workers
}

func mustWrite(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustFindPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// mustWriteCertificate writes cognate.crt and cognate.key.
func mustWriteCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"id.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(dir, "cognate.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	mustWrite(t, filepath.Join(dir, "cognate.key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}
