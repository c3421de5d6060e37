package uicustomization

import (
	"context"
	"errors"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/ops"
	"cognate/store"
)

// SetUICustomization replaces the CSS and the logo of an app client, or of ALL. Without both it removes the customization.
// Source: docs/behaviour.md §5.8.
// Assumed: SetUICustomization without ClientId sets the customization of ALL. The answer to a removal is an empty structure.
func (s *Service) SetUICustomization(ctx context.Context, in *api.SetUICustomizationInput) (*api.SetUICustomizationOutput, error) {
	var set *cognate.UICustomization
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := ops.LockPool(ctx, tx, in.UserPoolId); err != nil {
			return err
		}
		client := clientID(in.ClientId)
		if client != cognate.AllClients { // the lock prevents that a concurrent deletion of the client leaves a customization
			if _, err := tx.LockAppClient(ctx, in.UserPoolId, client); errors.Is(err, store.ErrNotFound) {
				return api.ErrClientNotFound(client)
			} else if err != nil {
				return err
			}
		}
		if err := requireDomain(ctx, tx, in.UserPoolId); err != nil {
			return err
		}
		old, err := orNone(tx.UICustomization(ctx, in.UserPoolId, client))
		if err != nil {
			return err
		}
		set, err = s.replace(ctx, tx, old, &cognate.UICustomization{PoolID: in.UserPoolId, ClientID: client, CSS: in.CSS}, in.ImageFile)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.warn(ctx, set)
	return &api.SetUICustomizationOutput{UICustomization: s.toWire(set)}, nil
}

// replace stores a customization with a logo in place of the old one, and returns it. It returns nil if there is nothing to
// store.
func (s *Service) replace(ctx context.Context, tx *store.Tx, old, c *cognate.UICustomization, logo []byte) (*cognate.UICustomization, error) {
	if _, err := branding.CleanCSS(c.CSS); err != nil {
		return nil, err
	}
	c.CreatedAt, c.ModifiedAt = s.Now(), s.Now()
	if old != nil {
		c.CreatedAt = old.CreatedAt
		if err := tx.DeleteImage(ctx, old.PoolID, old.ImageID); err != nil {
			return nil, err
		}
	}
	if c.CSS == "" && len(logo) == 0 {
		return nil, tx.DeleteUICustomization(ctx, c.PoolID, c.ClientID)
	}
	if len(logo) > 0 {
		format, err := branding.LogoFormat(logo)
		if err != nil {
			return nil, err
		}
		image := &cognate.Image{
			PoolID: c.PoolID, ID: cognate.NewImageID(format.Extension), ClientID: c.ClientID, MediaType: format.MediaType,
			Content: logo, CreatedAt: s.Now(),
		}
		if err := tx.CreateImage(ctx, image); err != nil {
			return nil, err
		}
		c.ImageID = image.ID
	}
	return c, tx.SaveUICustomization(ctx, c)
}

// warn logs that texts of a customization are hard to read. Users of the API do not see it, as at the service.
func (s *Service) warn(ctx context.Context, c *cognate.UICustomization) {
	if c == nil {
		return
	}
	clean, err := branding.CleanCSS(c.CSS)
	if err != nil {
		return // the CSS has been checked
	}
	if low := branding.LowContrast(clean); len(low) > 0 {
		s.Log.WarnContext(ctx, "texts of a UI customization are hard to read", "pool", c.PoolID, "client", c.ClientID, "contrast", low)
	}
}
