package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"cognate/audit"
	"cognate/store"
	"cognate/tokens"
)

func newRotateSigningKeys() *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use:   "rotate-signing-keys",
		Short: "Replace the keys that sign the tokens of user pools",
		Long: `Make new keys that sign the ID and access tokens of a user pool, or of all user pools. Servers publish the new keys immediately
and sign with them 24 hours later, so that every program that verifies tokens has them before. With --now the servers sign with
them immediately. The old keys stay published until the last token that they signed has expired, so no user is signed out.

If a pool has new keys that do not sign yet, the command makes no others. With --now, those keys sign immediately.

With --revoke, for a key that has leaked, the servers sign with the new keys immediately and the old keys are deleted: their ID and access
tokens are invalid. Applications get new ones with their refresh tokens. Restart programs that cache the old keys.

The servers continue to run. The command finds the database and the master key by the settings data, database_url,
master_key_file and old_master_keys_file of serve, in the same file and the same environment variables.`,
		Example: `  cognate rotate-signing-keys --config cognate.yaml --all
  cognate rotate-signing-keys --config cognate.yaml --pool eu-west-1_AbCdEfGhI --revoke`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("pool") == o.all {
				return usageError{errors.New("name one user pool with --pool ID, or all user pools with --all")}
			}
			if o.now && o.revoke {
				return usageError{errors.New("use --now or --revoke, not both; --revoke also signs with the new keys immediately")}
			}
			return o.run(cmd)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.pool, "pool", "", "`ID` of the user pool")
	f.BoolVar(&o.all, "all", false, "the user pools of all accounts and Regions")
	f.BoolVar(&o.now, "now", false, "sign with the new keys immediately")
	f.BoolVar(&o.revoke, "revoke", false, "sign with the new keys immediately and delete the old keys, whose tokens are then invalid")
	addSealedDatabase(f)
	return cmd
}

type rotateOptions struct {
	pool             string
	all, now, revoke bool
}

func (o rotateOptions) run(cmd *cobra.Command) (err error) {
	db, err := openSealed(cmd)
	if err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	defer func() { err = errors.Join(err, db.Close()) }()
	rotator := &tokens.Rotator{Store: db, Source: tokens.NewReserve(0), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if !o.all {
		return o.rotate(ctx, rotator, o.pool, out)
	}
	var after string
	for {
		ids, err := db.PoolsByKeyCount(ctx, 0, after, poolsAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := o.rotate(ctx, rotator, id, out); err != nil {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

// poolsAtOnce is how many pools the command reads at a time.
const poolsAtOnce = 100

func (o rotateOptions) rotate(ctx context.Context, rotator *tokens.Rotator, poolID string, out io.Writer) error {
	rotate := rotator.Rotate
	switch {
	case o.revoke:
		rotate = rotator.Revoke
	case o.now:
		rotate = rotator.RotateNow
	}
	ctx, record := audit.Command(ctx, rotator.Store, "CognateSigningKeysChanged", "pool", poolID,
		"now", strconv.FormatBool(o.now || o.revoke), "revoked", strconv.FormatBool(o.revoke))
	done, err := rotate(ctx, poolID)
	record(err)
	if errors.Is(err, store.ErrNotFound) && !o.all {
		return fmt.Errorf("user pool %s does not exist", poolID)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("user pool %s: %w", poolID, err)
	}
	what := "new keys sign from"
	if !done.Made {
		what = "earlier new keys sign from"
	}
	_, err = fmt.Fprintf(out, "%s  %s %s\n", poolID, what, done.SignsFrom.UTC().Format(time.RFC3339))
	return err
}
