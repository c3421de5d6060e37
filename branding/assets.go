package branding

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"cognate/api"
)

// Asset limits. Source: docs/behaviour.md §5.8.
const (
	MaxAssets    = 40
	maxLogoRatio = 4 // width to height of a logo; at least 1
)

// assetFormats has the formats of assets by their extensions.
var assetFormats = map[api.AssetExtensionType]Format{
	api.AssetExtensionTypeIco:  {"image/x-icon", "ico"},
	api.AssetExtensionTypeJpeg: JPEG,
	api.AssetExtensionTypePng:  PNG,
	api.AssetExtensionTypeSvg:  {"image/svg+xml", "svg"},
	api.AssetExtensionTypeWebp: {"image/webp", "webp"},
}

var logos = []api.AssetCategoryType{
	api.AssetCategoryTypePageHeaderLogo, api.AssetCategoryTypePageFooterLogo, api.AssetCategoryTypeFormLogo,
}

// CleanAsset checks an asset by its content, and returns its format and the content to store: an SVG image without scripts and
// references. Errors: InvalidParameterException.
// Assumed: the texts for an asset with a wrong content, extension or ratio. FAVICON_ICO is an ICO file, FAVICON_SVG an SVG file,
// and no other asset is an ICO file. ResourceId is only for IDP_BUTTON_ICON.
func CleanAsset(a api.AssetType) (Format, []byte, error) {
	refuse := func(why string) (Format, []byte, error) {
		return Format{}, nil, api.InvalidParameterException(fmt.Sprintf("Invalid asset %s %s: %s", a.Category, a.ColorMode, why))
	}
	ico, svg := a.Extension == api.AssetExtensionTypeIco, a.Extension == api.AssetExtensionTypeSvg
	switch {
	case len(a.Bytes) == 0:
		return refuse("Bytes are missing")
	case ico != (a.Category == api.AssetCategoryTypeFaviconIco), a.Category == api.AssetCategoryTypeFaviconSvg && !svg:
		return refuse("the extension " + string(a.Extension) + " is not allowed")
	case a.ResourceId != "" && a.Category != api.AssetCategoryTypeIdpButtonIcon:
		return refuse("ResourceId is not allowed")
	}
	content := a.Bytes
	if svg {
		clean, err := cleanSVG(content)
		if err != nil {
			return refuse("the content is not SVG")
		}
		content = clean
	}
	width, height, ok := dimensions(a.Extension, content)
	if !ok {
		return refuse("the content is not " + string(a.Extension))
	}
	if slices.Contains(logos, a.Category) && width > 0 && height > 0 && (width < height || width > maxLogoRatio*height) {
		return refuse("the ratio of width to height must be between 1:1 and 4:1")
	}
	return assetFormats[a.Extension], content, nil
}

// dimensions returns the size of an image with that extension; 0 if the image does not say it. It returns false if the content
// has another format.
func dimensions(extension api.AssetExtensionType, content []byte) (width, height float64, ok bool) {
	switch extension {
	case api.AssetExtensionTypePng, api.AssetExtensionTypeJpeg:
		c, name, err := image.DecodeConfig(bytes.NewReader(content))
		return float64(c.Width), float64(c.Height), err == nil && strings.EqualFold(name, string(extension))
	case api.AssetExtensionTypeWebp:
		return webpDimensions(content)
	case api.AssetExtensionTypeSvg:
		width, height = svgDimensions(content)
		return width, height, true
	case api.AssetExtensionTypeIco: // reserved 0, type 1, the number of images
		const header = 6
		return 0, 0, len(content) > header && bytes.HasPrefix(content, []byte{0, 0, 1, 0}) && binary.LittleEndian.Uint16(content[4:]) > 0
	}
	return 0, 0, false
}

// svgDimensions returns the last two numbers of the viewBox of a clean SVG image.
func svgDimensions(content []byte) (width, height float64) {
	var root struct {
		ViewBox string `xml:"viewBox,attr"`
	}
	if err := xml.Unmarshal(content, &root); err != nil {
		return 0, 0
	}
	const numbers = 4
	box := strings.Fields(strings.ReplaceAll(root.ViewBox, ",", " "))
	if len(box) != numbers {
		return 0, 0
	}
	width, errWidth := strconv.ParseFloat(box[2], 64)
	height, errHeight := strconv.ParseFloat(box[3], 64)
	if errWidth != nil || errHeight != nil {
		return 0, 0
	}
	return width, height
}

// webpDimensions reads the size of a WebP image. Source: RFC 9649 sections 2.3 to 2.7 and 3.
func webpDimensions(content []byte) (width, height float64, ok bool) {
	const header = 30
	if len(content) < header || string(content[:4]) != "RIFF" || string(content[8:12]) != "WEBP" {
		return 0, 0, false
	}
	const bits14 = 1<<14 - 1
	switch string(content[12:16]) {
	case "VP8X":
		w := uint32(content[24]) | uint32(content[25])<<8 | uint32(content[26])<<16
		h := uint32(content[27]) | uint32(content[28])<<8 | uint32(content[29])<<16
		return float64(w + 1), float64(h + 1), true
	case "VP8 ":
		w, h := binary.LittleEndian.Uint16(content[26:])&bits14, binary.LittleEndian.Uint16(content[28:])&bits14
		return float64(w), float64(h), true
	case "VP8L":
		sizes := binary.LittleEndian.Uint32(content[21:])
		return float64(sizes&bits14 + 1), float64(sizes>>14&bits14 + 1), true
	}
	return 0, 0, false
}
