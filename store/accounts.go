package store

import (
	"context"
	"errors"
	"fmt"

	"cognate/store/gen"
)

// LockAccount locks what an account has in a region until the transaction ends. A transaction that counts user pools locks
// their account first.
func (t *Tx) LockAccount(ctx context.Context, accountID, region string) error {
	if err := t.q.LockAccount(ctx, gen.LockAccountParams{AccountID: accountID, Region: region}); err != nil {
		return fmt.Errorf("lock account: %w", err)
	}
	return nil
}

// HasAccount reports whether an account has a user pool or an access key in the database.
func (s *Store) HasAccount(ctx context.Context, accountID string) (bool, error) {
	_, err := s.reader.FindAccount(ctx, accountID)
	err = found("find account", err)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// CountUserPools returns the number of user pools of an account in a region.
func (t *Tx) CountUserPools(ctx context.Context, accountID, region string) (int, error) {
	after, before := poolIDs(region)
	n, err := t.q.CountUserPools(ctx, gen.CountUserPoolsParams{AccountID: accountID, AfterID: after, BeforeID: before})
	if err != nil {
		return 0, fmt.Errorf("count user pools: %w", err)
	}
	return int(n), nil
}

// CountAppClients returns the number of app clients of a pool that the transaction has locked.
func (t *Tx) CountAppClients(ctx context.Context, poolID string) (int, error) {
	n, err := t.q.CountAppClients(ctx, poolID)
	if err != nil {
		return 0, fmt.Errorf("count app clients: %w", err)
	}
	return int(n), nil
}

// poolIDs returns texts before and after all IDs of pools in a region.
func poolIDs(region string) (after, before string) { return region + "_", region + "`" } // "`" is the character after "_"
