package store

import (
	"context"

	"cognate"
	"cognate/store/gen"
)

// linkedIdentityTables is an index: the documents of users contain their linked identities.
var linkedIdentityTables = []table{
	{
		name: "linked_identities", role: roleUser, inTrash: true, key: []string{"pool_id", "provider_name", "attribute", "value"},
		deleteOfUser: func(ctx context.Context, q *gen.Queries, poolID, sub string) error {
			return q.DeleteLinkedIdentities(ctx, gen.DeleteLinkedIdentitiesParams{PoolID: poolID, Sub: sub})
		},
	},
}

// UserByIdentity returns the user of a pool who has an account at an identity provider. Errors: ErrNotFound.
func (s *Store) UserByIdentity(ctx context.Context, poolID, provider, attribute, value string) (*cognate.User, error) {
	row, err := s.reader.GetUserByLinkedIdentity(ctx, gen.GetUserByLinkedIdentityParams{
		PoolID: poolID, ProviderName: provider, Attribute: attribute, Value: value,
	})
	if err != nil {
		return nil, found("get user by identity", err)
	}
	return s.userFromRow(row.User)
}

// LinkIdentity gives an identity to a user whom the transaction has locked. The caller saves the user.
// Errors: ErrExists if a user of the pool has the identity already.
func (t *Tx) LinkIdentity(ctx context.Context, u *LockedUser, i cognate.LinkedIdentity) error {
	n, err := t.q.CreateLinkedIdentity(ctx, gen.CreateLinkedIdentityParams{
		PoolID: u.PoolID, ProviderName: i.ProviderName, Attribute: i.Attribute, Value: i.Value, Sub: u.Sub,
	})
	if err := changed("link identity", ErrExists, n, err); err != nil {
		return err
	}
	u.Identities = append(u.Identities, i)
	return nil
}

// UnlinkIdentity takes an identity from a user whom the transaction has locked. The caller saves the user.
// Errors: ErrNotFound.
func (t *Tx) UnlinkIdentity(ctx context.Context, u *LockedUser, provider, attribute, value string) error {
	n, err := t.q.DeleteLinkedIdentity(ctx, gen.DeleteLinkedIdentityParams{
		PoolID: u.PoolID, ProviderName: provider, Attribute: attribute, Value: value, Sub: u.Sub,
	})
	if err := changed("unlink identity", ErrNotFound, n, err); err != nil {
		return err
	}
	kept := make([]cognate.LinkedIdentity, 0, len(u.Identities))
	for _, i := range u.Identities {
		if i.ProviderName != provider || i.Attribute != attribute || i.Value != value {
			kept = append(kept, i)
		}
	}
	u.Identities = kept
	return nil
}
