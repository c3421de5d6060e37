// Package user has the operations on users: those for administrators, and those that signed-in users call for themselves. The
// rules are in package account.
package user

import (
	"time"

	"cognate/account"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Users *account.Service
	Now   func() time.Time
}
