package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate"
	"cognate/store/gen"
)

// A reset deletes access keys too. Only servers that accept every key have resets.
var accessKeyTables = []table{{name: "access_keys", key: []string{"key_id"}, sealed: []string{"sealed"}}}

// AccessKeys returns the access keys of all accounts with their secrets, by account and name.
func (s *Store) AccessKeys(ctx context.Context) ([]cognate.AccessKey, error) {
	return s.accessKeys(ctx, s.reader)
}

// LockAccessKeys locks the access keys of an account until the transaction ends.
func (t *Tx) LockAccessKeys(ctx context.Context, accountID string) error {
	return t.LockAccount(ctx, accountID, "access_keys") // which is no region
}

// AccessKeys is Store.AccessKeys in a transaction.
func (t *Tx) AccessKeys(ctx context.Context) ([]cognate.AccessKey, error) {
	return t.s.accessKeys(ctx, t.q)
}

func (s *Store) accessKeys(ctx context.Context, q *gen.Queries) ([]cognate.AccessKey, error) {
	rows, err := q.ListAccessKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list access keys: %w", err)
	}
	keys := make([]cognate.AccessKey, 0, len(rows))
	for _, row := range rows {
		secret, err := s.unseal(row.Sealed, accessKeyAAD(row.KeyID))
		if err != nil {
			return nil, err
		}
		keys = append(keys, cognate.AccessKey{
			AccountID: row.AccountID, ID: row.KeyID, Name: row.Name, Secret: string(secret), Policy: row.Policy,
			PolicySource: row.PolicySource, Disabled: row.Disabled != 0, CreatedAt: fromMillis(row.CreatedAt),
			ExpiresAt: fromMillis(row.ExpiresAt), LastUsedAt: fromMillis(row.LastUsedAt),
		})
	}
	return keys, nil
}

// CreateAccessKey adds an access key. Errors: ErrExists if the ID is taken, or the name in the account.
func (t *Tx) CreateAccessKey(ctx context.Context, k *cognate.AccessKey) error {
	sealed, err := t.s.seal([]byte(k.Secret), accessKeyAAD(k.ID))
	if err != nil {
		return err
	}
	n, err := t.q.CreateAccessKey(ctx, gen.CreateAccessKeyParams{
		KeyID: k.ID, AccountID: k.AccountID, Name: k.Name, Sealed: sealed, Policy: k.Policy, PolicySource: k.PolicySource,
		Disabled: bit(k.Disabled), CreatedAt: millis(k.CreatedAt), ExpiresAt: millis(k.ExpiresAt),
	})
	return changed("create access key", ErrExists, n, err)
}

// SaveAccessKey saves the policy of an access key and whether it is disabled. Errors: ErrNotFound.
func (t *Tx) SaveAccessKey(ctx context.Context, k *cognate.AccessKey) error {
	n, err := t.q.SaveAccessKey(ctx, gen.SaveAccessKeyParams{
		KeyID: k.ID, Policy: k.Policy, PolicySource: k.PolicySource, Disabled: bit(k.Disabled),
	})
	return changed("save access key", ErrNotFound, n, err)
}

// DeleteAccessKey deletes an access key. Errors: ErrNotFound.
func (t *Tx) DeleteAccessKey(ctx context.Context, id string) error {
	n, err := t.q.DeleteAccessKey(ctx, id)
	return changed("delete access key", ErrNotFound, n, err)
}

// SaveAccessKeyUse saves when an access key was used, unless a later use is saved. It ignores an unknown key.
func (t *Tx) SaveAccessKeyUse(ctx context.Context, id string, at time.Time) error {
	if err := t.q.SaveAccessKeyUse(ctx, gen.SaveAccessKeyUseParams{KeyID: id, UsedAt: millis(at)}); err != nil {
		return fmt.Errorf("save use of access key: %w", err)
	}
	return nil
}

func accessKeyAAD(id string) string { return aadOf("access_keys", id, "sealed") }

// HasAccessKey reports whether the database at url has an access key. It creates and changes nothing: a database that does not exist,
// or that is older than access keys, has none.
func HasAccessKey(ctx context.Context, url string) (has bool, err error) {
	d := dialectOf(url)
	db, err := d.openUnchanged(url)
	if err != nil {
		return false, fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, d.tableExists, "access_keys").Scan(&has); err != nil || !has {
		return false, wrapped("look for access keys", err)
	}
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM access_keys)").Scan(&has)
	return has, wrapped("look for access keys", err)
}

func wrapped(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
