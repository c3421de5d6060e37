package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cognate/audit"
	"cognate/store"
	"cognate/trash"
)

func newTrash() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trash",
		Short: "List, restore and purge deleted users, app clients and user pools",
		Args:  noArguments,
		RunE:  requireCommand,
	}
	cmd.AddCommand(newTrashList(), newTrashRestore(), newTrashPurge())
	return cmd
}

func newTrashList() *cobra.Command {
	var pool string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what was deleted and can be restored",
		Long: `List the deleted users, app clients and user pools that can be restored, the oldest first: the ID of the entry, when it was deleted,
what it is, its pool, its own ID (the sub of a user), and its name. The setting deleted_retention says how long they are kept.

` + databaseHelp,
		Example: `  cognate trash list --config cognate.yaml --pool eu-west-1_AbCdEfGhI`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withTrash(cmd, func(b *trash.Bin) error { return listTrash(cmd.Context(), cmd.OutOrStdout(), b, pool) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&pool, "pool", "", "only entries of the user pool with this `ID`")
	addSealedDatabase(f)
	return cmd
}

func newTrashRestore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore ID",
		Short: "Restore a deleted user, app client or user pool",
		Long: `Restore a deleted user, app client or user pool by the ID of its entry in cognate trash list.

A user comes back with the sub, attributes, password, software tokens, passkeys, devices and groups, and signs in as before. An app
client comes back with its ID and its secrets. A user pool comes back with its ID, settings, clients, signing keys, groups and users.
What ended with the deletion does not come back: tokens, sessions and codes.

The command does not restore a user if the username, email address or phone number now belongs to another user. It leaves out memberships
in groups that no longer exist, and says so.

` + databaseHelp,
		Example: `  cognate trash restore --config cognate.yaml 0b4f6a52-4f0e-4a0c-9c9e-0d3f1f6a2b11`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("name one entry by its ID; cognate trash list shows the entries")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTrash(cmd, func(b *trash.Bin) error {
				ctx, done := audit.Command(cmd.Context(), b.Store, "CognateTrashRestored", "entry", args[0])
				restored, err := b.Restore(ctx, args[0])
				done(err)
				if err != nil {
					return fmt.Errorf("restore %s: %w", args[0], err)
				}
				return printRestored(cmd.OutOrStdout(), restored)
			})
		},
	}
	addSealedDatabase(cmd.Flags())
	return cmd
}

func newTrashPurge() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "purge ID...",
		Short: "Delete entries of the trash for good",
		Long: `Delete entries of the trash for good, by their IDs in cognate trash list, or all entries with --all. No command can restore them from
the trash then. Backups of the database still have them.

` + databaseHelp,
		Example: `  cognate trash purge --config cognate.yaml 0b4f6a52-4f0e-4a0c-9c9e-0d3f1f6a2b11
  cognate trash purge --config cognate.yaml --all`,
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) > 0) == all {
				return usageError{errors.New("name entries by their IDs, or all of them with --all")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTrash(cmd, func(b *trash.Bin) error { return purgeTrash(cmd.Context(), cmd.OutOrStdout(), b, args) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&all, "all", false, "delete all entries")
	addSealedDatabase(f)
	return cmd
}

// withTrash opens the database of a server.
func withTrash(cmd *cobra.Command, fn func(*trash.Bin) error) (err error) {
	db, err := openSealed(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return fn(&trash.Bin{Store: db, Now: time.Now})
}

func listTrash(ctx context.Context, out io.Writer, b *trash.Bin, pool string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for e, err := range b.Entries(ctx) {
		if err != nil {
			return err
		}
		if pool == "" || e.PoolID == pool {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Deleted.UTC().Format(time.RFC3339), kindOfTrash(e.Kind), e.PoolID, e.Key, firstOf(e.Name))
		}
	}
	return table.Flush()
}

func kindOfTrash(k store.TrashKind) string {
	switch k {
	case store.TrashedUser:
		return "user"
	case store.TrashedClient:
		return "client"
	case store.TrashedPool:
		return "pool"
	default:
		return string(k)
	}
}

func printRestored(out io.Writer, r *trash.Restored) error {
	text := fmt.Sprintf("restored the %s %s (%s)\n", kindOfTrash(r.Kind), firstOf(r.Name), r.Key)
	if n := r.LeftOut["group_members"]; n > 0 {
		text += "left out " + strconv.Itoa(n) + " memberships in groups that do not exist any more\n"
	}
	if n := r.LeftOut["consents"]; n > 0 {
		text += "left out " + strconv.Itoa(n) + " consents of users or to clients that do not exist any more\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// purgeTrash deletes the entries that args name, or all.
func purgeTrash(ctx context.Context, out io.Writer, b *trash.Bin, args []string) error {
	if len(args) == 0 {
		for e, err := range b.Entries(ctx) {
			if err != nil {
				return err
			}
			args = append(args, e.ID)
		}
	}
	for _, id := range args {
		ctx, done := audit.Command(ctx, b.Store, "CognateTrashPurged", "entry", id)
		err := b.Delete(ctx, id)
		done(err)
		if err != nil {
			return fmt.Errorf("purge %s: %w", id, err)
		}
		fmt.Fprintln(out, id, "is deleted for good")
	}
	return nil
}
