package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/totp"
	"cognate/internal/pgtest"
	"cognate/internal/testcluster"
	"cognate/lease"
	"cognate/masterkey"
	"cognate/sealing"
	"cognate/store"
)

// clockedNodes are production servers on one database whose clocks differ.
type clockedNodes struct {
	t    *testing.T
	dir  string
	args []string
	url  string
	// mails are the bodies of the webhook that sends emails.
	mails <-chan string
}

func newClockedNodes(t *testing.T) *clockedNodes {
	t.Helper()
	hookURL, mails := hook(t)
	c := &clockedNodes{t: t, dir: t.TempDir(), url: pgtest.URL(t), mails: mails}
	if status := run([]string{"master-key", "--out", filepath.Join(c.dir, "master.key")}, nil, os.Stdout, os.Stderr); status != 0 {
		t.Fatalf("cognate master-key = %d", status)
	}
	mustWriteFile(t, filepath.Join(c.dir, "hook.secret"), hookSecret)
	mustWriteFile(t, filepath.Join(c.dir, "cognate.yaml"), "access_keys: [{id: TEST, secret: "+testSecret+"}]\n")
	c.args = []string{
		"serve", "--config", "cognate.yaml", "--listen", "127.0.0.1:0", "--metrics-listen", "", "--public-url", "http://id.example",
		"--database-url", c.url, "--master-key-file", "master.key", "--address-limits", "off",
		"--email-sender", "webhook", "--email-from", "people@example.com", "--webhook-url", hookURL, "--webhook-secret-file", "hook.secret",
	}
	return c
}

// start starts a server, which is a program of the test binary.
func (c *clockedNodes) start(program string) *process {
	c.t.Helper()
	p, err := startWith(program, c.dir, nil, c.args...)
	if err != nil {
		c.t.Fatalf("%s: %v", program, err)
	}
	c.t.Cleanup(p.kill)
	return p
}

func (c *clockedNodes) store() *store.Store {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "master.key"))
	if err != nil {
		c.t.Fatal(err)
	}
	key, err := masterkey.Parse(c.t.Context(), strings.TrimSpace(string(text)), os.Getenv)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := store.Open(c.t.Context(), store.Config{URL: c.url, MasterKeys: []sealing.MasterKey{key}, Connections: 4})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = s.Close() })
	return s
}

// awaitTask waits until a task was done by a server whose clock is wrong by a time.
func (c *clockedNodes) awaitTask(s *store.Store, task string, wrong time.Duration) {
	c.t.Helper()
	mustWait(c.t, task+" by the second server", func() bool {
		time.Sleep(20 * time.Millisecond)
		l, err := s.Lease(c.t.Context(), task)
		if err != nil {
			c.t.Fatal(err)
		}
		apart := l.Due.Sub(time.Now().Add(wrong + 10*time.Minute)).Abs()
		return l.Holder == "" && apart < 5*time.Minute
	})
}

// spent are things that were used on one server.
type spent struct {
	username                string
	resetCode, refreshToken string
	code, session           string // of a sign-in with a software token
}

// spend uses one-time things on a server, whose clock is wrong by a time. The clock of the user is wrong too.
func (c *clockedNodes) spend(n testPool, username string, wrong time.Duration) spent {
	c.t.Helper()
	must := func(what string, err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatalf("%s = %v", what, err)
		}
	}
	ctx := c.t.Context()
	s := spent{username: username}
	must("createUser", n.createUser(ctx, username))
	_, err := n.AdminUpdateUserAttributes(ctx, &api.AdminUpdateUserAttributesInput{
		UserPoolId: n.poolID, Username: username,
		UserAttributes: []api.AttributeType{{Name: "email", Value: username + "@example.com"}, {Name: "email_verified", Value: "true"}},
	})
	must("AdminUpdateUserAttributes", err)
	_, err = n.ForgotPassword(ctx, &api.ForgotPasswordInput{ClientId: n.clientID, Username: username})
	must("ForgotPassword", err)
	s.resetCode = c.mailedCode()
	must("ConfirmForgotPassword", n.resetPassword(ctx, &s))
	in, err := n.signIn(ctx, username)
	must("InitiateAuth", err)
	s.refreshToken = in.AuthenticationResult.RefreshToken
	_, err = n.refresh(ctx, s.refreshToken)
	must("GetTokensFromRefreshToken", err)

	accessToken := in.AuthenticationResult.AccessToken
	token, err := n.AssociateSoftwareToken(ctx, &api.AssociateSoftwareTokenInput{AccessToken: accessToken})
	must("AssociateSoftwareToken", err)
	key, err := totp.Decode(token.SecretCode)
	must("Decode", err)
	code := func(steps int) string { return totp.Code(key, time.Now().Add(wrong+time.Duration(steps)*totp.Period)) }
	_, err = n.VerifySoftwareToken(ctx, &api.VerifySoftwareTokenInput{AccessToken: accessToken, UserCode: code(0)})
	must("VerifySoftwareToken", err)
	_, err = n.SetUserMFAPreference(ctx, &api.SetUserMFAPreferenceInput{
		AccessToken: accessToken, SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(true), PreferredMfa: new(true)},
	})
	must("SetUserMFAPreference", err)
	challenge, err := n.signIn(ctx, username)
	must("InitiateAuth", err)
	s.code, s.session = code(1), challenge.Session
	_, err = n.giveCode(ctx, username, s.session, s.code)
	must("RespondToAuthChallenge", err)
	return s
}

func (c *clockedNodes) mailedCode() string {
	c.t.Helper()
	select {
	case body := <-c.mails:
		var message struct{ Code string }
		if err := json.Unmarshal([]byte(body), &message); err != nil || message.Code == "" {
			c.t.Fatalf("message = %s, want a code", body)
		}
		return message.Code
	case <-time.After(patience):
		c.t.Fatal("no email with a code")
		return ""
	}
}

func (n testPool) refresh(ctx context.Context, token string) (*api.GetTokensFromRefreshTokenOutput, error) {
	return n.GetTokensFromRefreshToken(ctx, &api.GetTokensFromRefreshTokenInput{ClientId: n.clientID, RefreshToken: token})
}

func (n testPool) resetPassword(ctx context.Context, s *spent) error {
	_, err := n.ConfirmForgotPassword(ctx, &api.ConfirmForgotPasswordInput{
		ClientId: n.clientID, Username: s.username, ConfirmationCode: s.resetCode, Password: testPassword,
	})
	return err
}

// reuse uses spent things again on a server. All must be refused.
func (c *clockedNodes) reuse(n testPool, s spent) {
	c.t.Helper()
	ctx := c.t.Context()
	isRefusal := func(what string, err error) {
		c.t.Helper()
		problem, ok := errors.AsType[*api.Error](err)
		if !ok || !slices.Contains([]string{
			api.CodeExpiredCodeException, api.CodeCodeMismatchException, api.CodeNotAuthorizedException, api.CodeRefreshTokenReuseException,
		}, problem.Code) {
			c.t.Errorf("%s of %s = %v, want a refusal", what, s.username, err)
		}
	}
	_, err := n.giveCode(ctx, s.username, s.session, s.code)
	isRefusal("a spent Session", err)
	in, err := n.signIn(ctx, s.username)
	if err != nil || in.ChallengeName != api.ChallengeNameTypeSoftwareTokenMfa {
		c.t.Fatalf("InitiateAuth = %+v, %v", in, err)
	}
	_, err = n.giveCode(ctx, s.username, in.Session, s.code)
	isRefusal("a spent code of a software token", err)
	isRefusal("a spent code of an email", n.resetPassword(ctx, &s))
	_, err = n.refresh(ctx, s.refreshToken)
	isRefusal("a spent refresh token", err)
}

// rotating makes the client of a pool rotate its refresh tokens, without a grace period.
func (n testPool) rotating(t *testing.T) testPool {
	t.Helper()
	if _, err := n.UpdateUserPoolClient(t.Context(), &api.UpdateUserPoolClientInput{
		UserPoolId: n.poolID, ClientId: n.clientID, ExplicitAuthFlows: []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
		RefreshTokenRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(0)},
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// The clocks of two servers are up to an hour apart. What was used on one server works on neither again, also after the other server has
// deleted expired rows by its own clock.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ late, early string }{
		{"cognate", "cognate-ahead"}, {"cognate-behind", "cognate"}, {"cognate", "cognate-apart"},
	} {
		t.Run(tt.late+" and "+tt.early, func(t *testing.T) {
			t.Parallel()
			c := newClockedNodes(t)
			late := c.start(tt.late)
			n := mustCreatePool(t, late, api.UserPoolMfaTypeOptional).rotating(t)
			first := c.spend(n, "first", clocks[tt.late])
			early := c.start(tt.early)
			if apart := clocks[tt.early] - clocks[tt.late]; apart >= time.Hour { // otherwise its purge is not due
				c.awaitTask(c.store(), "purge", clocks[tt.early])
			}
			second := c.spend(n.at(early), "second", clocks[tt.early])
			for _, server := range []*process{early, late} {
				c.reuse(n.at(server), first)
				c.reuse(n.at(server), second)
			}
			if tt.early == "cognate-apart" {
				racer, err := n.load(t.Context(), "racer", enrolled)
				if err != nil {
					t.Fatal(err)
				}
				n.race(t, []*process{late, early}, racer.username, racer.secret)
			}
			for _, server := range []*process{early, late} {
				if err := server.stop(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A server whose clock is an hour wrong does not take over a lease while its holder renews it, and takes it over when the renewals end.
func TestFaultOfTheClocks(t *testing.T) {
	if os.Getenv(testcluster.EnvFaults) != "1" {
		t.Skipf("%s is not 1", testcluster.EnvFaults)
	}
	c := newClockedNodes(t)
	s := c.store()
	for program := range clocks {
		c.start(program)
	}
	const longerThanSilence = 25 * time.Second
	task := lease.Task{Name: "purge", Period: 10 * time.Minute}
	due := func() time.Time { return time.Now().Add(6 * time.Hour) } // for this claim, the work is due
	worked := false
	for began := time.Now(); !worked; time.Sleep(20 * time.Millisecond) { // a server works at first
		if time.Since(began) > time.Minute {
			t.Fatal("the lease of the task does not become free")
		}
		err := lease.New(s, nil).Do(t.Context(), task, due, func(ctx context.Context) error {
			worked = true
			time.Sleep(longerThanSilence)
			return s.Write(ctx, func(*store.Tx) error { return nil }) // fails if another server has taken over
		})
		if err != nil {
			t.Fatalf("work under the lease = %v", err)
		}
	}

	began := time.Now()
	for isHeld := false; !isHeld; {
		last, err := s.Lease(t.Context(), task.Name)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *store.Tx) error { // as a server that is killed immediately
			isHeld, err = tx.ClaimLease(t.Context(), last, "killed", time.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
	}
	mustWait(t, "another server to take over", func() bool {
		time.Sleep(50 * time.Millisecond)
		l, err := s.Lease(t.Context(), task.Name)
		if err != nil {
			t.Fatal(err)
		}
		return l.Holder != "killed"
	})
	took := time.Since(began)
	if t.Logf("the lease of a killed server was taken over after %v", took.Round(time.Millisecond)); took < 15*time.Second || took > 25*time.Second {
		t.Errorf("the lease of a killed server was taken over after %v, want 15 s to 20 s", took)
	}
}
