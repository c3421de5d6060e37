package cognate

import (
	"crypto/rsa"
	"time"
)

// TokenUse is a kind of signed token.
type TokenUse string

// The token uses. Each has its own signing key (docs/behaviour.md §3.1).
const (
	TokenUseID     TokenUse = "id"
	TokenUseAccess TokenUse = "access"
)

// SigningKey is one of a pool's RSA keys.
type SigningKey struct {
	ID  string // kid: base64 of 32 bytes
	Use TokenUse
	Key *rsa.PrivateKey
	// CreatedAt is when the key was published. It signs tokens from SignsFrom, which is not earlier, until the next key of the
	// use does.
	CreatedAt, SignsFrom time.Time
}
