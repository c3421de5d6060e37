package managedlogin

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/ops"
	"cognate/store"
)

// UpdateManagedLoginBranding changes a style. It keeps what the request leaves out. An asset replaces the one with the same
// category, color mode and resource. Source: docs/behaviour.md §5.8.
// Assumed: an update with UseCognitoProvidedValues removes the settings and assets of a login style. An update with Settings
// switches UseCognitoProvidedValues off.
func (s *Service) UpdateManagedLoginBranding(
	ctx context.Context, in *api.UpdateManagedLoginBrandingInput,
) (*api.UpdateManagedLoginBrandingOutput, error) {
	if in.UserPoolId == "" || in.ManagedLoginBrandingId == "" {
		return nil, errMissingIDs
	}
	id := idOf(in.ManagedLoginBrandingId)
	var changed *cognate.LoginStyle
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		pool, err := ops.LockPool(ctx, tx, in.UserPoolId)
		if err != nil {
			return err
		}
		l, err := orNotFound(tx.LoginStyle(ctx, pool.ID, id))
		if err != nil {
			return err
		}
		if err := s.update(ctx, tx, l, in); err != nil {
			return err
		}
		l.ModifiedAt, changed = s.Now(), l
		return tx.SaveLoginStyle(ctx, l)
	})
	if err != nil {
		return nil, err
	}
	s.warn(ctx, changed)
	out, err := s.describe(ctx, func() (*cognate.LoginStyle, error) { return s.Store.LoginStyle(ctx, in.UserPoolId, id) }, false)
	if err != nil {
		return nil, err
	}
	return &api.UpdateManagedLoginBrandingOutput{ManagedLoginBranding: out}, nil
}

func (s *Service) update(ctx context.Context, tx *store.Tx, l *cognate.LoginStyle, in *api.UpdateManagedLoginBrandingInput) error {
	settings := settingsOf(in.Settings)
	switch {
	case api.IsTrue(in.UseCognitoProvidedValues):
		if settings != nil || len(in.Assets) > 0 {
			return errNoChoice
		}
		return useProvidedValues(ctx, tx, l)
	case settings != nil:
		if err := branding.CheckSettings(settings); err != nil {
			return err
		}
		l.Settings, l.UseProvidedValues = settings, false
	case in.UseCognitoProvidedValues != nil && l.UseProvidedValues:
		return errNoChoice // false without settings
	case l.UseProvidedValues && len(in.Assets) > 0:
		return errAssetsAlone
	}
	list, err := s.uploads(l, in.Assets)
	if err != nil {
		return err
	}
	return put(ctx, tx, l, list)
}

// useProvidedValues removes the settings and the assets of a style.
func useProvidedValues(ctx context.Context, tx *store.Tx, l *cognate.LoginStyle) error {
	for _, a := range l.Assets {
		if err := tx.DeleteImage(ctx, l.PoolID, a.ImageID); err != nil {
			return err
		}
	}
	l.UseProvidedValues, l.Settings, l.Assets = true, nil, nil
	return nil
}
