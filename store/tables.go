package store

import (
	"context"
	"slices"

	"cognate/store/gen"
)

// role says what a reset and a fork of a pool do with the rows of a table.
type role int

const (
	// roleConfig: settings, clients and keys of an administrator. A reset keeps them, a fork copies them.
	roleConfig role = iota
	// roleUser: lasting data of users. A reset deletes it, a fork copies it.
	roleUser
	// roleTransient: data of sign-ins and requests, valid in one pool only. A reset deletes it, a fork does not copy it.
	roleTransient
	// roleUnique: settings that only one pool can have. A reset keeps them, a fork does not copy them.
	roleUnique
)

// survivesReset reports whether a reset keeps the rows.
func (r role) survivesReset() bool { return r == roleConfig || r == roleUnique }

// isForked reports whether a fork copies the rows.
func (r role) isForked() bool { return r == roleConfig || r == roleUser }

// restoring says what happens to the rows of a table when a database is restored from a backup.
type restoring int

const (
	// restoreByRole: lasting rows are kept. Transient rows are dropped, but a test requires one of the others for them.
	restoreByRole restoring = iota
	// restoreKeeps: the rows are kept.
	restoreKeeps
	// restoreDrops: the rows are what works once. It may have been used after the backup, so the rows are dropped.
	restoreDrops
)

// table describes a table. The first column of the key of every table of pools is pool_id.
type table struct {
	name string
	role role
	// restoring is set if the role does not decide it.
	restoring restoring
	// key is the primary key, in order. The associated data of a sealed column is "name/key…/column". If aadColumns is set,
	// it replaces the key there.
	key, aadColumns []string
	// sealed are the columns with sealed secrets. plain are the other columns with bytes.
	sealed, plain []string
	// inTrash says that the trash has the rows of a deleted user, client or pool. Other rows are made from them again, or are of no
	// use after a deletion.
	inTrash bool
	// deleteOfUser deletes the rows of a user; nil if the rows do not belong to users.
	deleteOfUser func(ctx context.Context, q *gen.Queries, poolID, sub string) error
	// deleteOfClient deletes the rows of an app client; nil if the rows do not belong to app clients.
	deleteOfClient func(ctx context.Context, q *gen.Queries, poolID, clientID string) error
}

// dropsOnRestore reports whether a restored database does not get the rows.
func (tb *table) dropsOnRestore() bool {
	return tb.restoring == restoreDrops || tb.restoring == restoreByRole && tb.role == roleTransient
}

// runningTables describe the schema and the running servers. They are not in backups, and no other operation on tables changes them.
var runningTables = [...]string{"additive_migrations", "leases", "nodes"}

// serverTables belong to the whole database. They are in backups. Resets, snapshots and forks do not change them.
var serverTables = []table{
	{name: "data_keys", key: []string{"key_id"}, plain: []string{"wrapped"}},
	{name: "accounts", key: []string{"account_id", "region"}},
	{name: "audit_events", key: []string{"id"}},
	{name: "audit_chain", key: []string{"id"}},
	{name: "audit_copies", key: []string{"name"}},
	{name: "trash", key: []string{"trash_id", "part"}, sealed: []string{"sealed"}},
	{name: "staged_pools", key: []string{"pool_id"}},
	{name: "restores", key: []string{"restore_id"}},
	{name: "acme_accounts", key: []string{"directory"}, sealed: []string{"sealed"}},
	{name: "certificates", key: []string{"directory", "name"}, aadColumns: []string{"name", "directory"}, sealed: []string{"sealed"}},
	{name: "acme_challenges", key: []string{"name", "token"}, restoring: restoreDrops},
}

// accountTables belong to accounts. Snapshots of all pools include them, resets delete their rows, and forks do not change them.
var accountTables = slices.Concat(provisionedLimitTables, accessKeyTables)

// poolTables are all other tables, except those of the migrations. The file of each noun declares its tables. A test compares
// the lists with the schema.
var poolTables = slices.Concat(
	userPoolTables,
	signingKeyTables,
	samlKeyTables,
	identityProviderTables,
	appClientTables,
	importTables,
	userTables,
	userAliasTables,
	userIndexTables,
	userCountTables,
	groupTables,
	resourceServerTables,
	domainTables,
	linkedIdentityTables,
	uiCustomizationTables,
	imageTables,
	termsTables,
	loginStyleTables,
	codeTables,
	credentialTables,
	deviceTables,
	grantTables,
	ssoSessionTables,
	authorizationCodeTables,
	pushedRequestTables,
	spentIDTables,
	deviceAuthorizationTables,
	consentTables,
	sessionTables,
	attemptTables,
	authEventTables,
	outboxTables,
)

// allTables are the tables that a backup contains.
var allTables = slices.Concat(serverTables, accountTables, poolTables)
