package config_test

import (
	"strings"
	"testing"

	"cognate/config"
)

// The database is found without the settings that only a running server needs.
func TestDatabaseOf(t *testing.T) {
	t.Parallel()
	file := mustWrite(t, "cognate.yaml", "data: people\nmaster_key_file: missing\naccess_keys: [{id: ADMIN, secret_file: missing}]\n")
	for _, c := range []struct {
		what  string
		s     config.Source
		want  string
		error string
	}{
		{"nothing", config.Source{}, "cognate-data/cognate.db", ""},
		{"the file", config.Source{File: file}, "people/cognate.db", ""},
		{"the environment", config.Source{File: file, Environ: []string{"COGNATE_DATA=other"}}, "other/cognate.db", ""},
		{"a flag", config.Source{Flags: map[string]any{"database_url": "postgres://a@b/c"}}, "postgres://a@b/c", ""},
		{"two databases", config.Source{File: file, Flags: map[string]any{"database_url": "postgres://a@b/c"}}, "", "data, database_url: set only one"},
		{"another engine", config.Source{Flags: map[string]any{"database_url": "mysql://a:hunter2@b/c"}}, "", "database_url: not a URL"},
	} {
		got, err := config.DatabaseOf(c.s)
		if c.error != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.error) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("DatabaseOf(%s) = %v, want %q", c.what, err, c.error)
			}
		} else if err != nil || got.StoreURL() != c.want {
			t.Errorf("DatabaseOf(%s) = %v, %v, want %s", c.what, got, err, c.want)
		}
	}
}
