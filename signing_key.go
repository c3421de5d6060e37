package cognate

import "crypto/rsa"

// TokenUse tells the kinds of signed tokens apart.
type TokenUse string

// The token uses. Each has a signing key of its own (docs/behaviour.md §3.1).
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
