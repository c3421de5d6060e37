package branding

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service returns what the login pages of an app client show.
type Service struct {
	Store *store.Store
	// PublicURL is the URL at which browsers reach the images, without a slash at the end.
	PublicURL string

	cache cache
}

// Looks are what a login page of an app client shows. A page can write all of it as it is. They never change: equal looks of a
// client can be the same pointer.
type Looks struct {
	CSS     string // of the classic hosted UI: checked, and written anew
	LogoURL string // of the classic hosted UI; "" without one
	// Styled reports whether the client has a login style. Managed login shows no pages without one.
	Styled bool
	Style  *Style  // of the login style, with all defaults
	Assets []Asset // of the login style
	// Terms are the links by the name of the document and the language. They are empty unless the client has both documents.
	Terms map[string]map[string]string
}

// Asset is an image of a login style.
type Asset struct {
	Category   api.AssetCategoryType
	ColorMode  api.ColorSchemeModeType
	ResourceID string
	URL        string
}

// termsDocuments is the number of documents that a client needs. Source: docs/behaviour.md §5.8.
const termsDocuments = 2

// Looks returns the looks of an app client, from one read of the database.
func (s *Service) Looks(ctx context.Context, poolID, clientID string) (*Looks, error) {
	stored, err := s.Store.Looks(ctx, poolID, clientID)
	if err != nil {
		return nil, err
	}
	return s.cache.get(poolID, stored, func() (*Looks, error) { return s.read(poolID, stored) })
}

func (s *Service) read(poolID string, stored *store.Looks) (looks *Looks, err error) {
	looks = new(Looks)
	if c := stored.Customization; c != nil {
		if looks.CSS, err = CleanCSS(c.CSS); err != nil {
			return nil, fmt.Errorf("stored CSS of %s: %w", poolID, err)
		}
		looks.LogoURL = cognate.ImageURL(s.PublicURL, poolID, c.ImageID)
	}
	var settings jsontext.Value
	if l := stored.Style; l != nil {
		looks.Styled, settings = true, l.Settings
		for _, a := range l.Assets {
			looks.Assets = append(looks.Assets, Asset{
				Category: a.Category, ColorMode: a.ColorMode, ResourceID: a.ResourceID,
				URL: cognate.ImageURL(s.PublicURL, poolID, a.ImageID),
			})
		}
	}
	if looks.Style, err = NewStyle(settings); err != nil {
		return nil, err
	}
	if len(stored.Terms) == termsDocuments {
		looks.Terms = make(map[string]map[string]string)
		for _, t := range stored.Terms {
			looks.Terms[t.Name] = t.Links
		}
	}
	return looks, nil
}

// maxCached is the number of looks in a cache.
const maxCached = 1000

// cache keeps looks by what they were made of, so that a page makes them only after a change.
type cache struct {
	mu    sync.Mutex
	looks map[[sha256.Size]byte]*Looks
}

// get returns the looks of stored content, from the cache or from make.
func (c *cache) get(poolID string, stored *store.Looks, make func() (*Looks, error)) (*Looks, error) {
	content, err := json.Marshal([]any{poolID, stored.Customization, stored.Style, stored.Terms}, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("looks of %s: %w", poolID, err)
	}
	key := sha256.Sum256(content)
	c.mu.Lock()
	looks, ok := c.looks[key]
	c.mu.Unlock()
	if ok {
		return looks, nil
	}
	if looks, err = make(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.looks) >= maxCached || c.looks == nil {
		c.looks = map[[sha256.Size]byte]*Looks{}
	}
	c.looks[key] = looks
	return looks, nil
}
