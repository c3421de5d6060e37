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
		"a key without secret": {file: "access_keys: [{id: ADMIN}]", error: "access_keys[0]: set one of secret and secret_file"},
		"a missing file":       {file: "access_keys: [{id: ADMIN, secret_file: missing.secret}]", error: "secret_file of access key ADMIN"},
		"an unknown member":    {file: "access_keys: [{id: ADMIN, secret_file: SECRET, shoe_size: 9}]", error: "access_keys[0].shoe_size: unknown setting"},
		"no list":              {file: "access_keys: ADMIN", error: "access_keys"},
		"a key twice":          {file: "access_keys: [{id: ADMIN, secret_file: SECRET}, {id: ADMIN, secret_file: SECRET}]", error: `access_keys[1].id: "ADMIN" appears twice`},
		"no YAML":              {file: "access_keys: [", error: "read settings from"},
	} {
		file := mustWrite(t, "cognate.yaml", strings.ReplaceAll(tt.file, "SECRET", secret))
		listed, err := config.AccessKeysOf(config.Source{File: file, Environ: tt.environ})
		keys := listed.Valid
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

// An error in one key does not hide which keys the file lists and which of them are valid.
func TestAccessKeysOfListsAllKeys(t *testing.T) {
	t.Parallel()
	secret := mustWrite(t, "admin.secret", "correct-horse-battery\n")
	const good = "{id: GOOD, secret_file: SECRET}"
	for what, tt := range map[string]struct{ file, valid, listed string }{
		"all valid":              {"access_keys: [" + good + ", {id: OTHER, secret_file: SECRET}]", "GOOD OTHER", "GOOD OTHER"},
		"none":                   {"log_level: info", "", ""},
		"a missing secret file":  {"access_keys: [" + good + ", {id: OTHER, secret_file: missing.secret}]", "GOOD", "GOOD OTHER"},
		"an invalid key":         {"access_keys: [" + good + ", {id: OTHER}]", "", "GOOD OTHER"},
		"an unknown member":      {"access_keys: [" + good + ", {id: OTHER, secret_file: SECRET, shoe_size: 9}]\n# GONE", "", "GOOD OTHER"},
		"no YAML":                {"access_keys: [" + good + ", {id: OTHER # id: GONE\n  #GONE", "", "GOOD OTHER"},
		"a name that has the ID": {"access_keys: [{id: GOOD_GONE_OTHER, secret_file: SECRET]", "", ""},
	} {
		file := mustWrite(t, "cognate.yaml", strings.ReplaceAll(tt.file, "SECRET", secret))
		keys, _ := config.AccessKeysOf(config.Source{File: file})
		var valid, listed []string
		for _, key := range keys.Valid {
			valid = append(valid, key.ID)
		}
		for _, id := range []string{"GOOD", "OTHER", "GONE"} {
			if keys.Lists(id) {
				listed = append(listed, id)
			}
		}
		if got := strings.Join(valid, " "); got != tt.valid {
			t.Errorf("%s: valid keys %q, want %q", what, got, tt.valid)
		}
		if got := strings.Join(listed, " "); got != tt.listed {
			t.Errorf("%s: listed keys %q, want %q", what, got, tt.listed)
		}
	}
	// A file that cannot be read does not say that a key was removed.
	if keys, err := config.AccessKeysOf(config.Source{File: "missing.yaml"}); err == nil || !keys.Lists("GOOD") {
		t.Errorf("AccessKeysOf(no file) = %v, and it does not list the key", err)
	}
}
