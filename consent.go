package cognate

import (
	"slices"
	"time"
)

// Consent is the permission of a user that a client may get scopes. Only clients that registered themselves need one.
type Consent struct {
	PoolID, Sub, ClientID string
	// RedirectHost is the host to which the browser brings the answer: a client can change its redirect URIs.
	RedirectHost string
	Scopes       []string
	Given        time.Time
}

// Covers reports whether the user has permitted all these scopes.
func (c *Consent) Covers(scopes []string) bool {
	return !slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(c.Scopes, scope) })
}

// Add permits more scopes.
func (c *Consent) Add(scopes []string) {
	for _, scope := range scopes {
		if !slices.Contains(c.Scopes, scope) {
			c.Scopes = append(c.Scopes, scope)
		}
	}
}
