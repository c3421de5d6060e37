// Package signup has the operations with which users sign up. The rules are in package account. The sign-in that can follow is
// in package signin.
package signup

import (
	"cognate/account"
	"cognate/risk"
	"cognate/signin"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store  *store.Store
	Users  *account.Service
	Engine *signin.Engine
	Risk   *risk.Service
}
