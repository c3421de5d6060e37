// Package auth has the operations that sign users in and out. The challenges and their order are decided in package
// signin.
package auth

import (
	"cognate/api"
	"cognate/signin"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store  *store.Store
	Engine *signin.Engine
}

// result returns the tokens of an outcome in the shape of the API; nil with a challenge.
func result(o *signin.Outcome) *api.AuthenticationResultType {
	if o.Tokens == nil {
		return nil
	}
	return o.Tokens.ToWire()
}
