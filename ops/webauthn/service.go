// Package webauthn has the operations on the passkeys of signed-in users. The rules are in package account; what a passkey
// is good for at a sign-in is in package signin.
package webauthn

import (
	"cognate/account"
	"cognate/store"
)

// Service answers the operations.
type Service struct {
	Store    *store.Store
	Passkeys *account.Passkeys
}
