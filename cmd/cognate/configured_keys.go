package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"cognate/config"
	"cognate/iam"
	"cognate/store"
)

// configuredKey is an access key of the settings, with its policy.
type configuredKey struct {
	settings config.AccessKey
	key      iam.AccessKey
}

// configuredKeys returns the access keys of the settings that have a valid policy. The error has all others, as config.Problems.
func configuredKeys(settings []config.AccessKey) ([]configuredKey, error) {
	var keys []configuredKey
	var problems config.Problems
	for _, s := range settings {
		policy := iam.Everything()
		if s.PolicyFile != "" {
			var err error
			if policy, _, err = readPolicy(s.PolicyFile); err != nil {
				problems = append(problems, fmt.Sprintf("policy_file of access key %s: %v", s.ID, err))
				continue
			}
		}
		keys = append(keys, configuredKey{s, iam.AccessKey{AccountID: s.Account, Name: s.Name, Secret: string(s.Secret), Policy: policy}})
	}
	if len(problems) > 0 {
		return keys, problems
	}
	return keys, nil
}

// readPolicy returns the ready policy of that name, or the policy in a file, and where it is from.
func readPolicy(nameOrFile string) (policy *iam.Policy, source string, err error) {
	if policy, ok := iam.Ready(nameOrFile); ok {
		return policy, nameOrFile, nil
	}
	text, err := os.ReadFile(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%s is neither a file nor a ready policy; the ready policies are %s", nameOrFile, strings.Join(iam.ReadyNames(), ", "))
	}
	if err != nil {
		return nil, "", err
	}
	policy, err = iam.ParsePolicy(string(text))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", nameOrFile, err)
	}
	return policy, nameOrFile, nil
}

// policyFile returns the path of the file with the policy; empty for none and for a ready policy.
func (k *configuredKey) policyFile() string {
	if _, ok := iam.Ready(k.settings.PolicyFile); ok {
		return ""
	}
	return k.settings.PolicyFile
}

// secretIsGone reports whether the file with the secret no longer exists.
func (k *configuredKey) secretIsGone() bool {
	if k.settings.SecretFile == "" {
		return false
	}
	_, err := os.Stat(k.settings.SecretFile)
	return errors.Is(err, fs.ErrNotExist)
}

func byID(keys []configuredKey) map[string]iam.AccessKey {
	all := make(map[string]iam.AccessKey)
	for _, k := range keys {
		all[k.settings.ID] = k.key
	}
	return all
}

// requireKey returns an error if a server with signatures would have no access key: neither in the settings nor in the database. It
// changes nothing. Errors: config.Problems.
func (n *node) requireKey(ctx context.Context, configured []configuredKey) error {
	if n.keys == nil || len(configured) > 0 {
		return nil
	}
	return requireStoredKey(ctx, n.config)
}

// requireStoredKey returns an error if the database has no access key. Errors: config.Problems.
func requireStoredKey(ctx context.Context, c *config.Config) error {
	found, err := store.HasAccessKey(ctx, c.StoreURL())
	if err != nil || found {
		return err
	}
	return config.Problems{"access_keys: there is no access key, so no administrator could use the server; create one with\n" +
		"    cognate keys create --name administrator --policy administrator --out administrator.key\n" +
		"  which finds the database by the same settings; or create the settings file, the master key and an access key with\n" +
		"    cognate init DIR"}
}

// withMissingKey adds the problem of requireStoredKey to problems of other settings, so that an operator sees them together.
func withMissingKey(ctx context.Context, s config.Source, err error) error {
	listed, invalid := config.AccessKeysOf(s)
	if invalid != nil || len(listed.Valid) > 0 {
		return err
	}
	c, invalid := config.DatabaseOf(s)
	if invalid != nil {
		return err
	}
	missing, _ := errors.AsType[config.Problems](requireStoredKey(ctx, c)) // another error says that the database does not answer
	return config.WithProblems(err, missing)
}
