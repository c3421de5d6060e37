// Package auth has the operations that sign users in and out. The challenges and their order are decided in package
// signin.
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
