package config

import (
	"os"
	"strings"
)

// readSecrets replaces the names of files by the secrets in them.
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
	for i := range c.AccessKeys {
		c.AccessKeys[i].readSecret(&p)
	}
	return p
}

func (k *AccessKey) readSecret(p *Problems) {
	if k.SecretFile == "" || k.Secret != "" {
		return
	}
	k.Secret = readSecret(p, "secret_file of access key "+k.ID, k.SecretFile)
	if k.Secret != "" && len(k.Secret) < minSecretSize {
		p.add("secret_file of access key %s: the secret is shorter than %d characters", k.ID, minSecretSize)
	}
}

// readSecret returns what a file holds, without spaces and line ends around it; nothing is a problem.
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
