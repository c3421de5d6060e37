package branding

import (
	"fmt"

	"cognate/api"
)

// graphics are the paths of our graphics for sign-in methods, in a box of 24 by 24.
var graphics = map[api.AssetCategoryType]string{
	api.AssetCategoryTypeEmailGraphic:    "M3 5h18v14H3zM3 6l9 7 9-7",
	api.AssetCategoryTypeSmsGraphic:      "M4 4h16v12H10l-6 4zM8 9h8M8 12h5",
	api.AssetCategoryTypeAuthAppGraphic:  "M7 2h10v20H7zM10 19h4M10 8h4v4h-4z",
	api.AssetCategoryTypePasswordGraphic: "M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4",
	api.AssetCategoryTypePasskeyGraphic:  "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-3a5 5 0 0 1 5-5h4M17 12a3 3 0 1 0 0 .1M17 15v7",
	api.AssetCategoryTypeFaviconSvg:      "M12 3l8 4v5c0 5-4 8-8 9-4-1-8-4-8-9V7z",
}

// graphicOrder is the order in which DefaultAssets returns the graphics.
var graphicOrder = []api.AssetCategoryType{
	api.AssetCategoryTypeFaviconSvg, api.AssetCategoryTypeEmailGraphic, api.AssetCategoryTypeSmsGraphic,
	api.AssetCategoryTypeAuthAppGraphic, api.AssetCategoryTypePasswordGraphic, api.AssetCategoryTypePasskeyGraphic,
}

// DefaultAssets returns the assets that pages show if a login style has no other ones: in dark lines for light pages, and in
// light lines for dark pages.
func DefaultAssets() []api.AssetType {
	var assets []api.AssetType
	for _, category := range graphicOrder {
		assets = append(assets, graphic(category, api.ColorSchemeModeTypeLight, "#0b5cad"), graphic(category, api.ColorSchemeModeTypeDark, "#7db5ff"))
	}
	return assets
}

func graphic(category api.AssetCategoryType, mode api.ColorSchemeModeType, line string) api.AssetType {
	return api.AssetType{
		Category: category, ColorMode: mode, Extension: api.AssetExtensionTypeSvg,
		Bytes: fmt.Appendf(nil, `<svg xmlns="%s" viewBox="0 0 24 24"><path d="%s" fill="none" stroke="%s" stroke-width="2"></path></svg>`,
			svgNamespace, graphics[category], line),
	}
}

// Drawing returns our graphic of a category as the data of an SVG path, in a box of 24 by 24; "" without one.
func Drawing(category api.AssetCategoryType) string { return graphics[category] }
