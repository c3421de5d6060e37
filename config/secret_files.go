package config

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/knadh/koanf/v2"
)

// Readable is the error of Load in Serve if users of the machine who are neither the owner nor in the group can read a file
// with a secret. It lists all problems, and the command that repairs each such file.
type Readable struct{ Problems }

// Unwrap returns the Problems.
func (r *Readable) Unwrap() error { return r.Problems }

// secretFile is a file with a secret, and the setting that names it.
type secretFile struct{ setting, path string }

// secretFiles returns every file with a secret that a setting names. The path is empty if the setting is not set.
func (c *Config) secretFiles() []secretFile {
	files := []secretFile{
		{"tls_key", c.TLSKey},
		{"master_key_file", c.MasterKeyFile},
		{"old_master_keys_file", c.OldMasterKeysFile},
		{"smtp_password_file", c.SMTPPasswordFile},
		{"webhook_secret_file", c.WebhookSecretFile},
		{"audit_webhook_secret_file", c.AuditWebhookSecretFile},
	}
	domainKeys, _ := c.DomainKeys() // validation reports the error
	for _, path := range domainKeys {
		files = append(files, secretFile{"tls_domains", path})
	}
	for i, k := range c.AccessKeys {
		files = append(files, secretFile{fmt.Sprintf("access_keys[%d].secret_file", i), k.SecretFile})
	}
	for i, f := range c.Functions {
		files = append(files, secretFile{fmt.Sprintf("functions[%d].secret_file", i), f.SecretFile})
	}
	for i, k := range c.CodeKeys {
		files = append(files, secretFile{fmt.Sprintf("code_keys[%d].key_file", i), k.KeyFile})
	}
	return files
}

// SecretFiles returns the paths of the files with secrets that the settings name.
func (c *Config) SecretFiles() []string {
	var paths []string
	for _, f := range c.secretFiles() {
		if f.path != "" {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// hasSecret reports whether the settings file itself holds a secret. c must not have secrets from other files yet.
func (c *Config) hasSecret(fromFile *koanf.Koanf) bool {
	for _, k := range c.AccessKeys {
		if k.Secret != "" {
			return true
		}
	}
	for _, f := range c.Functions {
		if f.Secret != "" {
			return true
		}
	}
	u, err := url.Parse(fromFile.String("database_url"))
	if err != nil {
		return true // a text that cannot be parsed may have a password
	}
	_, hasPassword := u.User.Password()
	return hasPassword || u.Query().Has("password")
}

// readable returns a problem for each file that others can read. The owner's group may read it. It ignores devices and files
// that do not exist.
func readable(files []secretFile) Problems {
	var p Problems
	for _, f := range files {
		if f.path == "" {
			continue
		}
		info, err := os.Stat(f.path)
		if err == nil && info.Mode()&fs.ModeDevice == 0 && info.Mode().Perm()&0o004 != 0 {
			p.add("%s: every user of this machine can read %s, which holds a secret; repair it with\n    chmod o-r %s",
				f.setting, f.path, shellWord(f.path))
		}
	}
	return p
}

// RequirePrivate returns an error if every user of the machine can read the file with a secret that a flag names. Errors: Problems.
func RequirePrivate(flag, path string) error {
	if p := readable([]secretFile{{flag, path}}); len(p) > 0 {
		return p
	}
	return nil
}

var plainWord = regexp.MustCompile(`^[\w@%+=:,./][\w@%+=:,./-]*$`)

// shellWord returns a text as one word of a shell command.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	if strings.HasPrefix(text, "-") { // not an option
		text = "./" + text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
