// Package terms has the operations on links to the terms of use and the privacy policy of app clients. Package branding returns
// what a page shows of them.
package terms

import (
	"errors"
	"maps"
	"strings"
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Quotas cognate.Quotas
	Now    func() time.Time
}

// maxPage is the largest page size, and the default. Source: API reference, ListTerms.
const maxPage = 60

// Assumed: the texts for terms that exist already and for unknown terms.
var (
	errExists   = api.TermsExistsException("Terms with this name already exist for the client.")
	errNotFound = api.ResourceNotFoundException("Terms do not exist.")
)

// idOf returns a terms ID of a request as it is stored: clients may write the UUID in capitals.
func idOf(wire string) string { return strings.ToLower(wire) }

// orNotFound replaces store.ErrNotFound by the error for unknown terms.
func orNotFound(t *cognate.Terms, err error) (*cognate.Terms, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNotFound
	}
	return t, err
}

func toWire(t *cognate.Terms) *api.TermsType {
	return &api.TermsType{
		TermsId: t.ID, UserPoolId: t.PoolID, ClientId: t.ClientID, TermsName: t.Name, TermsSource: t.Source,
		Enforcement: t.Enforcement, Links: maps.Clone(t.Links),
		CreationDate: api.EpochOf(t.CreatedAt), LastModifiedDate: api.EpochOf(t.ModifiedAt),
	}
}
