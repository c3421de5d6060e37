package cognate

import "time"

// AllClients is the ClientID of settings for all app clients of a pool. The wire says "ALL".
const AllClients = ""

// UICustomization is the look of the classic hosted UI: of an app client, or of all clients without one of their own.
type UICustomization struct {
	PoolID                string
	ClientID              string // AllClients, or the ID of an app client
	CSS                   string // as the administrator wrote it; "" without CSS
	ImageID               string // the logo; "" without one
	CreatedAt, ModifiedAt time.Time
}

// CSSVersion returns the version of the CSS: the time of its last change, as 14 digits (docs/behaviour.md §5.8).
func (c *UICustomization) CSSVersion() string { return c.ModifiedAt.UTC().Format("20060102150405") }

// Image is an image that the login pages of a pool show. Everyone who knows its ID can read it.
type Image struct {
	PoolID, ID string
	ClientID   string // the app client that shows it, or AllClients
	MediaType  string // "image/png"
	Content    []byte
	CreatedAt  time.Time
}

// NewImageID returns a random ID of an image, which a caller cannot guess. It ends in a dot and the extension, such as "png".
func NewImageID(extension string) string { return randomText(lowerAlphanumerics, 32) + "." + extension }

// ImageURL returns the address of an image at a server with that public URL; "" for no image.
func ImageURL(publicURL, poolID, imageID string) string {
	if imageID == "" {
		return ""
	}
	return publicURL + "/" + poolID + "/images/" + imageID
}
