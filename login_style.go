package cognate

import (
	"time"

	"cognate/api"
)

// LoginStyle is the look of managed login for one app client. The wire name is ManagedLoginBranding.
type LoginStyle struct {
	PoolID, ID            string // the ID is a UUID
	ClientID              string
	UseProvidedValues     bool   // the defaults; then there are no Settings and Assets
	Settings              []byte // JSON, as the administrator wrote it; nil without settings
	Assets                []LoginAsset
	CreatedAt, ModifiedAt time.Time
}

// LoginAsset is an image of a login style.
type LoginAsset struct {
	Category   api.AssetCategoryType
	ColorMode  api.ColorSchemeModeType
	Extension  api.AssetExtensionType
	ResourceID string // the identity provider of an IDP_BUTTON_ICON; "" for other assets
	ImageID    string
}

// Replaces reports whether an asset stands in the place of another one: for the same category, color mode and resource.
func (a LoginAsset) Replaces(other LoginAsset) bool {
	return a.Category == other.Category && a.ColorMode == other.ColorMode && a.ResourceID == other.ResourceID
}
