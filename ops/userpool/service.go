// Package userpool has the operations on user pools: settings, MFA configuration, schema and tags. It converts between the wire
// and cognate.UserPool, and decides which settings a request leaves unchanged. cognate.UserPool has the rules for the settings.
package userpool

import (
	"context"
	"time"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
	"cognate/tokens"
	"cognate/trash"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Keys   *tokens.Keyring
	Quotas cognate.Quotas
	Trash  trash.Bin
	Now    func() time.Time
	// ChooseID returns the ID of a new user pool in region, or "" for a random one. Nil makes all IDs random.
	ChooseID func(ctx context.Context, in *api.CreateUserPoolInput, region string) (string, error)
}

// change locks a pool of the caller, calls edit, checks the changed pool and saves it. edit gets the newest state. It replaces
// structures of the settings and does not change them in place.
// Errors: ResourceNotFoundException, those of edit, those of UserPool.CheckChange.
func (s *Service) change(ctx context.Context, id string, edit func(*cognate.UserPool) error) (*cognate.UserPool, error) {
	var changed *cognate.UserPool
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, id)
		if err != nil {
			return err
		}
		stored := *pool
		if err := edit(pool); err != nil {
			return err
		}
		if err := pool.CheckChange(&stored); err != nil {
			return err
		}
		if err := requireDomainTier(ctx, tx, pool, stored.Tier); err != nil {
			return err
		}
		pool.ModifiedAt = s.Now()
		changed = pool
		return tx.SaveUserPool(ctx, pool)
	})
	return changed, err
}

// requireDomainTier returns an error if a pool moves from the feature plan of stored to LITE and has a domain with managed
// login. Errors: FeatureUnavailableInTierException.
func requireDomainTier(ctx context.Context, tx *store.Tx, pool *cognate.UserPool, stored api.UserPoolTierType) error {
	if pool.Tier != api.UserPoolTierTypeLite || stored == pool.Tier {
		return nil
	}
	domains, err := tx.Domains(ctx, pool.ID)
	if err != nil {
		return err
	}
	for _, d := range domains {
		if d.ManagedLoginVersion == cognate.ManagedLogin {
			return cognate.ErrManagedLoginTier
		}
	}
	return nil
}
