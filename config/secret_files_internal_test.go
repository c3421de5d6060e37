package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Every setting that names a file is checked for its permissions, or holds no secret.
func TestSecretFilesAreComplete(t *testing.T) {
	t.Parallel()
	public := map[string]bool{"tls_cert": true, "smtp_ca_file": true, "log_delivery_file": true, "audit_file": true, "access_keys[0].policy_file": true}
	c := &Config{AccessKeys: make([]AccessKey, 1), Functions: make([]Function, 1), CodeKeys: make([]CodeKey, 1)}
	c.TLSDomains = t.TempDir()
	if err := os.WriteFile(filepath.Join(c.TLSDomains, "login.example.com.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	checked := make(map[string]bool)
	for _, f := range c.secretFiles() {
		checked[f.setting] = true
	}
	for prefix, group := range map[string]reflect.Type{
		"": reflect.TypeFor[Config](), "access_keys[0].": reflect.TypeFor[AccessKey](),
		"functions[0].": reflect.TypeFor[Function](), "code_keys[0].": reflect.TypeFor[CodeKey](),
	} {
		for _, field := range reflect.VisibleFields(group) {
			name := prefix + field.Tag.Get("koanf")
			isFile := field.Type.Kind() == reflect.String && (strings.HasSuffix(name, "_file") || strings.HasPrefix(name, "tls_"))
			if isFile && checked[name] == public[name] {
				t.Errorf("setting %s: checked %v, public %v, want one of them", name, checked[name], public[name])
			}
			delete(checked, name)
		}
	}
	if len(checked) > 0 {
		t.Errorf("secretFiles() names settings that do not exist: %v", checked)
	}
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/run/secrets/master.key": "/run/secrets/master.key", "a b": "'a b'", "-r": "'./-r'", "it's": `'it'\''s'`, "$(x)": "'$(x)'",
	} {
		if got := shellWord(text); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", text, got, want)
		}
	}
}
