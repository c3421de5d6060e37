// Package auth has the operations for sign-in, sign-out and tokens. Package signin decides the challenges and their order. The files
// wire*.go convert between its types and the parameters of the API.
package auth

import (
	"cognate/signin"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store  *store.Store
	Engine *signin.Engine
}
