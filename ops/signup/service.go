// Package signup has the operations by which people make accounts for themselves. The rules are in package account.
package signup

import (
	"cognate/account"
	"cognate/authsession"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store    *store.Store
	Users    *account.Service
	Sessions *authsession.Sealer
}
