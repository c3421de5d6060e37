package store

// role is what a table's rows are to their pool.
type role int

const (
	// roleConfig is what an administrator has set up: settings, clients, keys. It outlives the reset of a pool.
	roleConfig role = iota
	// roleUser is what belongs to users and lasts: it goes with a reset, and comes along in a fork.
	roleUser
	// roleTransient is what use leaves behind, and stands for one pool only: it goes with a reset, and stays out of a fork.
	roleTransient
)

// table is what copying and resetting must know of a table of pools. Every table is keyed by pool_id.
type table struct {
	name string
	role role
	// key is the primary key, in order. The place of a sealed column is name/key…/column, unless places says of what else
	// it is made than the key.
	key, aadColumns []string
	// sealed are the columns with sealed secrets, plain the other ones with bytes.
	sealed, plain []string
}

// serverTables are the tables that hold nothing of a pool: resets, snapshots and forks leave them alone.
var serverTables = [...]string{"data_keys", "leases"}

// poolTables are all other tables, except those of the migrations. A test compares both lists with the schema.
var poolTables = [...]table{
	{name: "user_pools", role: roleConfig, key: []string{"pool_id"}},
	{name: "signing_keys", role: roleConfig, key: []string{"pool_id", "key_id"}, sealed: []string{"sealed"}},
	{name: "app_clients", role: roleConfig, key: []string{"pool_id", "client_id"}, sealed: []string{"sealed"}},
	{name: "users", role: roleUser, key: []string{"pool_id", "sub"}, sealed: []string{"password", "software_token"}},
	{name: "user_aliases", role: roleUser, key: []string{"pool_id", "alias"}},
	{name: "user_index", role: roleUser, key: []string{"pool_id", "attribute", "value", "sub"}},
	{name: "codes", role: roleUser, key: []string{"pool_id", "sub", "purpose"}, sealed: []string{"sealed"}},
	{
		name: "credentials", role: roleUser, key: []string{"pool_id", "credential_id"},
		aadColumns: []string{"pool_id", "sub", "credential_id"}, sealed: []string{"sealed"},
	},
	{name: "passkey_registrations", role: roleTransient, key: []string{"pool_id", "sub"}, plain: []string{"challenge"}},
	{name: "devices", role: roleTransient, key: []string{"pool_id", "sub", "device_key"}, sealed: []string{"sealed"}},
	{name: "grants", role: roleTransient, key: []string{"pool_id", "grant_id"}, plain: []string{"refresh_hash"}},
	{name: "retired_refresh_tokens", role: roleTransient, key: []string{"pool_id", "grant_id", "generation"}},
	{name: "spent_sessions", role: roleTransient, key: []string{"pool_id", "session_id"}},
	{name: "session_states", role: roleTransient, key: []string{"pool_id", "session_id"}, sealed: []string{"sealed"}},
	{name: "attempts", role: roleTransient, key: []string{"pool_id", "subject"}},
	{name: "outbox", role: roleTransient, key: []string{"pool_id", "message_id"}, sealed: []string{"sealed"}},
}
