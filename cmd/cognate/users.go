package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cognate"
	"cognate/audit"
	"cognate/config"
	"cognate/sealing"
	"cognate/store"
	"cognate/throttle"
)

func newUsers() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List and unlock users who are locked because of failed sign-ins",
		Args:  noArguments,
		RunE:  requireCommand,
	}
	cmd.AddCommand(newUsersLocked(), newUsersUnlock())
	return cmd
}

const (
	databaseHelpWithoutServers = `The command finds the database and the master key by the settings data, database_url, master_key_file and
old_master_keys_file of serve, in the same file and the same environment variables.`
	databaseHelp = databaseHelpWithoutServers + ` The servers continue to run.`
)

func newUsersLocked() *cobra.Command {
	var pool string
	cmd := &cobra.Command{
		Use:   "locked --pool ID [NAME]",
		Short: "List the users of a pool who are locked because of failed sign-ins",
		Long: `List the users of a pool whose sign-ins are refused because of wrong passwords or codes: the username, the sub, the number of
failures, and until when. NAME is a username, a sub or an alias; without it, all locked users are listed. The names of users that do
not exist are locked too, and are not listed.

` + databaseHelp,
		Example: `  cognate users locked --config cognate.yaml --pool eu-west-1_AbCdEfGhI`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPool(cmd, pool, func(db *store.Store, p *cognate.UserPool) error {
				return listLocked(cmd.Context(), cmd.OutOrStdout(), db, p, args)
			})
		},
	}
	addPoolCommand(cmd, &pool)
	return cmd
}

func newUsersUnlock() *cobra.Command {
	var pool string
	var all bool
	cmd := &cobra.Command{
		Use:   "unlock --pool ID [NAME]",
		Short: "Let locked users of a pool sign in again",
		Long: `Forget the wrong passwords and codes of a user, so that the user can sign in again immediately. NAME is a username, a sub or an alias. With
--all, forget those of all locked users of the pool.

` + databaseHelp,
		Example: `  cognate users unlock --config cognate.yaml --pool eu-west-1_AbCdEfGhI ann
  cognate users unlock --config cognate.yaml --pool eu-west-1_AbCdEfGhI --all`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || (len(args) == 1) == all {
				return usageError{errors.New("name one user, or all locked users with --all")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPool(cmd, pool, func(db *store.Store, p *cognate.UserPool) error {
				return unlockAll(cmd.Context(), cmd.OutOrStdout(), db, p, args)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "unlock all locked users of the pool")
	addPoolCommand(cmd, &pool)
	return cmd
}

func addPoolCommand(cmd *cobra.Command, pool *string) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(pool, "pool", "", "`ID` of the user pool")
	addSealedDatabase(f)
	if err := cmd.MarkFlagRequired("pool"); err != nil {
		panic(err) // the command has no such flag
	}
}

// addSealedDatabase declares the flags that name a database and its master key.
func addSealedDatabase(f *pflag.FlagSet) {
	addDatabase(f)
	f.String("master-key-file", "", "`file` with the master key (or COGNATE_MASTER_KEY, the key itself)")
	f.String("old-master-keys-file", "", "`file` with master keys that are being replaced, one per line")
}

// withPool opens the database of a server and reads a pool.
func withPool(cmd *cobra.Command, id string, fn func(*store.Store, *cognate.UserPool) error) (err error) {
	db, err := openSealed(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	pool, err := db.UserPool(cmd.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("user pool %s does not exist", id)
	}
	if err != nil {
		return err
	}
	return fn(db, pool)
}

// sealedDatabase returns the settings that name the database of a server, and its master keys. Errors: all problems of both.
func sealedDatabase(cmd *cobra.Command) (*config.Config, []sealing.MasterKey, error) {
	c, wrongSettings := config.SealedDatabaseOf(databaseSource(cmd))
	var keys []sealing.MasterKey
	var wrongKeys error
	if c != nil && c.MasterKey != "" {
		keys, wrongKeys = parseMasterKeys(c)
	}
	return c, keys, problemsOf(wrongSettings, wrongKeys)
}

// openSealed opens the database of a server. It does not run migrations or replace the master key, which is left to the servers.
func openSealed(cmd *cobra.Command) (*store.Store, error) {
	c, masterKeys, err := sealedDatabase(cmd)
	if err != nil {
		return nil, err
	}
	return openWith(cmd.Context(), c, masterKeys)
}

// openWith is openSealed with settings that have been read.
func openWith(ctx context.Context, c *config.Config, masterKeys []sealing.MasterKey) (*store.Store, error) {
	if err := requireMigrated(ctx, c); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Config{URL: c.StoreURL(), MasterKeys: masterKeys, KeepMasterKey: true})
}

// errPending refuses a database whose migrations a server, or cognate migrate, must run first.
var errPending = errors.New("the database does not exist or has pending migrations; start a server of this version first, or run cognate migrate up")

// requireMigrated returns an error for a database that this version cannot open yet. Errors: errPending.
func requireMigrated(ctx context.Context, c *config.Config) error {
	pending, err := store.PendingMigrations(ctx, c.StoreURL())
	if err == nil && len(pending) > 0 {
		err = errPending
	}
	return err
}

// lockedUser is a locked user with its username.
type lockedUser struct {
	*cognate.User
	throttle.Lockout
}

// lockedUsers returns the locked users of a pool by username, or the one that args name if it is locked.
func lockedUsers(ctx context.Context, db *store.Store, p *cognate.UserPool, args []string) ([]lockedUser, error) {
	only := ""
	if len(args) > 0 {
		user, err := findUser(ctx, db, p, args[0])
		if err != nil {
			return nil, err
		}
		only = user.Sub
	}
	locked, err := throttle.Lockouts(ctx, db, p.ID, time.Now())
	if err != nil {
		return nil, err
	}
	var users []lockedUser
	for _, l := range locked {
		if only != "" && l.Sub != only {
			continue
		}
		user, err := db.User(ctx, p.ID, l.Sub)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		users = append(users, lockedUser{user, l})
	}
	slices.SortFunc(users, func(a, b lockedUser) int { return cmp.Compare(a.Username, b.Username) })
	return users, nil
}

func findUser(ctx context.Context, db *store.Store, p *cognate.UserPool, name string) (*cognate.User, error) {
	user, err := db.FindUserOrSub(ctx, p, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("user pool %s has no user %s", p.ID, name)
	}
	return user, err
}

func listLocked(ctx context.Context, out io.Writer, db *store.Store, p *cognate.UserPool, args []string) error {
	users, err := lockedUsers(ctx, db, p, args)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		fmt.Fprintf(table, "%s\t%s\t%d failures\tlocked until %s\n", u.Username, u.User.Sub, u.Failures, u.Until.UTC().Format(time.RFC3339))
	}
	return table.Flush()
}

// unlockAll unlocks the user that args name, or all locked users.
func unlockAll(ctx context.Context, out io.Writer, db *store.Store, p *cognate.UserPool, args []string) error {
	var users []*cognate.User
	if len(args) > 0 {
		user, err := findUser(ctx, db, p, args[0])
		if err != nil {
			return err
		}
		users = append(users, user)
	} else {
		locked, err := lockedUsers(ctx, db, p, nil)
		if err != nil {
			return err
		}
		for _, l := range locked {
			users = append(users, l.User)
		}
	}
	for _, user := range users {
		if err := unlock(ctx, db, p, user); err != nil {
			return fmt.Errorf("unlock %s: %w", user.Username, err)
		}
		fmt.Fprintf(out, "%s is not locked any more\n", user.Username)
	}
	return nil
}

func unlock(ctx context.Context, db *store.Store, p *cognate.UserPool, user *cognate.User) error {
	ctx, done := audit.Command(ctx, db, "CognateUserUnlocked")
	audit.SetPool(ctx, p)
	audit.SetUserOf(ctx, user)
	err := db.Write(ctx, func(tx *store.Tx) error { return throttle.Unlock(ctx, tx, p.ID, user.Sub) })
	done(err)
	return err
}
