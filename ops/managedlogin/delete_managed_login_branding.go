package managedlogin

import (
	"context"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DeleteManagedLoginBranding deletes a style with its images.
func (s *Service) DeleteManagedLoginBranding(
	ctx context.Context, in *api.DeleteManagedLoginBrandingInput,
) (*api.DeleteManagedLoginBrandingOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		l, err := orNotFound(tx.LoginStyle(ctx, pool.ID, idOf(in.ManagedLoginBrandingId)))
		if err != nil {
			return err
		}
		return tx.DeleteLoginStyle(ctx, l)
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteManagedLoginBrandingOutput{}, nil
}
