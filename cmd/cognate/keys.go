package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cognate"
	"cognate/api"
	"cognate/audit"
	"cognate/config"
	"cognate/iam"
	"cognate/internal/lazyregexp"
	"cognate/sealing"
	"cognate/store"
)

const keysHelp = `The command finds the database and the master key by the settings data, database_url, master_key_file and old_master_keys_file
of serve, in the same file and the same environment variables. The servers continue to run: a change acts on all of them within
five seconds.`

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create, list, change and delete access keys, which sign administrators' requests",
		Long: `Create, list, change and delete the access keys in the database of cognate serve. An access key signs requests of an account.
Its policy, which is an IAM policy, says which operations it may call on which user pools.

` + keysHelp,
		Args: noArguments,
		RunE: requireCommand,
	}
	cmd.AddCommand(newKeysCreate(), newKeysList(), newKeysShow(),
		newKeysChange("disable", "Reject the requests of an access key", "CognateKeyDisabled", true,
			func(ctx context.Context, m *iam.Manager, name string, force bool) (*cognate.AccessKey, error) {
				return m.Disable(ctx, name, force)
			}),
		newKeysChange("enable", "Accept the requests of a disabled access key again", "CognateKeyEnabled", false,
			func(ctx context.Context, m *iam.Manager, name string, _ bool) (*cognate.AccessKey, error) {
				return m.Enable(ctx, name)
			}),
		newKeysChange("delete", "Delete an access key", "CognateKeyDeleted", true,
			func(ctx context.Context, m *iam.Manager, name string, force bool) (*cognate.AccessKey, error) {
				return m.Delete(ctx, name, force)
			}),
		newKeysSetPolicy(), newKeysSimulate())
	return cmd
}

// keyCommand is what the commands about access keys have in common.
type keyCommand struct {
	store      *store.Store
	manager    *iam.Manager
	configured []configuredKey
	out        io.Writer
}

// addKeyFlags declares the flags that name a database and its master key.
func addKeyFlags(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	addSealedDatabase(cmd.Flags())
}

// withKeys opens the database of a command, calls do, and closes it. fresh permits a database that does not exist yet, which it creates.
// wrong has what the command found wrong already. Errors: with the problems of the settings it is one error.
func withKeys(cmd *cobra.Command, wrong error, fresh bool, do func(ctx context.Context, k *keyCommand) error) (err error) {
	c, masterKeys, wrongSettings := sealedDatabase(cmd)
	if err := problemsOf(wrong, wrongSettings); err != nil {
		return err
	}
	// The keys of the settings only count as administrators. Only serve reports an error in them.
	listed, _ := config.AccessKeysOf(databaseSource(cmd))
	configured, _ := configuredKeys(listed.Valid)
	db, err := openForKeys(cmd.Context(), c, masterKeys, fresh)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	k := &keyCommand{store: db, manager: &iam.Manager{Store: db, Now: time.Now}, configured: configured, out: cmd.OutOrStdout()}
	for _, key := range configured {
		k.manager.Configured = append(k.manager.Configured, key.key)
	}
	return do(cmd.Context(), k)
}

// openForKeys opens the database. Only servers run the migrations of a database, unless it is new.
func openForKeys(ctx context.Context, c *config.Config, masterKeys []sealing.MasterKey, fresh bool) (*store.Store, error) {
	pending, err := store.PendingMigrations(ctx, c.StoreURL())
	if err != nil {
		return nil, err
	}
	if len(pending) > 0 {
		isNew, err := store.IsNew(ctx, c.StoreURL())
		if err != nil {
			return nil, err
		}
		if !isNew || !fresh || c.ManualMigrations() {
			return nil, errPending
		}
		if c.Data != "" {
			if err := os.MkdirAll(c.Data, 0o700); err != nil {
				return nil, fmt.Errorf("create data folder: %w", err)
			}
		}
	}
	return store.Open(ctx, store.Config{URL: c.StoreURL(), MasterKeys: masterKeys, KeepMasterKey: true, ManualMigrations: c.ManualMigrations()})
}

func newKeysCreate() *cobra.Command {
	var name, account, policy, expires, out string
	cmd := &cobra.Command{
		Use:   "create --name NAME --policy FILE|NAME",
		Short: "Create an access key",
		Long: `Create an access key, and show its secret once: on the terminal, or in a new file that only its owner can read. The file has the
format of an AWS credentials file, so AWS_SHARED_CREDENTIALS_FILE can name it. The database has the secret only in sealed form, and no
command shows it again.

The policy is a file with an IAM policy, or one of the ready policies: ` + strings.Join(iam.ReadyNames(), ", ") + `.

` + keysHelp,
		Example: `  cognate keys create --config cognate.yaml --name ann --policy help-desk
  cognate keys create --config cognate.yaml --name deploy --policy policy.json --expires 90d --out deploy.key`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var problems config.Problems
			try := func(err error) {
				if err != nil {
					problems = append(problems, err.Error())
				}
			}
			n := iam.NewKey{Name: name, AccountID: account}
			if err := cognate.CheckKeyName(name); err != nil {
				try(fmt.Errorf("--name: %q is %w", name, err))
			}
			if n.AccountID == "" {
				n.AccountID = config.AccountOf(databaseSource(cmd))
			}
			try(checkAccount(n.AccountID))
			parsed, source, err := readPolicy(policy)
			if err != nil {
				try(fmt.Errorf("--policy: %w", err))
			}
			n.Policy, n.PolicySource = parsed.Text(), source
			n.ExpiresAt, err = parseExpiry(expires, time.Now())
			try(err)
			try(checkSecretOutput(out, cmd.OutOrStdout()))
			return withKeys(cmd, problems.OrNil(), true, func(ctx context.Context, k *keyCommand) error { return k.create(ctx, n, out) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&name, "name", "", "`name` of the key, which errors and events show")
	f.StringVar(&account, "account", "", "`account` whose user pools it administers, 12 digits (default: the setting account)")
	f.StringVar(&policy, "policy", "", "`file` with an IAM policy, or the name of a ready policy")
	f.StringVar(&expires, "expires", "", "`time` at which it stops, such as 2026-12-31T23:59:59Z, or a date, or a duration such as 90d (default never)")
	f.StringVar(&out, "out", "", "new `file` for the secret (default: the terminal)")
	addKeyFlags(cmd)
	for _, required := range []string{"name", "policy"} {
		if err := cmd.MarkFlagRequired(required); err != nil {
			panic(err) // the command has no such flag
		}
	}
	return cmd
}

var twelveDigits = lazyregexp.New(`^[0-9]{12}$`)

func checkAccount(id string) error {
	if !twelveDigits.MatchString(id) {
		return fmt.Errorf("--account: %q is not 12 digits", id)
	}
	return nil
}

// parseExpiry returns the time of --expires; zero for an empty text.
func parseExpiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		var in time.Duration
		in, err = config.ParseDuration(text)
		at = now.Add(in)
	}
	switch {
	case err != nil:
		return at, fmt.Errorf("--expires: %q is not a time such as 2026-12-31T23:59:59Z, a date such as 2026-12-31, or a duration such as 90d", text)
	case !at.After(now):
		return at, fmt.Errorf("--expires: %s is not in the future", at.UTC().Format(time.RFC3339))
	default:
		return at.Truncate(time.Second), nil
	}
}

// checkSecretOutput returns an error if a secret would go to a file that exists, or to a pipe or a log.
func checkSecretOutput(file string, stdout io.Writer) error {
	if file == "" {
		if !isTerminal(stdout) {
			return errors.New("--out: standard output is not a terminal, so the secret could get into a log; name a new file with --out FILE")
		}
		return nil
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("--out: %s already exists; name a new file", file)
	}
	return nil
}

// create creates a key. It writes the file with the secret first, because a key without a known secret cannot be used.
func (k *keyCommand) create(ctx context.Context, n iam.NewKey, out string) error {
	key, err := createKey(ctx, k.store, k.manager, n)
	if errors.Is(err, iam.ErrNameTaken) {
		return usageError{fmt.Errorf("--name: %w: %s", err, n.Name)}
	}
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeKey(out, credentialsFile(key)); err != nil {
			_, deleteErr := k.manager.Delete(ctx, key.ID, true)
			return errors.Join(err, deleteErr)
		}
		_, err := fmt.Fprintf(k.out, "access key %s (%s) of account %s; its secret is in %s\n", key.ID, key.Name, key.AccountID, out)
		return err
	}
	_, err = fmt.Fprintf(k.out, "access key %s (%s) of account %s. This is the only time that its secret is shown:\n\n%s\n", key.ID, key.Name, key.AccountID, credentialsFile(key))
	return err
}

// createKey creates a key and its audit record.
func createKey(ctx context.Context, db *store.Store, m *iam.Manager, n iam.NewKey) (*cognate.AccessKey, error) {
	ctx, done := audit.Command(ctx, db, "CognateKeyCreated",
		"name", n.Name, "account", n.AccountID, "policySource", n.PolicySource, "policy", n.Policy, "expires", when(n.ExpiresAt))
	key, err := m.Create(ctx, n)
	done(err)
	return key, err
}

// credentialsFile returns a file with the credentials of a key, in the form of the AWS CLI.
func credentialsFile(key *cognate.AccessKey) string {
	return "[default]\naws_access_key_id = " + key.ID + "\naws_secret_access_key = " + key.Secret
}

func newKeysList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the access keys in the database, and those of the settings",
		Long:    "List the access keys in the database, and those of the settings file, without their secrets.\n\n" + keysHelp,
		Example: "  cognate keys list --config cognate.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeys(cmd, nil, false, func(ctx context.Context, k *keyCommand) error { return k.list(ctx) })
		},
	}
	addKeyFlags(cmd)
	return cmd
}

func (k *keyCommand) list(ctx context.Context) error {
	keys, err := k.manager.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(k.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tACCOUNT\tKEY\tPOLICY\tSTATUS\tEXPIRES\tLAST USED")
	for _, key := range keys {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.Name, key.AccountID, key.ID, key.PolicySource, statusOfKey(&key, k.manager.Now()),
			when(key.ExpiresAt), when(key.LastUsedAt))
	}
	for _, key := range k.configured {
		s := key.settings
		policy := iam.Administrator
		if s.PolicyFile != "" {
			policy = s.PolicyFile
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\tin the settings\tnever\tnot recorded\n", s.Name, s.Account, s.ID, policy)
	}
	return w.Flush()
}

// statusOfKey returns enabled, disabled or expired.
func statusOfKey(k *cognate.AccessKey, now time.Time) string {
	switch {
	case k.Disabled:
		return "disabled"
	case !k.IsUsable(now):
		return "expired"
	default:
		return "enabled"
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func newKeysShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show KEY",
		Short:   "Show an access key with its policy",
		Long:    "Show an access key of the database with its policy, without its secret. KEY is its name or its ID.\n\n" + keysHelp,
		Example: "  cognate keys show --config cognate.yaml deploy",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, nil, false, func(ctx context.Context, k *keyCommand) error {
				key, err := k.manager.Find(ctx, args[0])
				if err != nil {
					return named(args[0], err)
				}
				_, err = fmt.Fprintf(k.out, "name       %s\naccount    %s\nkey        %s\nstatus     %s\ncreated    %s\nexpires    %s\nlast used  %s\npolicy     %s\n\n%s\n",
					key.Name, key.AccountID, key.ID, statusOfKey(key, k.manager.Now()), when(key.CreatedAt), when(key.ExpiresAt),
					when(key.LastUsedAt), key.PolicySource, strings.TrimSpace(key.Policy))
				return err
			})
		},
	}
	addKeyFlags(cmd)
	return cmd
}

// named adds the name of a key to an error about it. A name that means no key is a wrong argument.
func named(name string, err error) error {
	switch {
	case errors.Is(err, iam.ErrNoKey), errors.Is(err, iam.ErrAmbiguous):
		return usageError{fmt.Errorf("%s: %w", name, err)}
	case errors.Is(err, iam.ErrLastAdministrator):
		return usageError{fmt.Errorf("%s: %w; create another one first, or add --force", name, err)}
	default:
		return err
	}
}

// newKeysChange returns a command that changes one key. event is the name of its audit record.
func newKeysChange(
	name, short, event string, hasForce bool,
	change func(ctx context.Context, m *iam.Manager, name string, force bool) (*cognate.AccessKey, error),
) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:     name + " KEY",
		Short:   short,
		Long:    short + ". KEY is its name or its ID.\n\n" + keysHelp,
		Example: "  cognate keys " + name + " --config cognate.yaml deploy",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withKeys(cmd, nil, false, func(ctx context.Context, k *keyCommand) error {
				key, err := k.recorded(ctx, event, args[0], nil, func(ctx context.Context, id string) (*cognate.AccessKey, error) {
					return change(ctx, k.manager, id, force)
				})
				if err != nil {
					return named(args[0], err)
				}
				_, err = fmt.Fprintf(k.out, "%sd access key %s (%s) of account %s\n", name, key.ID, key.Name, key.AccountID)
				return err
			})
		},
	}
	if hasForce {
		addForce(cmd, &force)
	}
	addKeyFlags(cmd)
	return cmd
}

// recorded changes the key of that name or ID with its audit record, which also has the details.
func (k *keyCommand) recorded(
	ctx context.Context, event, name string, details []string, change func(ctx context.Context, id string) (*cognate.AccessKey, error),
) (*cognate.AccessKey, error) {
	key, err := k.manager.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	ctx, done := audit.Command(ctx, k.store, event, append(details, "key", key.ID, "name", key.Name, "account", key.AccountID)...)
	key, err = change(ctx, key.ID)
	done(err)
	return key, err
}

func addForce(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "do it even if this is the last key of its account that may do everything")
}

func newKeysSetPolicy() *cobra.Command {
	var policy string
	var force bool
	cmd := &cobra.Command{
		Use:   "set-policy KEY --policy FILE|NAME",
		Short: "Replace the policy of an access key",
		Long: `Replace the policy of an access key with that in a file, or with one of the ready policies: ` + strings.Join(iam.ReadyNames(), ", ") + `. KEY is its name or its
ID.

` + keysHelp,
		Example: "  cognate keys set-policy --config cognate.yaml deploy --policy terraform",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			parsed, source, wrong := readPolicy(policy)
			if wrong != nil {
				wrong = fmt.Errorf("--policy: %w", wrong)
			}
			return withKeys(cmd, wrong, false, func(ctx context.Context, k *keyCommand) error {
				details := []string{"policySource", source, "policy", parsed.Text()}
				key, err := k.recorded(ctx, "CognateKeyPolicyChanged", args[0], details, func(ctx context.Context, id string) (*cognate.AccessKey, error) {
					return k.manager.SetPolicy(ctx, id, parsed.Text(), source, force)
				})
				if err != nil {
					return named(args[0], err)
				}
				_, err = fmt.Fprintf(k.out, "access key %s (%s) of account %s has the policy %s\n", key.ID, key.Name, key.AccountID, key.PolicySource)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "`file` with an IAM policy, or the name of a ready policy")
	addForce(cmd, &force)
	addKeyFlags(cmd)
	if err := cmd.MarkFlagRequired("policy"); err != nil {
		panic(err) // the command has no such flag
	}
	return cmd
}

// simulation is a request that cognate keys simulate decides about.
type simulation struct {
	key, operation, pool, ip string
}

func newKeysSimulate() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate --key KEY --operation OPERATION",
		Short: "Show whether an access key may call an operation, and which statement of its policy decides",
		Long: `Show whether an access key may call an operation on a user pool now, and which statement of its policy decides. The operation is not called.
The request that is simulated uses TLS, has no tags, and is signed for the Region of the user pool. KEY is the name or the ID of a
key in the database or in the settings.

` + keysHelp,
		Example: "  cognate keys simulate --config cognate.yaml --key ann --operation AdminDeleteUser --pool eu-west-1_AbCdEfGhI --ip 203.0.113.7",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			op, address, problems := s.parse()
			return withKeys(cmd, problems.OrNil(), false, func(ctx context.Context, k *keyCommand) error { return k.simulate(ctx, s, op, address) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.key, "key", "", "name or ID of the `key`")
	f.StringVar(&s.operation, "operation", "", "`operation`, such as AdminGetUser or admin-get-user")
	f.StringVar(&s.pool, "pool", "", "`ID` of the user pool that the request names")
	f.StringVar(&s.ip, "ip", "", "`address` of the client")
	addKeyFlags(cmd)
	for _, required := range []string{"key", "operation"} {
		if err := cmd.MarkFlagRequired(required); err != nil {
			panic(err) // the command has no such flag
		}
	}
	return cmd
}

// parse returns the operation and the address of the client, and everything that is wrong.
func (s simulation) parse() (*api.Operation, netip.Addr, config.Problems) {
	var problems config.Problems
	op, ok := api.Lookup(s.operation)
	if !ok {
		op, ok = api.LookupCommand(s.operation)
	}
	switch {
	case !ok:
		problems = append(problems, fmt.Sprintf("--operation: %s", iam.UnknownOperation(s.operation)))
	case op.Auth != api.AuthSigV4:
		problems = append(problems, fmt.Sprintf("--operation: %s needs no signature, so no policy decides about it", op.Name))
	case op.Resource == api.ResourceUserPool && s.pool == "":
		problems = append(problems, fmt.Sprintf("--pool: %s needs the ID of a user pool", op.Name))
	case op.Resource == api.ResourceNone && s.pool != "":
		problems = append(problems, fmt.Sprintf("--pool: %s names no user pool, so only the Resource \"*\" of a policy matches it", op.Name))
	}
	var address netip.Addr
	if s.ip != "" {
		var err error
		if address, err = netip.ParseAddr(s.ip); err != nil {
			problems = append(problems, fmt.Sprintf("--ip: %q is not an address such as 203.0.113.7", s.ip))
		}
	}
	return op, address, problems
}

func (k *keyCommand) simulate(ctx context.Context, s simulation, op *api.Operation, address netip.Addr) error {
	key, policy, err := k.find(ctx, s.key)
	if err != nil {
		return named(s.key, err)
	}
	if !key.IsUsable(k.manager.Now()) {
		_, err := fmt.Fprintf(k.out, "deny: the key is %s\n", statusOfKey(key, k.manager.Now()))
		return err
	}
	request := iam.Request{Operation: op.Name, Resource: iam.AnyResource, Conditions: iam.Conditions{
		SourceIP: address, Now: k.manager.Now(), SecureTransport: true, Username: key.Name, Account: key.AccountID,
	}}
	if op.Resource == api.ResourceUserPool {
		pool := &cognate.UserPool{ID: s.pool, AccountID: key.AccountID}
		request.Resource, request.Conditions.Region = pool.ARN(), pool.Region()
		found, err := k.store.UserPool(ctx, s.pool)
		switch {
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		case err == nil && found.AccountID == key.AccountID:
			request.Conditions.ResourceTags = found.Tags
		default:
			fmt.Fprintf(k.out, "account %s has no user pool %s\n", key.AccountID, s.pool)
		}
	}
	decision := policy.Decide(&request)
	statement := "statement " + strconv.Itoa(decision.Statement+1)
	if decision.Sid != "" {
		statement += " (" + decision.Sid + ")"
	}
	what := "cognito-idp:" + op.Name + " on " + request.Resource
	switch decision.Effect {
	case iam.Allow:
		_, err = fmt.Fprintf(k.out, "allow: %s allows %s\n", statement, what)
	case iam.ExplicitDeny:
		_, err = fmt.Fprintf(k.out, "deny: %s denies %s\n", statement, what)
	default:
		_, err = fmt.Fprintf(k.out, "deny: no statement allows %s\n", what)
	}
	return err
}

// find returns the key of that name or ID, in the database or in the settings, with its policy.
func (k *keyCommand) find(ctx context.Context, name string) (*cognate.AccessKey, *iam.Policy, error) {
	i := slices.IndexFunc(k.configured, func(c configuredKey) bool { return c.settings.ID == name || c.settings.Name == name })
	if i >= 0 {
		c := k.configured[i]
		return &cognate.AccessKey{AccountID: c.settings.Account, ID: c.settings.ID, Name: c.settings.Name}, c.key.Policy, nil
	}
	key, err := k.manager.Find(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	policy, err := iam.ParsePolicy(key.Policy)
	if err != nil {
		return nil, nil, fmt.Errorf("the policy of the key is invalid, so it may do nothing: %w", err)
	}
	return key, policy, nil
}
