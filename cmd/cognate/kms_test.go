//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/config"
)

// newVault returns a fake of Vault's transit engine, which does not encrypt. No other listener gets its port when it is closed.
func newVault(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, Ciphertext string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Vault-Token") != "the-token" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
			return
		}
		if strings.Contains(r.URL.Path, "/encrypt/") {
			_, _ = fmt.Fprintf(w, `{"data":{"ciphertext":%q}}`, "vault:v1:"+in.Plaintext)
		} else {
			_, _ = fmt.Fprintf(w, `{"data":{"plaintext":%q}}`, strings.TrimPrefix(in.Ciphertext, "vault:v1:"))
		}
	}))
	_ = s.Listener.Close()
	var err error
	if s.Listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", freeAddress(t)); err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// A server needs its KMS only while it starts: sign-ins go on without it.
func TestKMSGone(t *testing.T) {
	t.Parallel()
	dir, vault := t.TempDir(), newVault(t)
	mustWriteFile(t, filepath.Join(dir, "cognate.yaml"), "master_key: hashivault://cognate\naccess_keys: [{id: ADMIN, secret: correct-horse-battery}]\n")
	serve := func(token string) (*process, error) {
		env := append(os.Environ(), "VAULT_ADDR="+vault.URL, "VAULT_TOKEN="+token)
		return start(dir, env, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "", "--config", "cognate.yaml")
	}
	if p, err := serve("a-token-without-rights"); err == nil {
		p.kill()
		t.Fatal("the server starts with a token that has no rights")
	} else if text := err.Error(); !strings.Contains(text, "exit status 1") || !strings.Contains(text, "hashivault://cognate: encrypt: 403 Forbidden permission denied") {
		t.Errorf("start with a token that has no rights: %v", err)
	}
	p, err := serve("the-token")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	client := &api.Client{
		Endpoint: p.url + "/", Sign: signer(config.AccessKey{ID: "ADMIN", Secret: "correct-horse-battery"}, "eu-west-1", time.Now),
	}
	ctx := t.Context()
	pool, err := client.CreateUserPool(ctx, &api.CreateUserPoolInput{PoolName: "people"})
	if err != nil {
		t.Fatal(err)
	}
	id := pool.UserPool.Id
	app, err := client.CreateUserPoolClient(ctx, &api.CreateUserPoolClientInput{
		UserPoolId: id, ClientName: "app", ExplicitAuthFlows: []api.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AdminCreateUser(ctx, &api.AdminCreateUserInput{UserPoolId: id, Username: "ann", MessageAction: "SUPPRESS"}); err != nil {
		t.Fatal(err)
	}
	_, err = client.AdminSetUserPassword(ctx, &api.AdminSetUserPasswordInput{UserPoolId: id, Username: "ann", Password: "Correct-horse-1", Permanent: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	vault.Close()
	user := &api.Client{Endpoint: p.url + "/"}
	for range 2 {
		out, err := user.InitiateAuth(ctx, &api.InitiateAuthInput{
			ClientId: app.UserPoolClient.ClientId, AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Correct-horse-1"},
		})
		if err != nil || out.AuthenticationResult == nil {
			t.Fatalf("InitiateAuth() = %+v, %v", out, err)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if p, err := serve("the-token"); err == nil {
		p.kill()
		t.Error("the server starts without its KMS")
	} else if text := err.Error(); !strings.Contains(text, "exit status 1") || !strings.Contains(text, "the service does not answer") {
		t.Errorf("start without the KMS: %v", err)
	}
}
