package terms

import (
	"context"
	"errors"

	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DeleteTerms deletes terms.
func (s *Service) DeleteTerms(ctx context.Context, in *api.DeleteTermsInput) (*api.DeleteTermsOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		err = tx.DeleteTerms(ctx, pool.ID, idOf(in.TermsId))
		if errors.Is(err, store.ErrNotFound) {
			return errNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteTermsOutput{}, nil
}
