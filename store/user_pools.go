package store

import (
	"context"
	"fmt"

	"cognate"
	"cognate/store/gen"
)

var userPoolTables = []table{{name: "user_pools", role: roleConfig, inTrash: true, key: []string{"pool_id"}}}

// UserPool returns a pool. The result is shared: callers must not change it. Errors: ErrNotFound.
func (s *Store) UserPool(ctx context.Context, id string) (*cognate.UserPool, error) {
	row, err := s.reader.GetUserPool(ctx, id)
	if err != nil {
		return nil, found("get user pool", err)
	}
	return s.poolFromRow(row)
}

// UserPoolSummary is what other tables say about a pool.
type UserPoolSummary struct {
	Users                      int
	PrefixDomain, CustomDomain string // names; empty if there is none
}

// DescribeUserPool returns a pool, which is shared as that of UserPool, with its summary. It is one read. Errors: ErrNotFound.
func (s *Store) DescribeUserPool(ctx context.Context, id string) (*cognate.UserPool, UserPoolSummary, error) {
	row, err := s.reader.DescribeUserPool(ctx, id)
	if err != nil {
		return nil, UserPoolSummary{}, found("describe user pool", err)
	}
	pool, err := s.poolFromRow(row.UserPool)
	return pool, UserPoolSummary{Users: int(row.Users), PrefixDomain: row.PrefixDomain, CustomDomain: row.CustomDomain}, err
}

// UserPools returns up to limit pools of an account in a region whose IDs are after the given one, in order of their IDs.
func (s *Store) UserPools(ctx context.Context, accountID, region, after string, limit int) ([]*cognate.UserPool, error) {
	first, before := poolIDs(region)
	rows, err := s.reader.ListUserPools(ctx, gen.ListUserPoolsParams{
		AccountID: accountID, AfterID: max(after, first), BeforeID: before, PageSize: int32(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list user pools: %w", err)
	}
	return s.poolsFromRows(rows)
}

// AllUserPools returns up to limit pools of all accounts and regions, in order of their IDs.
func (s *Store) AllUserPools(ctx context.Context, limit int) ([]*cognate.UserPool, error) {
	rows, err := s.reader.ListAllUserPools(ctx, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list user pools: %w", err)
	}
	return s.poolsFromRows(rows)
}

func (s *Store) poolsFromRows(rows []gen.UserPool) ([]*cognate.UserPool, error) {
	pools := make([]*cognate.UserPool, 0, len(rows))
	for _, row := range rows {
		p, err := s.poolFromRow(row)
		if err != nil {
			return nil, err
		}
		pools = append(pools, p)
	}
	return pools, nil
}

// CreateUserPool adds a pool with its signing keys, and sets its KeysVersion. Errors: ErrExists.
func (t *Tx) CreateUserPool(ctx context.Context, p *cognate.UserPool, keys []cognate.SigningKey) error {
	document, err := encode("create user pool", fromUserPool(p))
	if err != nil {
		return err
	}
	p.KeysVersion = newVersion()
	n, err := t.q.CreateUserPool(ctx, gen.CreateUserPoolParams{
		PoolID: p.ID, AccountID: p.AccountID, Name: p.Name, Document: document, Version: newVersion(),
		CreatedAt: millis(p.CreatedAt), ModifiedAt: millis(p.ModifiedAt),
		KeysVersion: p.KeysVersion,
	})
	if err := changed("create user pool", ErrExists, n, err); err != nil {
		return err
	}
	for _, k := range keys {
		if err := t.createSigningKey(ctx, p, k); err != nil {
			return err
		}
	}
	return nil
}

// LockUserPool returns a pool that the caller can change, and locks it until the transaction ends. Errors: ErrNotFound.
func (t *Tx) LockUserPool(ctx context.Context, id string) (*cognate.UserPool, error) {
	row, err := t.q.LockUserPool(ctx, id)
	if err != nil {
		return nil, found("lock user pool", err)
	}
	return decodePool(row)
}

// SaveUserPool stores a pool that the transaction has locked.
func (t *Tx) SaveUserPool(ctx context.Context, p *cognate.UserPool) error {
	document, err := encode("save user pool", fromUserPool(p))
	if err != nil {
		return err
	}
	err = t.q.SaveUserPool(ctx, gen.SaveUserPoolParams{
		Name: p.Name, Document: document, ModifiedAt: millis(p.ModifiedAt), PoolID: p.ID,
	})
	if err != nil {
		return fmt.Errorf("save user pool: %w", err)
	}
	return nil
}

// DeleteUserPool deletes a pool with all its rows in all tables. Errors: ErrNotFound.
func (t *Tx) DeleteUserPool(ctx context.Context, id string) error {
	n, err := t.q.DeleteUserPool(ctx, id)
	if err := changed("delete user pool", ErrNotFound, n, err); err != nil {
		return err
	}
	if err := t.clear(ctx, id, func(*table) bool { return true }); err != nil {
		return fmt.Errorf("delete user pool: %w", err)
	}
	return nil
}

func (s *Store) poolFromRow(row gen.UserPool) (*cognate.UserPool, error) {
	return s.pools.decoded(row.PoolID, row.Version, func() (*cognate.UserPool, error) { return decodePool(row) })
}

func decodePool(row gen.UserPool) (*cognate.UserPool, error) {
	p := &cognate.UserPool{
		ID: row.PoolID, AccountID: row.AccountID, Name: row.Name,
		CreatedAt: fromMillis(row.CreatedAt), ModifiedAt: fromMillis(row.ModifiedAt), KeysVersion: row.KeysVersion,
	}
	var d userPoolDocument
	if err := decode("user pool "+row.PoolID, row.Document, &d); err != nil {
		return nil, err
	}
	d.toUserPool(p)
	return p, nil
}
