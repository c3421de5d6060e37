// Package webauthn has the operations on the passkeys of signed-in users. The rules are in package account. The challenge of a
// passkey is in package signin.
package webauthn

import (
	"cognate/account"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store    *store.Store
	Passkeys *account.Passkeys
}
