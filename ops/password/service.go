// Package password has the operations that change, reset and recover passwords. The rules are in package account.
package password

import (
	"cognate/account"
	"cognate/risk"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Users *account.Service
	Risk  *risk.Service
}
