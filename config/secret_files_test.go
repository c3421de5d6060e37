package config_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"cognate/config"
)

// secrets returns the settings of a server that reads every secret from a file, and the files by their setting.
func secrets(t *testing.T) (s config.Source, files map[string]string) {
	t.Helper()
	const secret = "correct-horse-battery"
	files = map[string]string{
		"master_key_file": mustWrite(t, "master.key", masterKey), "old_master_keys_file": mustWrite(t, "old.keys", masterKey),
		"tls_key": mustWrite(t, "key.pem", secret), "smtp_password_file": mustWrite(t, "smtp", secret),
		"webhook_secret_file": mustWrite(t, "webhook", secret), "access_keys[0].secret_file": mustWrite(t, "access", secret),
		"functions[0].secret_file": mustWrite(t, "function", secret),
		"code_keys[0].key_file":    mustWrite(t, "code", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))),
	}
	text := fmt.Sprintf("access_keys: [{id: ADMIN, secret_file: %q}]\nfunctions: [{arn: %q, url: 'https://a.example/', secret_file: %q}]\n"+
		"code_keys: [{kms_key_id: a, key_file: %q}]\ntls_cert: cert.pem\nemail_sender: smtp\nemail_from: a@example.com\n"+
		"smtp_address: mail.example\nsmtp_user: a\nsms_sender: webhook\nwebhook_url: https://b.example/\n",
		files["access_keys[0].secret_file"], arn, files["functions[0].secret_file"], files["code_keys[0].key_file"])
	for _, name := range []string{
		"master_key_file", "old_master_keys_file", "tls_key", "smtp_password_file", "webhook_secret_file",
	} {
		text += fmt.Sprintf("%s: %q\n", name, files[name])
	}
	return config.Source{Mode: config.Serve, File: mustWrite(t, "cognate.yaml", text)}, files
}

func mustChmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestSecretFilesMustBePrivate(t *testing.T) {
	t.Parallel()
	s, files := secrets(t)
	mustChmod(t, s.File, 0o644) // it holds no secret
	for _, path := range files {
		mustChmod(t, path, 0o640) // the group may read
	}
	mustLoad(t, s)
	for setting, path := range files {
		mustChmod(t, path, 0o604)
		_, err := config.Load(s)
		readable, ok := errors.AsType[*config.Readable](err)
		if !ok || len(readable.Problems) != 1 || !strings.HasPrefix(readable.Problems[0], setting+": ") ||
			!strings.HasSuffix(readable.Problems[0], "\n    chmod o-r "+path) {
			t.Errorf("Load(%s is readable) = %v, want the command that repairs it", setting, err)
		}
		mustChmod(t, path, 0o600)
	}
}

// The settings file must be private if it holds a secret itself.
func TestSettingsFileWithSecrets(t *testing.T) {
	t.Parallel()
	admin := fmt.Sprintf("access_keys: [{id: ADMIN, secret_file: %q}]\n", mustWrite(t, "admin.secret", "correct-horse-battery"))
	for what, c := range map[string]struct {
		text    string
		refused bool
	}{
		"an access key":                 {keys, true},
		"a function":                    {admin + "functions: [{arn: '" + arn + "', url: 'https://a.example/', secret: correct-horse-battery}]\n", true},
		"a password of the database":    {admin + "database_url: postgres://a:b@c/d\n", true},
		"a password in the query":       {admin + "database_url: postgres://a@c/d?password=b\n", true},
		"a database without a password": {admin + "database_url: postgres://a@c/d\n", false},
		"no secret":                     {admin, false},
	} {
		path := mustWrite(t, "cognate.yaml", c.text)
		mustChmod(t, path, 0o644)
		s := config.Source{Mode: config.Serve, Environ: []string{"COGNATE_MASTER_KEY=" + masterKey, "COGNATE_CONFIG=" + path}}
		_, err := config.Load(s)
		if _, refused := errors.AsType[*config.Readable](err); refused != c.refused || !refused && err != nil {
			t.Errorf("Load(settings file with %s, mode 644) = %v, want refused %v", what, err, c.refused)
		}
	}
}

// All problems are reported together, and dev accepts files that others can read.
func TestReadableAndOtherProblems(t *testing.T) {
	t.Parallel()
	s, files := secrets(t)
	mustChmod(t, files["tls_key"], 0o644)
	s.Flags = map[string]any{"drain": "1h"}
	_, err := config.Load(s)
	problems, ok := errors.AsType[config.Problems](err)
	if _, readable := errors.AsType[*config.Readable](err); !ok || !readable || len(problems) != 2 {
		t.Errorf("Load() = %v, want two problems", err)
	}
	key := mustWrite(t, "master.key", masterKey)
	mustChmod(t, key, 0o644)
	mustLoad(t, config.Source{Mode: config.Dev, Flags: map[string]any{"master_key_file": key}})
}
