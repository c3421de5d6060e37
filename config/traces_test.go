package config_test

import (
	"strings"
	"testing"

	"cognate/config"
)

func TestOTLPEndpoint(t *testing.T) {
	t.Parallel()
	if c := mustLoad(t, serve(t, "")); c.OTLPEndpoint != "" {
		t.Errorf("otlp_endpoint = %q, want none", c.OTLPEndpoint)
	}
	if c := mustLoad(t, serve(t, "otlp_endpoint: https://collector.example.com/otlp/\n")); c.OTLPEndpoint != "https://collector.example.com/otlp" {
		t.Errorf("otlp_endpoint = %q, want it without the slash", c.OTLPEndpoint)
	}
	for _, wrong := range []string{"collector:4318", "ftp://collector", "http://", "http://user:hunter2@collector", "http://collector?x=1"} {
		_, err := config.Load(serve(t, "otlp_endpoint: "+wrong+"\n"))
		if err == nil || !strings.Contains(err.Error(), "otlp_endpoint: not a URL") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("otlp_endpoint %q: %v", wrong, err)
		}
	}
}

// The name of the database for the log has no user and no password.
func TestDatabaseName(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://ann:hunter2@db1,db2:5432/people?sslmode=require":   "postgres://db1,db2:5432/people",
		"postgres://ann@/people?host=/run/postgresql&password=hunter2": "postgres:///run/postgresql/people",
	} {
		if got := (&config.Config{DatabaseURL: config.Secret(url)}).DatabaseName(); got != want {
			t.Errorf("DatabaseName() = %s, want %s", got, want)
		}
	}
	if got := (&config.Config{Data: "data"}).DatabaseName(); got != "data/cognate.db" {
		t.Errorf("DatabaseName() = %s", got)
	}
	if got := new(config.Config).DatabaseName(); got != "memory" {
		t.Errorf("DatabaseName() = %s", got)
	}
}
