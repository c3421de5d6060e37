package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cognate/archive"
	"cognate/audit"
	"cognate/backup"
	"cognate/config"
	"cognate/store"
)

func newBackup() *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "Write everything in the database to a file, while servers run",
		Long: `Write all rows of the database, as they are at one moment, to a new file. The servers continue to run. The secrets in the file
are sealed under the master key, which is not in it: keep a copy of the master key somewhere else. Other data, such as names and
addresses of users, is readable, unless the file is encrypted.

With --recipient the file is encrypted for a public key of age (age1...), which age-keygen makes. Only its identity opens the file, so
the server does not need to have it. With --passphrase-file it is encrypted with a passphrase.

For an SQLite database, the command needs free space in the folder of the database for a temporary copy of it.

` + databaseHelp,
		Example: `  cognate backup --config cognate.yaml --out cognate-2026-11-27.backup --recipient age1...
  cognate backup verify cognate-2026-11-27.backup --identity-file identity.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "", "new `file`, readable by its owner only")
	f.StringArrayVar(&o.recipients, "recipient", nil, "public `key` of age that the file is encrypted for; can be repeated")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`file` with the passphrase that the file is encrypted with")
	addSealedDatabase(f)
	if err := cmd.MarkFlagRequired("out"); err != nil {
		panic(err) // the command has no such flag
	}
	cmd.AddCommand(newBackupVerify())
	return cmd
}

type backupOptions struct {
	out            string
	recipients     []string
	passphraseFile string
}

func (o *backupOptions) run(cmd *cobra.Command) (err error) {
	passphrase, unreadable := readSecret("--passphrase-file", o.passphraseFile)
	encryption, wrongKeys := archive.Encrypt(o.recipients, passphrase)
	c, masterKeys, wrongSettings := sealedDatabase(cmd)
	if err := problemsOf(unreadable, wrongKeys, archive.RequireNew(o.out), wrongSettings); err != nil {
		return err
	}
	streamMemory()
	ctx := cmd.Context()
	db, err := openWith(ctx, c, masterKeys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	scratch, unlock, err := scratchFile(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	w := &backup.Writer{Store: db, Scratch: scratch, Version: version(), Now: time.Now}
	ctx, done := audit.Command(ctx, db, "CognateBackupCreated", "file", o.out, "encrypted", strconv.FormatBool(encryption.IsOn()))
	m, err := o.write(ctx, w, encryption)
	done(err)
	if err != nil {
		return err
	}
	return printBackup(cmd.OutOrStdout(), o.out, m)
}

func (o *backupOptions) write(ctx context.Context, w *backup.Writer, encryption archive.Encryption) (*backup.Manifest, error) {
	file, err := archive.CreateFile(o.out, encryption)
	if err != nil {
		return nil, err
	}
	m, err := w.Write(ctx, file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("backup: %w", err), file.Discard())
	}
	return m, file.Commit()
}

// scratchFile returns the name of the temporary copy of an SQLite database, in the folder of the database, which is as safe as the database. It
// locks the copy: only one backup at a time is made.
func scratchFile(ctx context.Context, c *config.Config) (file string, unlock func() error, err error) {
	if c.DatabaseURL != "" {
		return "", func() error { return nil }, nil
	}
	path := filepath.Join(c.Data, "backup.lock")
	unlock, err = lockPath(ctx, path, 0)
	if errors.Is(err, errLocked) {
		err = fmt.Errorf("another backup of %s is being made; wait until it is done", c.Data)
	}
	return filepath.Join(c.Data, "backup.db"), unlock, err
}

func printBackup(out io.Writer, path string, m *backup.Manifest) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range m.Tables {
		if t.Rows > 0 {
			fmt.Fprintf(table, "%s\t%d rows\n", t.Name, t.Rows)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, `
%s: %d rows as of %s, made by Cognate %s
The master key %s is not in it. Without that key, the secrets in it cannot be read.
`, path, m.Rows(), m.Time.Format(time.RFC3339), m.Version, m.MasterKeyID)
	return err
}

func newBackupVerify() *cobra.Command {
	var d decryptionFlags
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that a backup is complete and unchanged",
		Long: `Read a whole backup, compare each table with its checksum, and print what the backup contains. The command needs no database and no
master key.`,
		Example: `  cognate backup verify cognate-2026-11-27.backup --identity-file identity.txt`,
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			decryption, err := d.decryption()
			if err != nil {
				return usageError{err}
			}
			m, err := backup.File{Path: args[0], Decryption: decryption}.Verify()
			if err != nil {
				return usageError{errors.New(backup.Explain(args[0], err))}
			}
			return printBackup(cmd.OutOrStdout(), args[0], m)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	d.add(f)
	return cmd
}

func newRestore() *cobra.Command {
	var d decryptionFlags
	var endSessions bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty database from a backup",
		Long: `Fill an empty SQLite or PostgreSQL database with the rows of a backup, of either engine. No server may use the database meanwhile. The
command first checks the whole backup, the database and the master key, and changes nothing if something is wrong.

Codes and tokens that were used after the backup do not work again: sent codes are deleted, the current codes of authenticators are
refused, unfinished sign-ins start again, and users of app clients with refresh token rotation sign in again. Other sign-ins stay valid,
even those that were ended after the backup. With --end-sessions, all users sign in again.

` + databaseHelpWithoutServers,
		Example: `  cognate restore cognate-2026-11-27.backup --config cognate.yaml --identity-file identity.txt
  cognate restore cognate-2026-11-27.backup --database-url postgres://cognate@db/new --master-key-file master.key`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error { return restore(cmd, args[0], &d, endSessions) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&endSessions, "end-sessions", false, "revoke all tokens and end all sessions of the login pages")
	d.add(f)
	addSealedDatabase(f)
	return cmd
}

func restore(cmd *cobra.Command, path string, d *decryptionFlags, endSessions bool) (err error) {
	ctx := cmd.Context()
	decryption, wrongFlags := d.decryption()
	c, keys, wrongSettings := sealedDatabase(cmd)
	_, missing := os.Stat(path)
	if err := problemsOf(wrongFlags, missing, wrongSettings); err != nil {
		return err
	}
	r := &backup.Restore{
		File: backup.File{Path: path, Decryption: decryption}, URL: c.StoreURL(), MasterKeys: keys, EndsSessions: endSessions, Now: time.Now,
	}
	streamMemory()
	m, err := r.Check(ctx)
	if err != nil {
		return refused(err)
	}
	unlock, err := lockDatabase(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	err = r.Run(ctx, m)
	if unfinished, ok := errors.AsType[*store.MigrationError](err); ok {
		return fmt.Errorf("%d rows are restored as of %s, but the database does not have the schema of this version yet: %w. Remove the cause "+
			"and run cognate migrate up; then start the servers with the master key %s", m.Rows(), m.Time.Format(time.RFC3339), unfinished, m.MasterKeyID)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := recordRestore(ctx, r, m); err != nil {
		return fmt.Errorf("the database is restored, but not its audit record: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored %d rows as of %s; start the servers with the master key %s\n",
		m.Rows(), m.Time.Format(time.RFC3339), m.MasterKeyID)
	return err
}

// refused returns an error with the status for something that changed nothing, if it is a refusal.
func refused(err error) error {
	if _, ok := errors.AsType[*backup.Refusal](err); ok {
		return usageError{err}
	}
	return err
}

// lockDatabase makes the folder of an SQLite database and locks it as a server does. For PostgreSQL it does nothing.
func lockDatabase(ctx context.Context, c *config.Config) (unlock func() error, err error) {
	if c.DatabaseURL != "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	return lockFolder(ctx, c.Data, 0)
}

// recordRestore stores the audit record of a restore in the restored database.
func recordRestore(ctx context.Context, r *backup.Restore, m *backup.Manifest) (err error) {
	db, err := store.Open(ctx, store.Config{URL: r.URL, MasterKeys: r.MasterKeys, KeepMasterKey: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, done := audit.Command(ctx, db, eventRestored,
		"file", r.Path, "made", m.Time.Format(time.RFC3339), "sessionsEnded", strconv.FormatBool(r.EndsSessions))
	done(nil)
	return nil
}

// eventRestored is the name of the audit event of a restored database.
const eventRestored = "CognateBackupRestored"

func newRestored() *cobra.Command {
	var endSessions bool
	cmd := &cobra.Command{
		Use:   "restored",
		Short: "Invalidate used codes and tokens in a database that was restored without cognate restore",
		Long: `Run this command after you have restored a database by other means, such as pg_restore, a snapshot of a disk, or Litestream, and
before a server starts. Then codes and tokens that were used after the backup do not work again, as after cognate restore. The command
also runs the pending migrations of the database.

` + databaseHelpWithoutServers,
		Example: `  cognate restored --config cognate.yaml
  cognate restored --config cognate.yaml --end-sessions`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return restored(cmd, endSessions) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&endSessions, "end-sessions", false, "revoke all tokens and end all sessions of the login pages")
	addSealedDatabase(f)
	return cmd
}

func restored(cmd *cobra.Command, endSessions bool) (err error) {
	ctx := cmd.Context()
	c, keys, err := sealedDatabase(cmd)
	if err != nil {
		return err
	}
	isNew, err := store.IsNew(ctx, c.StoreURL())
	if err != nil {
		return err
	}
	if isNew {
		return usageError{errors.New("the database is empty or does not exist; restore it first, and check the settings data and database_url")}
	}
	stopped, err := backup.RequireStopped(ctx, c.StoreURL())
	if err != nil {
		return refused(err)
	}
	unlock, err := lockDatabase(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	db, err := store.Open(ctx, store.Config{URL: c.StoreURL(), MasterKeys: keys, KeepMasterKey: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, done := audit.Command(ctx, db, eventRestored, "sessionsEnded", strconv.FormatBool(endSessions))
	err = backup.Restored(ctx, db, time.Now(), endSessions, stopped)
	done(err)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "what was used after the backup does not work again; start the servers")
	return err
}
