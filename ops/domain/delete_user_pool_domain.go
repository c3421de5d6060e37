package domain

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// DeleteUserPoolDomain deletes a domain of a pool. Its name is free immediately.
func (s *Service) DeleteUserPoolDomain(ctx context.Context, in *api.DeleteUserPoolDomainInput) (*api.DeleteUserPoolDomainOutput, error) {
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		err = tx.DeleteDomain(ctx, pool.ID, in.Domain)
		if errors.Is(err, store.ErrNotFound) {
			return cognate.ErrDomainNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &api.DeleteUserPoolDomainOutput{}, nil
}
