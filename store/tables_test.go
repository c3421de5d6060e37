package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/store"
	"cognate/store/storetest"
)

// poolTables and serverTables match the schema of the migrations.
func TestTablesAreKnown(t *testing.T) {
	t.Parallel()
	columns, err := mustOpen(t, "", storetest.MasterKey(t)).Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type facts struct{ Key, Bytes []string }
	schema, known := make(map[string]facts), make(map[string]facts)
	for _, c := range columns {
		if slices.Contains(store.ServerTables(), c.Table) {
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
		t.Errorf("poolTables differs from the schema (-schema +poolTables):\n%s", diff)
	}
}
