package terms

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// CreateTerms adds terms to an app client. Source: docs/behaviour.md §5.8.
func (s *Service) CreateTerms(ctx context.Context, in *api.CreateTermsInput) (*api.CreateTermsOutput, error) {
	now := s.Now()
	t := &cognate.Terms{
		PoolID: in.UserPoolId, ID: uuid.NewString(), ClientID: in.ClientId, Name: in.TermsName, Source: in.TermsSource,
		Enforcement: in.Enforcement, Links: in.Links, CreatedAt: now, ModifiedAt: now,
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := ops.LockPool(ctx, tx, t.PoolID); err != nil {
			return err
		}
		if _, err := tx.LockAppClient(ctx, t.PoolID, t.ClientID); errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(t.ClientID)
		} else if err != nil {
			return err
		}
		if err := t.Check(); err != nil {
			return err
		}
		if err := tx.CreateTerms(ctx, t); err != nil {
			return err
		}
		return s.Quotas.Require(cognate.QuotaTerms, func() (int, error) {
			n, err := tx.CountTerms(ctx, t.PoolID)
			return n - 1, err // without the new ones
		})
	})
	if errors.Is(err, store.ErrExists) {
		err = errExists
	}
	if err != nil {
		return nil, err
	}
	return &api.CreateTermsOutput{Terms: toWire(t)}, nil
}
