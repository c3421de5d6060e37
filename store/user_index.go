package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate"
	"cognate/store/gen"
)

var userIndexTables = []table{
	{
		name: "user_index", role: roleUser, key: []string{"pool_id", "attribute", "value", "created_at", "sub"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteIndexEntries(ctx, gen.DeleteIndexEntriesParams{PoolID: poolID, Sub: sub})
		},
	},
}

type indexEntry struct{ attribute, value string }

// Names that ListUsers can filter by and that are not attributes.
const (
	IndexUsername   = "username"
	IndexStatus     = "cognito:user_status" // lower case
	IndexEnablement = "status"              // Enabled or Disabled
)

// searchable are the attributes of a user in the index, beside status and enablement. The table of users has username and sub.
var searchable = []string{
	cognate.AttributeEmail, cognate.AttributePhone, "name", "given_name", "family_name", cognate.AttributePreferredUsername,
}

// IsSearchable reports whether ListUsers can filter by an attribute (docs/behaviour.md §5.6). Custom attributes are not
// searchable.
func IsSearchable(attribute string) bool {
	switch attribute {
	case IndexUsername, cognate.AttributeSub, IndexStatus, IndexEnablement:
		return true
	default:
		return slices.Contains(searchable, attribute)
	}
}

func indexEntries(u *cognate.User) []indexEntry {
	enablement := "Disabled"
	if u.Enabled {
		enablement = "Enabled"
	}
	entries := []indexEntry{
		{IndexStatus, strings.ToLower(string(u.Status))},
		{IndexEnablement, enablement},
	}
	for _, name := range searchable {
		if v := u.Attributes[name]; v != "" {
			entries = append(entries, indexEntry{name, v})
		}
	}
	return entries
}

func (t *Tx) rewriteIndex(ctx context.Context, u *cognate.User) error {
	if err := t.q.DeleteIndexEntries(ctx, gen.DeleteIndexEntriesParams{PoolID: u.PoolID, Sub: u.Sub}); err != nil {
		return fmt.Errorf("delete index entries: %w", err)
	}
	return t.writeIndex(ctx, u)
}

func (t *Tx) writeIndex(ctx context.Context, u *cognate.User) error {
	for _, e := range indexEntries(u) {
		err := t.q.CreateIndexEntry(ctx, gen.CreateIndexEntryParams{
			PoolID: u.PoolID, Attribute: e.attribute, Value: e.value, CreatedAt: millis(u.Created), Sub: u.Sub,
		})
		if err != nil {
			return fmt.Errorf("create index entry: %w", err)
		}
	}
	return nil
}
