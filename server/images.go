package server

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"

	"cognate"
	"cognate/internal/bodies"
	"cognate/internal/lazyregexp"
	"cognate/store"
)

// imagesPattern is the path of cognate.ImageURL.
const imagesPattern = "GET /{pool}/images/{image}"

// An image is in memory until it is sent. A request that uploads images has at most largestImage bytes.
const (
	largestImage     = 2 << 20
	concurrentImages = 32
)

// pathName matches the IDs of pools and images. Other names are not looked up.
var pathName = lazyregexp.New(`^[\w.-]{1,64}$`)

// images serves the images of login pages.
type images struct {
	store  *store.Store
	log    *slog.Logger
	sender *bodies.Sender
}

func newImages(st *store.Store, log *slog.Logger) *images {
	return &images{store: st, log: log, sender: bodies.NewSender(concurrentImages * largestImage)}
}

// ServeHTTP sends an image. Administrators upload the images, so the headers keep a browser from running what one contains. An
// image never changes: a new one has a new ID.
func (h *images) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pool, id := r.PathValue("pool"), r.PathValue("image")
	if !pathName.MatchString(pool) || !pathName.MatchString(id) {
		http.NotFound(w, r)
		return
	}
	if h.sender.Send(w, r, largestImage, func(w http.ResponseWriter) { h.send(w, r, pool, id) }) == nil {
		return
	}
	http.Error(w, "too many images at the same time", http.StatusServiceUnavailable)
}

func (h *images) send(w http.ResponseWriter, r *http.Request, pool, id string) {
	image, err := h.store.Image(r.Context(), pool, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		http.NotFound(w, r)
	case err != nil:
		h.log.Error("an image could not be read", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		serveImage(w, r, image)
	}
}

func serveImage(w http.ResponseWriter, r *http.Request, image *cognate.Image) {
	header := w.Header()
	header.Set("Content-Type", image.MediaType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages at a custom domain show it
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("ETag", `"`+image.ID+`"`)
	http.ServeContent(w, r, image.ID, image.CreatedAt, bytes.NewReader(image.Content))
}
