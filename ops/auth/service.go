// Package auth has the operations for sign-in, sign-out and tokens. The files wire*.go convert between the parameters of the
// API and the types of package signin. It has no rules: package signin decides the challenges and their order.
package auth

import (
	"cognate/risk"
	"cognate/signin"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Engine *signin.Engine
	Risk   *risk.Service
}
