package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"cognate/audit"
	"cognate/masterkey"
	"cognate/sealing"
	"cognate/store"
)

const masterKeyHelp = `The command finds the database and the master key by the settings data, database_url, master_key, master_key_file and
old_master_keys_file of serve, in the same file and the same environment variables. The servers continue to run.`

func newMasterKeyRotate() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Seal the data keys of a database with another master key",
		Long: `Seal the data keys of a database with the master key of the settings, or with another one (--to). The previous master key can be the
one of the settings or one in old_master_keys_file. The secrets in the database do not change, because the data keys seal them.

If the data keys are already under a key in a key management service, the command seals them again, with the newest version of this
key.

Running servers have the data keys in memory, so they continue to work. A server that starts needs the new master key: set it before the
next start, on every server.

` + masterKeyHelp,
		Example: `  cognate master-key rotate --config cognate.yaml --to awskms:///arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
  cognate master-key rotate --config cognate.yaml --to new.key`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMasterKeys(cmd, to, func(ctx context.Context, k *masterKeyCommand) error { return k.rotate(ctx) })
		},
	}
	addKeyFlags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "`file` with the new master key, or the name of a key: awskms://KEY, hashivault://KEY or exec:PROGRAM "+
		"(default the master key of the settings)")
	return cmd
}

func newMasterKeyStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which master key seals the data keys of a database",
		Long: `Show which master key seals the data keys of a database, and whether the settings have it. The command opens the data keys, so it
also checks that the key management service or the program answers. It changes nothing.

` + masterKeyHelp,
		Example: "  cognate master-key status --config cognate.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMasterKeys(cmd, "", func(ctx context.Context, k *masterKeyCommand) error { return k.status(ctx) })
		},
	}
	addKeyFlags(cmd)
	return cmd
}

// masterKeyCommand is what the commands about the master key of a database have in common.
type masterKeyCommand struct {
	store *store.Store
	keys  []sealing.MasterKey // of the settings
	to    *sealing.MasterKey  // of --to; nil without it
	out   io.Writer
}

// withMasterKeys opens the database of a command and leaves its data keys under their master key.
func withMasterKeys(cmd *cobra.Command, to string, do func(ctx context.Context, k *masterKeyCommand) error) (err error) {
	k := &masterKeyCommand{out: cmd.OutOrStdout()}
	c, keys, wrongSettings := sealedDatabase(cmd)
	k.keys = keys
	var wrongKey error
	if to != "" {
		key, err := readNewKey(cmd.Context(), to)
		if err != nil {
			wrongKey = fmt.Errorf("--to: %w", err)
		}
		k.to = &key
	}
	if err := problemsOf(wrongSettings, wrongKey); err != nil {
		return err
	}
	k.store, err = openWith(cmd.Context(), c, k.keys)
	if errors.Is(err, sealing.ErrWrongMasterKey) {
		return fmt.Errorf("%w. The settings must name the master key that seals the data keys now, as master_key, master_key_file or in "+
			"old_master_keys_file", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.store.Close()) }()
	return do(cmd.Context(), k)
}

// readNewKey returns the master key of --to: the name of a key, or a file.
func readNewKey(ctx context.Context, to string) (sealing.MasterKey, error) {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "exec:") {
		return masterkey.Parse(ctx, to, os.Getenv)
	}
	text, err := os.ReadFile(to)
	if err != nil {
		return sealing.MasterKey{}, err
	}
	key, err := masterkey.Parse(ctx, string(text), os.Getenv)
	if err != nil {
		return sealing.MasterKey{}, fmt.Errorf("%s: %w", to, err)
	}
	return key, nil
}

func (k *masterKeyCommand) rotate(ctx context.Context) error {
	to := k.keys[0]
	if k.to != nil {
		to = *k.to
	}
	from, _, err := k.store.MasterKeyID(ctx)
	if err != nil {
		return err
	}
	if from == to.ID() && to.Name() == "" {
		_, err := fmt.Fprintf(k.out, "the data keys are already under %s; name a new one with --to, or in the settings\n", describeKey(to))
		return err
	}
	ctx, done := audit.Command(ctx, k.store, "CognateMasterKeyRotated", "from", from, "to", to.ID())
	err = k.store.RotateMasterKey(ctx, to, k.keys)
	done(err)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(k.out, "the data keys are under %s\n", describeKey(to)); err != nil || to.Equal(k.keys[0]) {
		return err
	}
	_, err = fmt.Fprintln(k.out, "Set this master key in the settings of all servers before the next start of one of them.")
	return err
}

func (k *masterKeyCommand) status(ctx context.Context) error {
	id, keys, err := k.store.MasterKeyID(ctx)
	if err != nil {
		return err
	}
	i := k.store.Box().OpenedBy()
	seals, where := describeKey(k.keys[i]), "it is the master key of the settings"
	switch {
	case k.keys[i].ID() != id: // two names can mean the same key of a service
		seals, where = "another master key", "the settings have it under another name"
	case i > 0:
		where = fmt.Sprintf("it is line %d of old_master_keys_file; cognate master-key rotate seals them with %s", i, describeKey(k.keys[0]))
	}
	_, err = fmt.Fprintf(k.out, "data keys: %d\nsealed with %s: %s\n", keys, seals, where)
	return err
}

// describeKey returns what a person is shown of a master key.
func describeKey(key sealing.MasterKey) string {
	if key.Name() != "" {
		return fmt.Sprintf("%s (%v)", key.Name(), key)
	}
	return key.String()
}
