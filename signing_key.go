package cognate

import "crypto/rsa"

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
}
