package config

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

// readSecrets reads the secrets from the files that settings name.
func (c *Config) readSecrets() Problems {
	var p Problems
	if c.MasterKeyFile != "" && c.MasterKey == "" {
		c.MasterKey = readSecret(&p, "master_key_file", c.MasterKeyFile)
	}
	if c.OldMasterKeysFile != "" {
		keys := readSecret(&p, "old_master_keys_file", c.OldMasterKeysFile)
		for key := range strings.FieldsSeq(string(keys)) {
			c.OldMasterKeys = append(c.OldMasterKeys, Secret(key))
		}
	}
	c.Sending.readSecrets(&p)
	c.readAuditSecret(&p)
	for i := range c.AccessKeys {
		c.AccessKeys[i].readSecret(&p)
	}
	for i := range c.Functions {
		if f := &c.Functions[i]; f.SecretFile != "" && f.Secret == "" {
			f.Secret = readSecret(&p, fmt.Sprintf("functions[%d].secret_file", i), f.SecretFile)
			checkSecretSize(&p, fmt.Sprintf("functions[%d].secret_file", i), f.Secret)
		}
	}
	for i := range c.CodeKeys {
		c.CodeKeys[i].read(&p, i)
	}
	return p
}

// checkSecretSize rejects a secret that is set and too short.
func checkSecretSize(p *Problems, setting string, secret Secret) {
	if secret != "" && len(secret) < minSecretSize {
		p.add("%s: the secret is shorter than %d characters", setting, minSecretSize)
	}
}

func (k *CodeKey) read(p *Problems, i int) {
	if k.KeyFile == "" {
		return
	}
	setting := fmt.Sprintf("code_keys[%d].key_file", i)
	text := readSecret(p, setting, k.KeyFile)
	key, err := base64.StdEncoding.DecodeString(string(text))
	if text != "" && (err != nil || len(key) != codeKeySize) {
		p.add("%s: does not hold %d bytes in base64; make some with: openssl rand -base64 %d", setting, codeKeySize, codeKeySize)
	}
	k.Key = Secret(key)
}

func (k *AccessKey) readSecret(p *Problems) {
	if k.SecretFile == "" || k.Secret != "" {
		return
	}
	k.Secret = readSecret(p, "secret_file of access key "+k.ID, k.SecretFile)
	checkSecretSize(p, "secret_file of access key "+k.ID, k.Secret)
}

// readSecret returns the content of a file without white space around it. An empty file is a problem.
func readSecret(p *Problems, setting, path string) Secret {
	text, err := os.ReadFile(path)
	if err != nil {
		p.add("%s: %v", setting, err)
		return ""
	}
	secret := Secret(strings.TrimSpace(string(text)))
	if secret == "" {
		p.add("%s: %s is empty", setting, path)
	}
	return secret
}

// namesKey reports whether the text of a master key only names a key that a service or a program has.
func namesKey(text string) bool {
	return strings.Contains(text, "://") || strings.HasPrefix(text, "exec:")
}
