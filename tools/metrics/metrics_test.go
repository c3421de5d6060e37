// Package metrics_test runs two servers on one PostgreSQL database and a Prometheus that scrapes both, and checks that every query of
// the dashboard returns data. It is a module of its own, because it drives the programs as an operator does: scripts/metrics.sh
// sets its variables.
package metrics_test

import (
	"bufio"
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
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	dashboard = "../../deploy/grafana/cognate.json"
	rules     = "../../deploy/prometheus/rules.yaml"
	// patience is how long a query may return no data. The periodic tasks first run after a minute.
	patience = 3 * time.Minute
	password = "Correct-horse-7"
)

func mustGetenv(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run make test-metrics", name)
	}
	return value
}

// installation is a folder with the files of the servers.
type installation struct {
	t           *testing.T
	dir, binary string
	client      *http.Client
}

func (i *installation) path(name string) string { return filepath.Join(i.dir, name) }

func (i *installation) write(name, text string) {
	i.t.Helper()
	if err := os.WriteFile(i.path(name), []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// cognate runs a command and returns its output.
func (i *installation) cognate(args ...string) string {
	i.t.Helper()
	cmd := exec.CommandContext(i.t.Context(), i.binary, args...)
	cmd.Dir = i.dir
	cmd.Env = []string{
		"AWS_SHARED_CREDENTIALS_FILE=" + i.path("administrator.key"), "AWS_REGION=us-east-1", "AWS_CA_BUNDLE=" + i.path("cert.pem"),
		"COGNATE_CONFIG=" + i.path("cognate.yaml"), "HOME=" + i.dir,
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		i.t.Fatalf("cognate %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// certify writes a certificate for 127.0.0.1.
func (i *installation) certify() {
	i.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		i.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		i.t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	i.write("cert.pem", string(certificate))
	i.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	i.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, Timeout: 10 * time.Second}
}

// serve starts a server and returns its URL and the host:port of its metrics.
func (i *installation) serve(name string) (at, metrics string) {
	i.t.Helper()
	cmd := exec.CommandContext(i.t.Context(), i.binary, "serve", "--audit-file", name+".jsonl")
	cmd.Dir, cmd.Env = i.dir, []string{"COGNATE_CONFIG=" + i.path("cognate.yaml")}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	log, err := os.Create(i.path(name + ".log"))
	if err != nil {
		i.t.Fatal(err)
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	text, readErr := os.ReadFile(log.Name())
	found := regexp.MustCompile(`"msg":"metrics","url":"http://([^/"]+)/metrics"`).FindSubmatch(text)
	if err != nil || readErr != nil || found == nil {
		i.t.Fatalf("start %s: %v %v\n%s", name, err, readErr, text)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "cognate: listening on "), string(found[1])
}

// call calls an unsigned operation and returns the answer.
func (i *installation) call(at, operation string, input any) map[string]any {
	body, err := json.Marshal(input)
	if err != nil {
		i.t.Error(err)
		return nil
	}
	r, err := http.NewRequestWithContext(i.t.Context(), http.MethodPost, at+"/", bytes.NewReader(body))
	if err != nil {
		i.t.Error(err)
		return nil
	}
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	resp, err := i.client.Do(r)
	if err != nil {
		return nil // the test ends
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	return answer
}

type object = map[string]any

// use makes requests of users at a server until ctx ends: right and wrong passwords, challenges, refreshes and sign-ups.
func (i *installation) use(ctx context.Context, at, pool, client string) {
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("user%d-%d", n, os.Getpid())
		i.call(at, "SignUp", object{
			"ClientId": client, "Username": name, "Password": password, "UserAttributes": []object{{"Name": "email", "Value": name + "@example.com"}},
		})
		signIn := func(user, password string) object {
			return i.call(at, "InitiateAuth", object{
				"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": user, "PASSWORD": password},
			})
		}
		for range 7 {
			signIn(name, "wrong")
		}
		signIn("ann", password)
		challenge := signIn("new", password)
		answer := i.call(at, "RespondToAuthChallenge", object{
			"ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": challenge["Session"],
			"ChallengeResponses": object{"USERNAME": "new", "NEW_PASSWORD": "short"},
		})
		if answer == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// prometheus starts Prometheus and returns its URL.
func (i *installation) prometheus(program string, targets ...string) string {
	i.t.Helper()
	absolute, err := filepath.Abs(rules)
	if err != nil {
		i.t.Fatal(err)
	}
	i.write("prometheus.yaml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: cognate
    static_configs:
      - targets: ["%s"]
`, absolute, strings.Join(targets, `","`)))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	cmd := exec.CommandContext(i.t.Context(), program, "--config.file="+i.path("prometheus.yaml"), "--storage.tsdb.path="+i.path("tsdb"),
		"--web.listen-address="+address, "--log.level=warn")
	cmd.Stderr = i.t.Output()
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return "http://" + address
}

// get reads an answer of the API of Prometheus.
func get(t *testing.T, address string, data any) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", address, answer.Error)
	}
	return nil
}

// sample is a value of a query.
type sample struct {
	Metric map[string]string
	Value  [2]any // the time, and the value as a text
}

// query returns the values of a query, without those that are no number.
func query(t *testing.T, prometheus, expr string) ([]sample, error) {
	t.Helper()
	var data struct{ Result []sample }
	if err := get(t, prometheus+"/api/v1/query?"+url.Values{"query": {expr}}.Encode(), &data); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(data.Result, func(s sample) bool { return s.Value[1] == "NaN" }), nil
}

// panelQuery is a query of the dashboard.
type panelQuery struct{ panel, expr string }

// variables are the variables of Grafana in queries.
var variables = strings.NewReplacer("$__rate_interval", "10s", "$job", "cognate", "$instance", ".*", "$datasource", "")

// mustReadQueries returns the queries of the dashboard.
func mustReadQueries(t *testing.T) []panelQuery {
	t.Helper()
	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var all []panelQuery
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all = append(all, panelQuery{panel.Title, variables.Replace(target.Expr)})
		}
	}
	if len(all) < 40 || strings.Contains(fmt.Sprint(all), "$_") {
		t.Fatalf("found %d queries, want all without variables: %v", len(all), all)
	}
	return all
}

// Every query of the dashboard returns data if Prometheus scrapes two servers in use. All rules can be evaluated, and no alert says
// that a server is down.
func TestDashboard(t *testing.T) {
	binary, program := mustGetenv(t, "COGNATE_TEST_BINARY"), mustGetenv(t, "COGNATE_TEST_PROMETHEUS")
	var posted atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posted.Add(1) }))
	defer hook.Close()
	i := &installation{t: t, dir: t.TempDir(), binary: binary}
	i.certify()
	i.write("hook.secret", "a secret of sixteen characters")
	i.write("cognate.yaml", fmt.Sprintf(`
database_url: %q
master_key_file: master.key
listen: 127.0.0.1:0
metrics_listen: 127.0.0.1:0
address_sign_ups: 1000000
public_url: https://127.0.0.1:8229
tls_cert: cert.pem
tls_key: key.pem
audit: all
audit_webhook_url: %s
audit_webhook_secret_file: hook.secret
email_sender: webhook
email_from: people@example.com
webhook_url: %s
webhook_secret_file: hook.secret
functions:
  - arn: arn:aws:lambda:us-east-1:000000000000:function:echo
    command: [/bin/cat]
`, mustGetenv(t, "COGNATE_TEST_POSTGRES_URL"), hook.URL, hook.URL))
	i.cognate("master-key", "--out", "master.key")
	i.cognate("keys", "create", "--name", "administrator", "--policy", "administrator", "--out", "administrator.key")
	first, firstMetrics := i.serve("first")
	second, secondMetrics := i.serve("second")
	// Each sign-up calls the function: address_sign_ups allows all. Sign-ins call none after too many failures of their address.
	pool := i.cognate("cognito-idp", "create-user-pool", "--endpoint-url", first, "--pool-name", "people", "--query", "UserPool.Id", "--output", "text",
		"--auto-verified-attributes", "email", "--lambda-config", "PreSignUp=arn:aws:lambda:us-east-1:000000000000:function:echo")
	client := i.cognate("cognito-idp", "create-user-pool-client", "--endpoint-url", second, "--user-pool-id", pool, "--client-name", "app",
		"--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "--query", "UserPoolClient.ClientId", "--output", "text")
	for _, user := range []string{"ann", "new"} {
		i.cognate("cognito-idp", "admin-create-user", "--endpoint-url", first, "--user-pool-id", pool, "--username", user,
			"--temporary-password", password, "--message-action", "SUPPRESS")
	}
	i.cognate("cognito-idp", "admin-set-user-password", "--endpoint-url", first, "--user-pool-id", pool, "--username", "ann", "--password", password, "--permanent")

	prometheus := i.prometheus(program, firstMetrics, secondMetrics)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for _, at := range []string{first, second} {
		go i.use(ctx, at, pool, client)
	}
	late := time.Now().Add(patience)
	waiting := mustReadQueries(t)
	t.Logf("%d queries", len(waiting))
	for len(waiting) > 0 && time.Now().Before(late) {
		time.Sleep(time.Second)
		waiting = slices.DeleteFunc(waiting, func(q panelQuery) bool {
			found, err := query(t, prometheus, q.expr)
			return err == nil && len(found) > 0
		})
	}
	for _, q := range waiting {
		_, err := query(t, prometheus, q.expr)
		t.Errorf("the panel %q has no data: %s (%v)", q.panel, q.expr, err)
	}
	if up, err := query(t, prometheus, `up{job="cognate"} == 1`); err != nil || len(up) != 2 {
		t.Errorf("Prometheus scrapes %d servers, want 2 (%v)", len(up), err)
	}
	if servers, err := query(t, prometheus, `cognate_servers == 2`); err != nil || len(servers) != 2 {
		t.Errorf("%v count two servers (%v)", servers, err)
	}
	if posted.Load() == 0 {
		t.Error("the servers posted nothing to the webhook")
	}
	wantRules(t, prometheus)
}

// wantRules checks that Prometheus can evaluate the rules, and that none fires for servers that work.
func wantRules(t *testing.T, prometheus string) {
	t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct {
				Name, Health, LastError, State, Query string
			}
		}
	}
	if err := get(t, prometheus+"/api/v1/rules", &data); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, group := range data.Groups {
		for _, rule := range group.Rules {
			seen++
			if rule.Health != "ok" {
				t.Errorf("rule %s: %s %s", rule.Name, rule.Health, rule.LastError)
			}
			// The test guesses passwords, and its servers are busy.
			if rule.State == "firing" && !slices.Contains([]string{"CognateLockouts", "CognateSignInsRefused", "CognateLimited"}, rule.Name) {
				t.Errorf("the alert %s fires", rule.Name)
			}
		}
	}
	if seen < 20 {
		t.Errorf("Prometheus has %d rules", seen)
	}
}
