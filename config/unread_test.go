package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cognate/config"
)

// A settings file that cannot be read does not hide what is wrong with the environment and the flags. Problems that the file could solve are
// left out.
func TestUnreadFile(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tt := range []struct {
		name    string
		mode    config.Mode
		file    string
		flags   map[string]any
		environ []string
		want    string // "|" separates problems after the first one
	}{
		{name: "alone", mode: config.Serve},
		{name: "no YAML", mode: config.Serve, file: "listen: [", flags: map[string]any{"listen": "x"}, want: "listen: "},
		{
			name: "values", mode: config.Serve,
			flags:   map[string]any{"listen": "x", "database_connections": "many", "master_key_file": missing},
			environ: []string{"COGNATE_AUDIT=reads", "COGNATE_REGION=eu-west-1", "COGNATE_DRAIN=soon", "COGNATE_ADDRESS_BURST=0"},
			want: "region: has no effect in cognate serve|database_connections: must be a whole number|drain: must be a duration|listen: |" +
				"address_burst: 0 is not between|audit: \"reads\" is not|master_key_file: open ",
		},
		{
			name: "the file can solve them", mode: config.Serve,
			flags: map[string]any{
				"listen": ":8229", "tls_cert": "a.pem", "smtp_address": "mail.example.com:25", "proxy_protocol": "true", "acme_email": "a@example.com",
			},
			environ: []string{"COGNATE_DATABASE_POOLER=transaction"},
		},
		{name: "the file can permit it", mode: config.Dev, flags: map[string]any{"listen": "10.0.0.1:1"}},
		{
			name: "settings that exclude each other", mode: config.Serve, environ: []string{"COGNATE_DATA=a"},
			flags: map[string]any{"database_url": "postgres://a@b/c"}, want: "data, database_url: ",
		},
	} {
		path := missing
		if tt.file != "" {
			path = mustWrite(t, "cognate.yaml", tt.file)
		}
		c, err := config.Inspect(config.Source{Mode: tt.mode, File: path, Flags: tt.flags, Environ: tt.environ})
		problems, _ := errors.AsType[config.Problems](err)
		if c == nil || !c.Unread || len(problems) == 0 || !strings.HasPrefix(problems[0], "read settings from "+path+": ") {
			t.Errorf("Inspect(%s) = %v, %v, want the file first", tt.name, c, err)
			continue
		}
		var want []string
		if tt.want != "" {
			want = strings.Split(tt.want, "|")
		}
		isRight := len(problems) == len(want)+1
		for i := 0; isRight && i < len(want); i++ {
			isRight = strings.HasPrefix(problems[i+1], want[i])
		}
		if !isRight {
			t.Errorf("Inspect(%s) = %v, want the file and %q", tt.name, err, want)
		}
	}
}

func TestUnreadFileOfDatabase(t *testing.T) {
	t.Parallel()
	_, err := config.SealedDatabaseOf(config.Source{
		File: filepath.Join(t.TempDir(), "missing"), Flags: map[string]any{"master_key_file": "none"}, Environ: []string{"COGNATE_DATABASE_URL=mysql://a"},
	})
	problems, _ := errors.AsType[config.Problems](err)
	if len(problems) != 3 || !strings.HasPrefix(problems[1], "database_url: ") || !strings.HasPrefix(problems[2], "master_key_file: open none") {
		t.Errorf("SealedDatabaseOf() = %v, want three problems", err)
	}
}
