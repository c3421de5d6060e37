package store

import (
	"cognate"
	"cognate/api"
)

// uiCustomizationDocument is the stored form of a UI customization, without what the columns of its row hold.
type uiCustomizationDocument struct {
	form
	CSS     string `json:"CSS"`
	ImageID string `json:"ImageId"`
}

// loginStyleDocument is the stored form of a login style, without what the columns of its row hold.
type loginStyleDocument struct {
	form
	UseProvidedValues bool                 `json:"UseProvidedValues"`
	Settings          string               `json:"Settings"` // JSON, as the administrator wrote it; empty without settings
	Assets            []loginAssetDocument `json:"Assets"`
}

type loginAssetDocument struct {
	Category   api.AssetCategoryType   `json:"Category"`
	ColorMode  api.ColorSchemeModeType `json:"ColorMode"`
	Extension  api.AssetExtensionType  `json:"Extension"`
	ResourceID string                  `json:"ResourceId"`
	ImageID    string                  `json:"ImageId"`
}

func fromLoginStyle(l *cognate.LoginStyle) *loginStyleDocument {
	d := &loginStyleDocument{UseProvidedValues: l.UseProvidedValues, Settings: string(l.Settings)}
	for _, a := range l.Assets {
		d.Assets = append(d.Assets, loginAssetDocument{
			Category: a.Category, ColorMode: a.ColorMode, Extension: a.Extension, ResourceID: a.ResourceID, ImageID: a.ImageID,
		})
	}
	return d
}

// toLoginStyle sets the fields of a login style that a document holds.
func (d *loginStyleDocument) toLoginStyle(l *cognate.LoginStyle) {
	l.UseProvidedValues = d.UseProvidedValues
	if d.Settings != "" {
		l.Settings = []byte(d.Settings)
	}
	for _, a := range d.Assets {
		l.Assets = append(l.Assets, cognate.LoginAsset{
			Category: a.Category, ColorMode: a.ColorMode, Extension: a.Extension, ResourceID: a.ResourceID, ImageID: a.ImageID,
		})
	}
}
