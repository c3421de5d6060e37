// Package uicustomization has the operations on the look of the classic hosted UI. Package branding checks the CSS and the logo,
// and returns what a page shows.
package uicustomization

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	// PublicURL is the URL at which browsers reach the images, without a slash at the end.
	PublicURL string
	Log       *slog.Logger
	Now       func() time.Time
}

// allClients is the ClientId of the customization for all app clients. Source: docs/behaviour.md §5.8.
const allClients = "ALL"

// errNoDomain says that the pool has no domain. Source: docs/behaviour.md §5.8.
var errNoDomain = api.InvalidParameterException("There has to be an existing domain associated with this user pool")

// clientID returns the client ID of a request, as it is stored.
func clientID(wire string) string {
	if wire == allClients {
		return cognate.AllClients
	}
	return wire
}

// reader is what a Store and a transaction have in common for the checks.
type reader interface {
	Domains(ctx context.Context, poolID string) (map[cognate.DomainKind]*cognate.Domain, error)
}

func requireDomain(ctx context.Context, r reader, poolID string) error {
	domains, err := r.Domains(ctx, poolID)
	if err == nil && len(domains) == 0 {
		return errNoDomain
	}
	return err
}

// toWire returns a customization in the shape of the API. Without one it returns an empty structure.
func (s *Service) toWire(c *cognate.UICustomization) *api.UICustomizationType {
	if c == nil {
		return &api.UICustomizationType{}
	}
	out := &api.UICustomizationType{
		UserPoolId: c.PoolID, ClientId: c.ClientID, ImageUrl: cognate.ImageURL(s.PublicURL, c.PoolID, c.ImageID), CSS: c.CSS,
		CSSVersion: c.CSSVersion(), LastModifiedDate: api.EpochOf(c.ModifiedAt), CreationDate: api.EpochOf(c.CreatedAt),
	}
	if c.ClientID == cognate.AllClients {
		out.ClientId = allClients
	}
	return out
}

// orNone returns nil for a customization that was not found.
func orNone(c *cognate.UICustomization, err error) (*cognate.UICustomization, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return c, err
}
