// Package password has the operations that change, reset and recover passwords. The rules are in package account.
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
