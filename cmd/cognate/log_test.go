package main

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/audit"
	"cognate/config"
)

func TestLogMasksSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	type credentials struct{ Value string }
	for _, format := range []string{"text", "json"} {
		var out strings.Builder
		log := newLog(&out, &config.Config{LogFormat: format})
		for _, name := range []string{
			"password", "Password", "ProposedPassword", "temporary_password", "secret", "client-secret", "SECRET_HASH", "SecretCode",
			"token", "AccessToken", "refresh_tokens", "idToken", "code", "UserCode", "MFACode", "SOFTWARE_TOKEN_MFA_CODE", "session",
			"Session", "authorization", "Authorization", "cookie", "signature", "master key", "SRP_A",
		} {
			log.Info("one", name, secret)
			log.With(name, secret).Info("with")
			log.WithGroup(name).Info("group", "of", secret)
			log.Info("in a group", slog.Group("request", name, secret))
		}
		log.Info("composite", "user", credentials{secret}, "pointer", &credentials{secret}, "list", []string{secret}, "map", map[string]string{"a": secret})
		if strings.Contains(out.String(), secret) {
			t.Errorf("the %s log shows a secret:\n%s", format, &out)
		}
	}
}

func TestLogShowsTheRest(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := newLog(&out, &config.Config{LogFormat: "text"})
	log.Info("request", "operation", "AssociateSoftwareToken", "pool", "us-east-1_Ab1", "decode", 1, "took", time.Second,
		"error", errors.New("disk full"), "address", fmt.Stringer(slog.LevelInfo), "nothing", nil)
	for _, part := range []string{
		"msg=request", "operation=AssociateSoftwareToken", "pool=us-east-1_Ab1", "decode=1", "took=1s", `error="disk full"`, "address=INFO",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the log does not contain %s:\n%s", part, &out)
		}
	}
	out.Reset()
	log.Debug("quiet")
	if out.Len() > 0 {
		t.Errorf("the log has a line below its level:\n%s", &out)
	}
}

// The line of an audit event shows what the request changed.
func TestLogShowsChanges(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"text": `changes="password changed, signed in"`, "json": `"changes":["password changed","signed in"]`,
	} {
		var out strings.Builder
		sink := audit.Log{Logger: newLog(&out, &config.Config{LogFormat: format})}
		e := &audit.Event{Outcome: audit.OK, Changes: []audit.Change{audit.PasswordChanged, audit.SignedIn}}
		if err := sink.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("the %s log does not contain %s:\n%s", format, want, &out)
		}
	}
}

// A server's log contains no secrets of requests.
func TestServerLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	server := mustStart(t, t.TempDir(), "dev", "--listen", "127.0.0.1:0", "--log-level", "debug")
	n := mustCreatePool(t, server, api.UserPoolMfaTypeOptional)
	p, err := n.load(t.Context(), "ines", enrolled)
	if err != nil {
		t.Fatal(err)
	}
	in, err := n.signIn(t.Context(), "ines")
	if err != nil {
		t.Fatal(err)
	}
	const wrong = "000000"
	if _, err := n.giveCode(t.Context(), "ines", in.Session, wrong); err == nil {
		t.Error("a wrong code was accepted")
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	log := server.stderr.String()
	for name, secret := range map[string]string{"password": testPassword, "secret": p.secret, "access token": p.accessToken, "session": in.Session} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s:\n%s", name, log)
		}
	}
	for name, code := range map[string]string{"code": p.spent, "wrong code": wrong} {
		if regexp.MustCompile(`\b` + code + `\b`).MatchString(log) { // a time or an ID can contain the digits
			t.Errorf("the log holds the %s:\n%s", name, log)
		}
	}
	for _, want := range []string{"operation=InitiateAuth", "operation=AssociateSoftwareToken", "outcome=CodeMismatchException"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not contain %s:\n%s", want, log)
		}
	}
}
