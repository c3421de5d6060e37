package managedlogin

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/ops"
	"cognate/store"
)

// CreateManagedLoginBranding adds a style to an app client. Source: docs/behaviour.md §5.8.
func (s *Service) CreateManagedLoginBranding(
	ctx context.Context, in *api.CreateManagedLoginBrandingInput,
) (*api.CreateManagedLoginBrandingOutput, error) {
	now := s.Now()
	l := &cognate.LoginStyle{
		PoolID: in.UserPoolId, ID: uuid.NewString(), ClientID: in.ClientId, UseProvidedValues: api.IsTrue(in.UseCognitoProvidedValues),
		Settings: settingsOf(in.Settings), CreatedAt: now, ModifiedAt: now,
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := ops.LockPool(ctx, tx, l.PoolID); err != nil {
			return err
		}
		if _, err := tx.LockAppClient(ctx, l.PoolID, l.ClientID); errors.Is(err, store.ErrNotFound) {
			return api.ErrClientNotFound(l.ClientID)
		} else if err != nil {
			return err
		}
		l.Assets = nil // the transaction can be repeated
		return s.add(ctx, tx, l, in.Assets)
	})
	if errors.Is(err, store.ErrExists) {
		err = errExists
	}
	if err != nil {
		return nil, err
	}
	s.warn(ctx, l)
	out, err := s.describe(ctx, func() (*cognate.LoginStyle, error) { return s.Store.LoginStyle(ctx, l.PoolID, l.ID) }, false)
	if err != nil {
		return nil, err
	}
	return &api.CreateManagedLoginBrandingOutput{ManagedLoginBranding: out}, nil
}

func (s *Service) add(ctx context.Context, tx *store.Tx, l *cognate.LoginStyle, assets []api.AssetType) error {
	if l.UseProvidedValues == (l.Settings != nil) || l.UseProvidedValues && len(assets) > 0 {
		return errNoChoice
	}
	if l.Settings != nil {
		if err := branding.CheckSettings(l.Settings); err != nil {
			return err
		}
	}
	list, err := s.uploads(l, assets)
	if err != nil {
		return err
	}
	if err := put(ctx, tx, l, list); err != nil {
		return err
	}
	if err := tx.CreateLoginStyle(ctx, l); err != nil {
		return err
	}
	return s.Quotas.Require(cognate.QuotaLoginStyles, func() (int, error) {
		n, err := tx.CountLoginStyles(ctx, l.PoolID)
		return n - 1, err // without the new one
	})
}
