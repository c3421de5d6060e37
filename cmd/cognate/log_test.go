package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

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
			t.Errorf("the log lacks %s:\n%s", part, &out)
		}
	}
	out.Reset()
	log.Debug("quiet")
	if out.Len() > 0 {
		t.Errorf("the log has a line below its level:\n%s", &out)
	}
}
