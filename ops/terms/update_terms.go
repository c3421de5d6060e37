package terms

import (
	"cmp"
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/store"
)

// UpdateTerms changes terms. It keeps what the request leaves out. Links replaces all links.
func (s *Service) UpdateTerms(ctx context.Context, in *api.UpdateTermsInput) (*api.UpdateTermsOutput, error) {
	var updated *cognate.Terms
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		t, err := orNotFound(tx.Terms(ctx, pool.ID, idOf(in.TermsId)))
		if err != nil {
			return err
		}
		old := t.Name
		t.Name = cmp.Or(in.TermsName, t.Name)
		t.Source, t.Enforcement = cmp.Or(in.TermsSource, t.Source), cmp.Or(in.Enforcement, t.Enforcement)
		if in.Links != nil {
			t.Links = in.Links
		}
		if err := t.Check(); err != nil {
			return err
		}
		if t.Name != old {
			if _, err := tx.ClientTerms(ctx, pool.ID, t.ClientID, t.Name); err == nil {
				return errExists
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		t.ModifiedAt = s.Now()
		updated = t
		return tx.SaveTerms(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateTermsOutput{Terms: toWire(updated)}, nil
}
