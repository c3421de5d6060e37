// Package password has the operations by which people who forgot their password get a new one. The rules are in package
// account.
package password

import (
	"cognate/account"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store *store.Store
	Users *account.Service
}
