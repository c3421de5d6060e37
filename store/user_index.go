package store

import (
	"context"
	"fmt"
	"strings"

	"cognate"
	"cognate/store/gen"
)

type indexEntry struct{ attribute, value string }

// Attributes that ListUsers can filter by (docs/behaviour.md §5.6); status and username are not attributes but filtered alike.
const (
	IndexUsername   = "username"
	IndexStatus     = "cognito:user_status" // lower case
	IndexEnablement = "status"              // Enabled or Disabled
)

func indexEntries(u *cognate.User) []indexEntry {
	enablement := "Disabled"
	if u.Enabled {
		enablement = "Enabled"
	}
	entries := []indexEntry{
		{IndexUsername, u.Username},
		{cognate.AttributeSub, u.Sub},
		{IndexStatus, strings.ToLower(string(u.Status))},
		{IndexEnablement, enablement},
	}
	for _, name := range []string{
		cognate.AttributeEmail, cognate.AttributePhone, "name", "given_name", "family_name", cognate.AttributePreferredUsername,
	} {
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
			PoolID: u.PoolID, Attribute: e.attribute, Value: e.value, Sub: u.Sub,
		})
		if err != nil {
			return fmt.Errorf("create index entry: %w", err)
		}
	}
	return nil
}
