package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cognate/config"
	"cognate/internal/disk"
	"cognate/masterkey"
	"cognate/sealing"
)

// devKeyFile is the file with the master key that dev creates beside a database.
const devKeyFile = "master.key"

func newMasterKey() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "master-key",
		Short: "Make a master key, which seals the secrets in a database",
		Long: `Make a master key. A server needs it to unseal the secrets in its database: keep it apart from the database and its
backups, and keep a copy. Without it, the secrets are lost.

The key of a server can also be in a key management service, or be used by a program: then you need no master key in a file.
See docs/master-key.md.`,
		Example: "  cognate master-key --out master.key",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := sealing.NewMasterKey(rand.Reader)
			if err != nil {
				return err
			}
			if out != "" {
				err := writeKey(out, key)
				if errors.Is(err, fs.ErrExist) {
					return usageError{fmt.Errorf("%s already exists, and may be the key of a database; choose another file", out)}
				}
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "new `file` to write it to, readable by its owner only (default standard output)")
	cmd.AddCommand(newMasterKeyRotate(), newMasterKeyStatus())
	return cmd
}

// parseMasterKeys returns the master keys of the settings. The first one seals.
func parseMasterKeys(c *config.Config) ([]sealing.MasterKey, error) {
	var keys []sealing.MasterKey
	var problems []error
	for i, text := range append([]config.Secret{c.MasterKey}, c.OldMasterKeys...) {
		key, err := masterkey.Parse(context.Background(), string(text), os.Getenv)
		switch {
		case err != nil && i == 0:
			problems = append(problems, fmt.Errorf("master key: %w", err))
		case err != nil:
			problems = append(problems, fmt.Errorf("old master key %d: %w", i, err))
		}
		keys = append(keys, key)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return keys, nil
}

// devMasterKeys returns the master keys of a development server. If the settings have none, it makes a key: for data in
// memory a temporary one, for data in a folder one that it stores there.
func devMasterKeys(c *config.Config) ([]sealing.MasterKey, error) {
	if c.MasterKey != "" {
		return parseMasterKeys(c)
	}
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if c.Data != "" {
		if text, err = loadOrStoreKey(c.Data, text); err != nil {
			return nil, err
		}
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(c.Data, devKeyFile), err)
	}
	return []sealing.MasterKey{key}, nil
}

// loadOrStoreKey returns the master key of a data folder. If there is none, it stores fresh there. The file exists only once it is
// complete and on the disk: a database without its key would be lost.
func loadOrStoreKey(dir, fresh string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make data folder: %w", err)
	}
	path := filepath.Join(dir, devKeyFile)
	text, err := os.ReadFile(path)
	if err == nil {
		return string(text), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read master key: %w", err)
	}
	if err := writeKey(path, fresh); errors.Is(err, fs.ErrExist) { // another process has created it
		return loadOrStoreKey(dir, fresh)
	} else if err != nil {
		return "", err
	}
	return fresh, nil
}

// writeKey writes a file with a secret that must not exist, so it never overwrites a key. The file gets its name once it is complete.
func writeKey(path, text string) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".secret-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	err = tmp.Chmod(0o600) // the umask may have taken the owner's permissions
	if err == nil {
		_, err = fmt.Fprintln(tmp, text)
	}
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Link(tmp.Name(), path) // unlike a rename, a link does not replace a file
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return disk.SyncFolder(dir)
}
