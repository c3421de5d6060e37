package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// peer is another server, for comparison. It is never required.
type peer struct {
	token  string // URL of its token endpoint
	client credentials
	scope  string
	user   string // URL of its userInfo endpoint; empty without one
	stop   func()
}

// oidcProvider is the program that serves the npm package oidc-provider, with its dependencies.
//
//go:embed oidcprovider/package.json oidcprovider/package-lock.json oidcprovider/server.mjs
var oidcProvider embed.FS

// startOIDCProvider installs the npm package oidc-provider below folder, and starts it.
func startOIDCProvider(ctx context.Context, folder string) (*peer, error) {
	if err := os.CopyFS(folder, oidcProvider); err != nil {
		return nil, err
	}
	folder = filepath.Join(folder, "oidcprovider")
	install := exec.CommandContext(ctx, "npm", "ci", "--silent", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm ci: %w %.200s", err, out)
	}
	server := exec.CommandContext(ctx, "node", "server.mjs")
	server.Dir = folder
	stdout, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	p := &peer{client: credentials{"bench", "bench-bench-bench"}, scope: "orders/read", stop: stopping(server)}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address := lines.Text(); strings.HasPrefix(address, "http://") {
			p.token = address + "/token"
			return p, nil
		}
	}
	p.stop()
	return nil, errors.New("oidc-provider did not start")
}

// stopping returns a function that ends a process that was started.
func stopping(cmd *exec.Cmd) func() {
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
}

// hydraVariable names the environment variable with the path of Ory Hydra's program.
const hydraVariable = "COGNATE_BENCH_HYDRA"

// startHydra starts Ory Hydra with its data in memory and JWT access tokens, if its program is present, and creates a client.
func startHydra(ctx context.Context, folder string) (*peer, error) {
	program, err := exec.LookPath(or(os.Getenv(hydraVariable), "hydra"))
	if err != nil {
		return nil, fmt.Errorf("no program hydra in PATH or %s", hydraVariable)
	}
	ports := make([]string, 2)
	for i := range ports {
		if ports[i], err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	public, admin := "http://"+ports[0], "http://"+ports[1]
	hydra := exec.CommandContext(ctx, program, "serve", "all", "--dev")
	hydra.Dir = folder
	hydra.Env = append(os.Environ(),
		"DSN=memory", "STRATEGIES_ACCESS_TOKEN=jwt", "SECRETS_SYSTEM=bench-bench-bench-bench", "LOG_LEVEL=error", "SQA_OPT_OUT=true",
		"URLS_SELF_ISSUER="+public, "SERVE_PUBLIC_HOST=127.0.0.1", "SERVE_ADMIN_HOST=127.0.0.1",
		"SERVE_PUBLIC_REQUEST_LOG_DISABLE_FOR_HEALTH=true",
		"SERVE_PUBLIC_PORT="+portOf(ports[0]), "SERVE_ADMIN_PORT="+portOf(ports[1]),
	)
	if err := hydra.Start(); err != nil {
		return nil, err
	}
	p := &peer{
		token: public + "/oauth2/token", user: public + "/userinfo", scope: "openid",
		client: credentials{"bench", "bench-bench-bench"}, stop: stopping(hydra),
	}
	if err := createHydraClient(ctx, admin, p.client); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// createHydraClient creates a client as soon as the server answers.
func createHydraClient(ctx context.Context, admin string, c credentials) error {
	const client = `{"client_id":%q,"client_secret":%q,"grant_types":["client_credentials"],"scope":"openid",` +
		`"token_endpoint_auth_method":"client_secret_basic"}`
	const patience, pace = time.Minute, 200 * time.Millisecond
	var err error
	for began := time.Now(); time.Since(began) < patience; time.Sleep(pace) {
		var r *http.Request
		if r, err = http.NewRequestWithContext(ctx, http.MethodPost, admin+"/admin/clients", strings.NewReader(fmt.Sprintf(client, c.id, c.secret))); err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(r); err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusCreated {
			return nil
		}
		err = fmt.Errorf("hydra: status %d for a new client", resp.StatusCode)
	}
	return err
}

// clientCredentials returns the task that gets a token of the peer.
func (p *peer) clientCredentials(d *site) task {
	return func(ctx context.Context) error {
		_, err := p.get(ctx, d)
		return err
	}
}

func (p *peer) get(ctx context.Context, d *site) (string, error) {
	got, err := d.tokensAt(ctx, p.token, url.Values{"grant_type": {"client_credentials"}, "scope": {p.scope}}, func(r *http.Request) {
		r.SetBasicAuth(p.client.id, p.client.secret)
	})
	if err != nil {
		return "", err
	}
	if strings.Count(got.Access, ".") != 2 {
		return "", errors.New("the access token of the peer is not a JWT")
	}
	return got.Access, nil
}

// userInfo returns the task that gets the claims of an access token of the peer.
func (p *peer) userInfo(ctx context.Context, d *site) (task, error) {
	token, err := p.get(ctx, d)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		_, err := d.send(ctx, p.user, nil, http.StatusOK, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
		return err
	}, nil
}
