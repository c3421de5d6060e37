package store

import (
	"context"
	"errors"
	"fmt"

	"cognate/store/gen"
)

var provisionedLimitTables = []table{{name: "provisioned_limits", key: []string{"account_id", "region", "category"}}}

// ProvisionedLimit returns the rate that an account has chosen for a category of operations in a region, in requests per second;
// 0 if it has chosen none.
func (s *Store) ProvisionedLimit(ctx context.Context, accountID, region, category string) (int, error) {
	rate, err := s.reader.GetProvisionedLimit(ctx, gen.GetProvisionedLimitParams{
		AccountID: accountID, Region: region, Category: category,
	})
	err = found("get provisioned limit", err)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return int(rate), err
}

// SetProvisionedLimit stores the rate that an account has chosen for a category of operations in a region.
func (t *Tx) SetProvisionedLimit(ctx context.Context, accountID, region, category string, rate int) error {
	err := t.q.SetProvisionedLimit(ctx, gen.SetProvisionedLimitParams{
		AccountID: accountID, Region: region, Category: category, Rate: int64(rate),
	})
	if err != nil {
		return fmt.Errorf("set provisioned limit: %w", err)
	}
	return nil
}
