package userpool

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

var errDeletionProtected = api.InvalidParameterException("The user pool cannot be deleted because deletion protection is " +
	"activated. Deletion protection must be inactivated first.")

// DeleteUserPool deletes a pool with its users, clients, keys and tokens. The trash keeps the pool for a time.
// It does not delete a pool that has a domain.
func (s *Service) DeleteUserPool(ctx context.Context, in *api.DeleteUserPoolInput) (*api.DeleteUserPoolOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if pool.DeletionProtection {
			return errDeletionProtected
		}
		domains, err := tx.Domains(ctx, pool.ID)
		if err != nil {
			return err
		}
		if len(domains) > 0 {
			return cognate.ErrPoolKeepsDomain
		}
		return s.Trash.DeleteUserPool(ctx, tx, pool.ID)
	})
	if err != nil {
		return nil, err
	}
	s.Keys.Forget(in.UserPoolId)
	return &api.DeleteUserPoolOutput{}, nil
}
