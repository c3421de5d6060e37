package branding

import (
	"bytes"
	"image"
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"

	"cognate/api"
)

// maxLogo is the maximum size of the logo of the hosted UI, in bytes. Source: docs/behaviour.md §5.8.
const maxLogo = 100 << 10

// Format is a format of images.
type Format struct {
	MediaType, Extension string
}

// The formats of images.
var (
	PNG  = Format{"image/png", "png"}
	JPEG = Format{"image/jpeg", "jpg"}
)

// LogoFormat returns the format of the logo of the hosted UI, by its content. Errors: InvalidParameterException.
// Assumed: the texts for a logo that is too large, or that is not PNG or JPEG.
func LogoFormat(content []byte) (Format, error) {
	if len(content) > maxLogo {
		return Format{}, api.InvalidParameterException("The image must not be larger than 100 KB.")
	}
	_, name, err := image.DecodeConfig(bytes.NewReader(content))
	switch {
	case err == nil && name == "png":
		return PNG, nil
	case err == nil && name == "jpeg":
		return JPEG, nil
	}
	return Format{}, api.InvalidParameterException("The image must be a PNG or JPEG file.")
}
