package cognate

import (
	"strings"
	"time"
)

// ResourceServer is an API that app clients get access tokens for. It defines the custom scopes of its pool.
type ResourceServer struct {
	PoolID                string
	Identifier            string // unique in the pool
	Name                  string
	Scopes                []Scope // may be empty
	CreatedAt, ModifiedAt time.Time
}

// Scope is a custom scope: a permission at a resource server.
type Scope struct {
	Name        string // without "/"
	Description string
}

// Check returns an error if a scope has the name of another one. Errors: InvalidParameterException.
func (r *ResourceServer) Check() error {
	names := make([]string, 0, len(r.Scopes))
	for _, s := range r.Scopes {
		names = append(names, s.Name)
	}
	return RequireDistinct("Scopes", names)
}

// CustomScopes are the full names of the scopes that the resource servers of a pool have.
type CustomScopes map[string]bool

// Add adds the scopes of a resource server. A full name is the identifier of the server, "/" and the name of the scope
// (docs/behaviour.md §5.8).
func (c CustomScopes) Add(r *ResourceServer) {
	for _, s := range r.Scopes {
		c[r.Identifier+"/"+s.Name] = true
	}
}

// Has reports whether a scope exists that is not one of every user: a custom scope, or the scope for registrations.
func (c CustomScopes) Has(scope string) bool { return c[scope] || scope == ScopeRegistration }

// SplitScope returns the identifier of the resource server and the name of the scope in a full name. It returns false for a
// name of another form. The identifier can contain slashes.
func SplitScope(full string) (identifier, name string, ok bool) {
	slash := strings.LastIndexByte(full, '/')
	if slash <= 0 || slash == len(full)-1 {
		return "", "", false
	}
	return full[:slash], full[slash+1:], true
}
