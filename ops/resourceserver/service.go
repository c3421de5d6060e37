// Package resourceserver has the operations on resource servers and their custom scopes. The settings of app clients name the
// scopes; cognate.AppClient has the rules for that.
package resourceserver

import (
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

// maxPage is the largest page size, and the default. Source: API reference, ListResourceServers.
const maxPage = 50

// errNotFound says that the pool has no resource server with this identifier.
// Assumed: the text for an unknown resource server.
func errNotFound(identifier string) error {
	return api.ResourceNotFoundException("Resource server " + identifier + " does not exist.")
}

// toWire returns a resource server in the shape of the API.
// Assumed: a resource server without scopes has an empty list of Scopes. The order of scopes is that of the request.
func toWire(r *cognate.ResourceServer) *api.ResourceServerType {
	out := &api.ResourceServerType{
		UserPoolId: r.PoolID, Identifier: r.Identifier, Name: r.Name, Scopes: make([]api.ResourceServerScopeType, 0, len(r.Scopes)),
	}
	for _, s := range r.Scopes {
		out.Scopes = append(out.Scopes, api.ResourceServerScopeType{ScopeName: s.Name, ScopeDescription: s.Description})
	}
	return out
}

func scopesFromWire(scopes []api.ResourceServerScopeType) []cognate.Scope {
	var out []cognate.Scope
	for _, s := range scopes {
		out = append(out, cognate.Scope{Name: s.ScopeName, Description: s.ScopeDescription})
	}
	return out
}
