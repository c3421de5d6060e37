// Package managedlogin has the operations on the styles of managed login. Package branding checks their settings and images, and
// returns what a page shows.
package managedlogin

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/branding"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Quotas cognate.Quotas
	Log    *slog.Logger
	Now    func() time.Time
}

// Source of errNoChoice: docs/behaviour.md §5.8, for a part of the text.
// Assumed: the texts for a second login style of a client, an unknown style, and settings that are missing or superfluous.
var (
	errNoChoice    = api.InvalidParameterException("You must provide either UseCognitoProvidedValues or Settings (but not both).")
	errExists      = api.ManagedLoginBrandingExistsException("Managed login branding already exists for the client.")
	errNotFound    = api.ResourceNotFoundException("Managed login branding does not exist.")
	errMissingIDs  = api.InvalidParameterException("UserPoolId and ManagedLoginBrandingId are required.")
	errTwice       = api.InvalidParameterException("Assets contains an asset twice.")
	errManyAssets  = api.InvalidParameterException("A managed login branding style must not have more than 40 assets.")
	errAssetsAlone = api.InvalidParameterException("Assets require Settings.")
)

// idOf returns a style ID of a request as it is stored: clients may write the UUID in capitals.
func idOf(wire string) string { return strings.ToLower(wire) }

// settingsOf returns the settings of a request; nil if it has none. As for other members, null is the same as no value.
func settingsOf(wire jsontext.Value) jsontext.Value {
	if wire.Kind() == jsontext.KindNull {
		return nil
	}
	return wire
}

// orNotFound replaces store.ErrNotFound by the error for an unknown style.
func orNotFound(l *cognate.LoginStyle, err error) (*cognate.LoginStyle, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotFound
	}
	return l, err
}

// upload is an asset of a request, checked, with the image to store.
type upload struct {
	asset cognate.LoginAsset
	image *cognate.Image
}

// uploads checks the assets of a request. Errors: InvalidParameterException.
func (s *Service) uploads(l *cognate.LoginStyle, assets []api.AssetType) ([]upload, error) {
	var list []upload
	for _, a := range assets {
		format, content, err := branding.CleanAsset(a)
		if err != nil {
			return nil, err
		}
		image := &cognate.Image{
			PoolID: l.PoolID, ID: cognate.NewImageID(format.Extension), ClientID: l.ClientID, MediaType: format.MediaType,
			Content: content, CreatedAt: s.Now(),
		}
		asset := cognate.LoginAsset{
			Category: a.Category, ColorMode: a.ColorMode, Extension: a.Extension, ResourceID: a.ResourceId, ImageID: image.ID,
		}
		for _, u := range list {
			if asset.Replaces(u.asset) {
				return nil, errTwice
			}
		}
		list = append(list, upload{asset, image})
	}
	return list, nil
}

// put stores the images of uploads and adds them to a style. It deletes the images that they replace.
func put(ctx context.Context, tx *store.Tx, l *cognate.LoginStyle, list []upload) error {
	for _, u := range list {
		kept := make([]cognate.LoginAsset, 0, len(l.Assets)+1)
		for _, old := range l.Assets {
			if !u.asset.Replaces(old) {
				kept = append(kept, old)
				continue
			}
			if err := tx.DeleteImage(ctx, l.PoolID, old.ImageID); err != nil {
				return err
			}
		}
		if err := tx.CreateImage(ctx, u.image); err != nil {
			return err
		}
		kept = append(kept, u.asset)
		l.Assets = kept
	}
	if len(l.Assets) > branding.MaxAssets {
		return errManyAssets
	}
	return nil
}

// describe returns a style in the shape of the API. merged adds the defaults to its settings and assets.
func (s *Service) describe(ctx context.Context, read func() (*cognate.LoginStyle, error), merged bool) (*api.ManagedLoginBrandingType, error) {
	const attempts = 3 // an image is gone if the style changes between the two reads
	for attempt := 1; ; attempt++ {
		l, err := orNotFound(read())
		if err != nil {
			return nil, err
		}
		out, err := s.toWire(ctx, l, merged)
		if err == nil || !errors.Is(err, store.ErrNotFound) || attempt == attempts {
			return out, err
		}
	}
}

// toWire reads the images of a style. Errors: store.ErrNotFound if one is gone.
func (s *Service) toWire(ctx context.Context, l *cognate.LoginStyle, merged bool) (*api.ManagedLoginBrandingType, error) {
	out := &api.ManagedLoginBrandingType{
		ManagedLoginBrandingId: l.ID, UserPoolId: l.PoolID, UseCognitoProvidedValues: &l.UseProvidedValues, Settings: l.Settings,
		Assets: []api.AssetType{}, CreationDate: api.EpochOf(l.CreatedAt), LastModifiedDate: api.EpochOf(l.ModifiedAt),
	}
	for _, a := range l.Assets {
		image, err := s.Store.Image(ctx, l.PoolID, a.ImageID)
		if err != nil {
			return nil, err
		}
		out.Assets = append(out.Assets, api.AssetType{
			Category: a.Category, ColorMode: a.ColorMode, Extension: a.Extension, ResourceId: a.ResourceID, Bytes: image.Content,
		})
	}
	if !merged {
		return out, nil
	}
	settings, err := branding.MergeSettings(l.Settings)
	if err != nil {
		return nil, err
	}
	out.Settings, out.Assets = settings, withDefaults(out.Assets)
	return out, nil
}

// withDefaults adds the default assets that a style does not replace.
func withDefaults(own []api.AssetType) []api.AssetType {
	has := make(map[[2]string]bool)
	for _, a := range own {
		has[[2]string{string(a.Category), string(a.ColorMode)}] = true
	}
	for _, a := range branding.DefaultAssets() {
		if !has[[2]string{string(a.Category), string(a.ColorMode)}] {
			own = append(own, a)
		}
	}
	return own
}

// warn logs that texts of a stored style are hard to read. Users of the API do not see it, as at the service.
func (s *Service) warn(ctx context.Context, l *cognate.LoginStyle) {
	style, err := branding.NewStyle(l.Settings)
	if err != nil {
		return // the settings have been checked
	}
	if low := style.LowContrast(); len(low) > 0 {
		s.Log.WarnContext(ctx, "texts of a login style are hard to read", "pool", l.PoolID, "client", l.ClientID, "contrast", low)
	}
}
