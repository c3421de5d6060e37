package config_test

import (
	"fmt"
	"strings"
	"testing"

	"cognate/config"
)

// Errors in other settings do not matter. An error in one of the keys does.
func TestAccessKeysOf(t *testing.T) {
	t.Parallel()
	secret := mustWrite(t, "admin.secret", "correct-horse-battery\n")
	for what, tt := range map[string]struct {
		file    string
		environ []string
		want    string
		error   string
	}{
		"a key":                {file: "access_keys: [{id: ADMIN, secret_file: SECRET}]", want: "ADMIN correct-horse-battery 000000000000"},
		"its account":          {file: "access_keys: [{id: ADMIN, secret_file: SECRET, account: '123456789012'}]", want: "ADMIN correct-horse-battery 123456789012"},
		"the account":          {file: "access_keys: [{id: ADMIN, secret_file: SECRET}]", environ: []string{"COGNATE_ACCOUNT=111122223333"}, want: "ADMIN correct-horse-battery 111122223333"},
		"other errors":         {file: "log_level: loud\nshoe_size: 9\ntls_cert: missing\naccess_keys: [{id: ADMIN, secret_file: SECRET}]", want: "ADMIN correct-horse-battery 000000000000"},
		"no keys":              {file: "log_level: info", error: "access_keys: at least one is required"},
		"a key without secret": {file: "access_keys: [{id: ADMIN}]", error: "access_keys[0]: set one of secret and secret_file"},
		"a missing file":       {file: "access_keys: [{id: ADMIN, secret_file: missing.secret}]", error: "secret_file of access key ADMIN"},
		"an unknown member":    {file: "access_keys: [{id: ADMIN, secret_file: SECRET, shoe_size: 9}]", error: "access_keys[0].shoe_size: unknown setting"},
		"no list":              {file: "access_keys: ADMIN", error: "access_keys"},
		"a key twice":          {file: "access_keys: [{id: ADMIN, secret_file: SECRET}, {id: ADMIN, secret_file: SECRET}]", error: `access_keys[1].id: "ADMIN" appears twice`},
		"no YAML":              {file: "access_keys: [", error: "read settings from"},
	} {
		file := mustWrite(t, "cognate.yaml", strings.ReplaceAll(tt.file, "SECRET", secret))
		keys, err := config.AccessKeysOf(config.Source{File: file, Environ: tt.environ})
		if tt.error != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.error) || keys != nil {
				t.Errorf("AccessKeysOf(%s) = %v, %v, want %q", what, keys, err, tt.error)
			}
			continue
		}
		if err != nil || len(keys) != 1 {
			t.Errorf("AccessKeysOf(%s) = %v, %v, want one key", what, keys, err)
			continue
		}
		if got := fmt.Sprintf("%s %s %s", keys[0].ID, string(keys[0].Secret), keys[0].Account); got != tt.want {
			t.Errorf("AccessKeysOf(%s) = %s, want %s", what, got, tt.want)
		}
	}
}
