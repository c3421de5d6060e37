package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"cognate/archive"
	"cognate/audit"
	"cognate/config"
	"cognate/export"
	"cognate/sealing"
	"cognate/store"
)

func newExport() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export --pool ID --out FILE",
		Short: "Write a user pool with its users to a file, while servers run",
		Long: `Write a user pool, as it is at one moment, to a new file: its settings, app clients, keys, groups, and users with attributes, passwords
(as verifiers or hashes), software tokens, passkeys and devices. cognate import creates the pool from it on another server.

The file has secrets that no master key protects. So it must be encrypted: with --recipient for a public key of age (age1...), which
age-keygen makes, or with --passphrase-file. With --without-secrets the file has no secrets: users reset their passwords after the
import, and app clients get new secrets. It still has personal data of users.

` + databaseHelp,
		Example: `  cognate export --config cognate.yaml --pool eu-west-1_AbCdEfGhI --out people.export --recipient age1...
  cognate export --config cognate.yaml --pool eu-west-1_AbCdEfGhI --out people.export --without-secrets`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.pool, "pool", "", "`ID` of the user pool")
	f.StringVar(&o.out, "out", "", "new `file`, readable by its owner only")
	f.StringArrayVar(&o.recipients, "recipient", nil, "public `key` of age that the file is encrypted for; can be repeated")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`file` with the passphrase that the file is encrypted with")
	f.BoolVar(&o.withoutSecrets, "without-secrets", false, "leave out passwords, software tokens, devices, keys and client secrets")
	addSealedDatabase(f)
	for _, required := range []string{"pool", "out"} {
		if err := cmd.MarkFlagRequired(required); err != nil {
			panic(err) // the command has no such flag
		}
	}
	return cmd
}

type exportOptions struct {
	pool, out, passphraseFile string
	recipients                []string
	withoutSecrets            bool
}

func (o *exportOptions) run(cmd *cobra.Command) (err error) {
	passphrase, unreadable := readSecret("--passphrase-file", o.passphraseFile)
	encryption, wrongKeys := archive.Encrypt(o.recipients, passphrase)
	var open error
	if !o.withoutSecrets && len(o.recipients) == 0 && o.passphraseFile == "" {
		open = errors.New("the file would have secrets that anyone can read; encrypt it with --recipient or --passphrase-file, or leave them out with --without-secrets")
	}
	c, masterKeys, wrongSettings := sealedDatabase(cmd)
	if err := problemsOf(unreadable, wrongKeys, open, archive.RequireNew(o.out), wrongSettings); err != nil {
		return err
	}
	ctx := cmd.Context()
	db, err := openWith(ctx, c, masterKeys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, done := audit.Command(ctx, db, "CognatePoolExported", "pool", o.pool, "secrets", strconv.FormatBool(!o.withoutSecrets))
	counts, err := o.write(ctx, db, encryption)
	done(err)
	if err != nil {
		return fmt.Errorf("export %s: %w", o.pool, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s has the user pool %s with %s\n", o.out, o.pool, countsOf(counts))
	return err
}

func (o *exportOptions) write(ctx context.Context, db *store.Store, encryption archive.Encryption) (map[string]int, error) {
	file, err := archive.CreateFile(o.out, encryption)
	if err != nil {
		return nil, err
	}
	from := &export.Source{Store: db, PoolID: o.pool, Secrets: !o.withoutSecrets, Program: version(), Now: time.Now}
	counts, err := from.Write(ctx, file)
	if err != nil {
		return nil, errors.Join(err, file.Discard())
	}
	return counts, file.Commit()
}

// countsOf returns the numbers of users, app clients and groups.
func countsOf(counts map[string]int) string {
	return fmt.Sprintf("%d users, %d app clients and %d groups", counts["user"], counts["client"], counts["group"])
}

func newImport() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Create a user pool from a file of cognate export",
		Long: `Create a user pool with its users from a file of cognate export, or from JSON Lines in its format. The pool keeps its ID, those of its
app clients, and the subs of its users, so applications continue to work with another address. Tokens and sessions do not move.

With --new-ids, pool, clients and users get new IDs, so that the original can stay on the same server. SRP works only after a user has
signed in once with a flow that sends the password. Passkeys do not work, because they contain the sub.

The command checks every line. If a line is bad, or the pool or one of its clients exists already, it prints the reasons and changes
nothing. --dry-run checks everything in a temporary database, and changes nothing.

The pool may use the functions, roles and log destinations of its AWS account. Without --account, the pool gets the account of the
file. That account must have a user pool or an access key on this server. The command prints the account.

` + databaseHelp,
		Example: `  cognate import --config cognate.yaml people.export --identity-file identity.txt --dry-run
  cognate import --config cognate.yaml people.export --identity-file identity.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("name one file that cognate export has written")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	o.add(f)
	f.BoolVar(&o.newIDs, "new-ids", false, "give the pool, its clients and its users new IDs")
	f.StringVar(&o.account, "account", "", "`account` that gets the pool, 12 digits (default: that of the file)")
	f.BoolVar(&o.dryRun, "dry-run", false, "check everything and list conflicts, and change nothing")
	addSealedDatabase(f)
	return cmd
}

type importOptions struct {
	decryptionFlags
	account        string
	newIDs, dryRun bool
}

func (o *importOptions) run(cmd *cobra.Command, path string) (err error) {
	decryption, wrongKeys := o.decryption()
	var wrongAccount error
	if o.account != "" {
		wrongAccount = checkAccount(o.account)
	}
	c, masterKeys, wrongSettings := sealedDatabase(cmd)
	file, missing := os.Open(path)
	if missing == nil {
		defer func() { err = errors.Join(err, file.Close()) }()
	}
	if err := problemsOf(wrongKeys, wrongAccount, missing, wrongSettings); err != nil {
		return err
	}
	content, err := openExport(file, decryption)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", path, explain(err))}
	}
	ctx := cmd.Context()
	db, err := openWith(ctx, c, masterKeys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	to := &export.Target{
		Store: db, Conflicts: db, NewIDs: o.newIDs, Account: o.account, Accounts: configuredAccounts(databaseSource(cmd)), Now: time.Now,
	}
	report, err := o.importTo(ctx, to, content)
	if err != nil {
		return importFailed(path, err)
	}
	return o.print(cmd.OutOrStdout(), report)
}

// configuredAccounts returns the accounts of the valid access keys in the settings.
func configuredAccounts(s config.Source) []string {
	listed, _ := config.AccessKeysOf(s) // an account of an invalid key is not known
	var accounts []string
	for _, k := range listed.Valid {
		accounts = append(accounts, k.Account)
	}
	return accounts
}

// openExport returns the JSON Lines of a file: an archive, or the lines themselves.
func openExport(file io.Reader, d archive.Decryption) (io.Reader, error) {
	buffered := bufio.NewReader(file)
	if first, err := buffered.Peek(1); err == nil && first[0] == '{' {
		if d.IsOn() {
			return nil, archive.ErrNotEncrypted
		}
		return buffered, nil
	}
	return archive.Open(buffered, d)
}

// importTo imports, or on a dry run checks, with an audit record unless nothing can change.
func (o *importOptions) importTo(ctx context.Context, to *export.Target, content io.Reader) (*export.Report, error) {
	if o.dryRun {
		return dryRun(ctx, to, content)
	}
	ctx, done := audit.Command(ctx, to.Store, "CognatePoolImported", "newIds", strconv.FormatBool(o.newIDs))
	report, err := to.Import(ctx, content)
	if err == nil {
		audit.SetClient(ctx, report.PoolID, "")
	}
	done(err)
	return report, err
}

// dryRun imports to a temporary database.
func dryRun(ctx context.Context, to *export.Target, content io.Reader) (_ *export.Report, err error) {
	folder, err := os.MkdirTemp("", "cognate-import")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	text, err := sealing.NewMasterKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := sealing.ParseMasterKey(text)
	if err != nil {
		return nil, err
	}
	scratch, err := store.Open(ctx, store.Config{URL: filepath.Join(folder, "cognate.db"), MasterKeys: []sealing.MasterKey{key}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	checked := *to
	checked.Store = scratch
	return checked.Import(ctx, content)
}

// explain adds what to do to an error of an archive.
func explain(err error) error {
	switch {
	case errors.Is(err, archive.ErrEncrypted):
		return errors.New("the file is encrypted; give --identity-file or --passphrase-file")
	case errors.Is(err, archive.ErrNotEncrypted):
		return errors.New("the file is not encrypted, so it may be another one; leave out --identity-file and --passphrase-file to read it")
	case errors.Is(err, archive.ErrWrongKey):
		return errors.New("the identity or the passphrase does not open the file; it is encrypted for others")
	case errors.Is(err, archive.ErrDamaged):
		return errors.New("the file was altered, is not complete, or was not written by cognate export")
	default:
		return err
	}
}

// importFailed returns the error of an import. A bad file is bad usage, and so is a file whose account is unknown.
func importFailed(path string, err error) error {
	if bad, ok := errors.AsType[*export.BadFile](err); ok {
		return usageError{fmt.Errorf("%s: nothing was changed\n%w", path, bad)}
	}
	if unknown, ok := errors.AsType[*export.UnknownAccount](err); ok {
		return usageError{fmt.Errorf("%s: nothing was changed: %w; choose the account that gets the pool with --account", path, unknown)}
	}
	if errors.Is(err, archive.ErrDamaged) {
		return usageError{fmt.Errorf("%s: nothing was changed: %w", path, explain(err))}
	}
	return fmt.Errorf("import %s: nothing was changed: %w", path, err)
}

func (o *importOptions) print(out io.Writer, r *export.Report) error {
	w := bufio.NewWriter(out)
	done := "created"
	if o.dryRun {
		done = "dry run: nothing conflicts with"
	}
	fmt.Fprintf(w, "%s the user pool %s with %s\n", done, r.PoolID, countsOf(r.Counts))
	fmt.Fprintf(w, "account: %s\n", r.AccountID)
	if !o.dryRun {
		for _, old := range slices.Sorted(maps.Keys(r.ClientIDs)) {
			fmt.Fprintf(w, "app client %s is now %s\n", old, r.ClientIDs[old])
		}
	}
	for _, id := range r.NewSecrets {
		fmt.Fprintf(w, "app client %s gets a new secret, because the file has none\n", id)
	}
	for _, name := range r.NoDetails {
		fmt.Fprintf(w, "identity provider %s needs its ProviderDetails: cognate cognito-idp update-identity-provider\n", name)
	}
	if r.MustReset > 0 {
		fmt.Fprintf(w, "%d users must reset their passwords, which the file does not have\n", r.MustReset)
	}
	if r.Passkeys > 0 {
		fmt.Fprintf(w, "%d passkeys are left out: they contain the sub of their users\n", r.Passkeys)
	}
	return w.Flush()
}
