package store_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/store"
	"cognate/store/storetest"
)

// Each table of the schema is in a backup, with its key and its columns of bytes, or in the list of those that are not.
func TestTablesAreKnown(t *testing.T) {
	t.Parallel()
	columns, err := mustOpen(t, "", storetest.MasterKey(t)).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type facts struct{ Key, Bytes []string }
	schema, known := make(map[string]facts), make(map[string]facts)
	for _, c := range columns {
		if slices.Contains(store.RunningTables(), c.Table) {
			continue
		}
		f := schema[c.Table]
		if c.PrimaryKey > 0 {
			f.Key = append(f.Key, c.Name)
		}
		if c.Type == "BYTEA" {
			f.Bytes = append(f.Bytes, c.Name)
		}
		slices.Sort(f.Bytes)
		schema[c.Table] = f
		if key, bytes, ok := store.Known(c.Table); ok {
			slices.Sort(bytes)
			known[c.Table] = facts{key, bytes}
		}
	}
	if diff := cmp.Diff(schema, known); diff != "" {
		t.Errorf("allTables differs from the schema (-schema +allTables):\n%s", diff)
	}
	if undecided := store.UndecidedTables(); len(undecided) > 0 {
		t.Errorf("set restoring in the declarations of %q: does a restore keep their rows?", undecided)
	}
}

// The trash has the rows of all tables, except those with a reason.
func TestTrashHasTables(t *testing.T) {
	t.Parallel()
	reasons := map[string]string{
		"user_aliases": "made from the users again", "user_index": "made from the users again", "user_counts": "made from the users again",
		"domains":     "a pool with a domain is not deleted",
		"import_jobs": "jobs do not go on", "import_chunks": "jobs do not go on", "import_log": "jobs do not go on",
		"codes": "codes end with the user", "passkey_registrations": "ends with the user", "session_states": "Sessions end with the user",
		"grants": "grants stay revoked", "retired_refresh_tokens": "grants stay revoked", "sso_sessions": "sign-ins end with the user",
		"authorization_codes": "sign-ins end with the user", "pushed_requests": "ends with the client", "device_authorizations": "ends with the client",
		"attempts": "locks end with the user", "outbox": "messages end with the user",
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(reasons)), slices.Sorted(slices.Values(store.NotInTrash()))); diff != "" {
		t.Errorf("tables that are not in the trash (-with a reason +got): decide whether a restored user, client or pool needs the rows\n%s", diff)
	}
}
