package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cognate/cli/profile"
)

func setFiles(t *testing.T, config, credentials string) {
	t.Helper()
	folder := t.TempDir()
	for name, file := range map[string]struct{ variable, text string }{
		"config":      {"AWS_CONFIG_FILE", config},
		"credentials": {"AWS_SHARED_CREDENTIALS_FILE", credentials},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(file.text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(file.variable, path)
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"} {
		t.Setenv(name, "")
	}
}

func TestLoad(t *testing.T) {
	setFiles(t, "[default]\noutput = table\ncli_pager =\n# comment\n[profile \"x\"]\nendpoint_url = http://all\nservices = s\n"+
		"[services s]\ncognito_identity_provider =\n  endpoint_url = http://one\n", "[only]\naws_access_key_id = a\n")
	s, err := profile.Load("")
	if err != nil || s.Get("output") != "table" || !s.Has("cli_pager") || s.Endpoint() != "" {
		t.Errorf("default = %+v, %v", s, err)
	}
	if s, err = profile.Load("x"); err != nil || s.Endpoint() != "http://one" {
		t.Errorf("x = %+v, %v", s, err)
	}
	t.Setenv("AWS_ENDPOINT_URL", "http://environment")
	if got := s.Endpoint(); got != "http://environment" {
		t.Errorf("Endpoint with the environment = %s", got)
	}
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
	if got := s.Endpoint(); got != "" {
		t.Errorf("Endpoint, ignored = %s", got)
	}
	if _, err := profile.Load("only"); err != nil {
		t.Errorf("a profile of the credentials file: %v", err)
	}
	missing := &profile.NotFoundError{}
	if _, err := profile.Load("none"); !errors.As(err, &missing) {
		t.Errorf("Load(none) = %v", err)
	}
}
