package cognate

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/google/uuid"
)

// AuthorizationCodeTTL is how long a code is valid. Source: docs/behaviour.md §3.3.
const AuthorizationCodeTTL = 5 * time.Minute

// AuthorizationCode is what a client gets with a code that a sign-in on the pages has sent to it (RFC 6749 section 4.1).
type AuthorizationCode struct {
	PoolID        string
	Hash          []byte // CodeHash of the code
	ClientID, Sub string
	RedirectURI   string
	Scopes        []string
	Nonce         string // empty if the request had none
	Challenge     string // code_challenge by S256; empty if the request had none
	Claims        RequestedClaims
	Resource      string // the audience of the access token; empty if the request named none
	DPoPKey       string // the thumbprint of the only key that can exchange the code; empty for any or none
	// SSOSession, ACR, Methods, SecondFactor and AuthTime are those of the sign-in.
	SSOSession   string
	ACR          string
	Methods      Methods
	SecondFactor bool
	AuthTime     time.Time
	Stamp        int64 // the user's Stamp when the code was made: if it is raised, the code is worth nothing
	Expires      time.Time
	Grant        string // that the code was exchanged for; empty for an unused code
}

// NewAuthorizationCode returns a random code: a UUID (docs/behaviour.md §7.1).
func NewAuthorizationCode() string { return uuid.NewString() }

// CodeHash returns the SHA-256 of a code, by which it is stored.
func CodeHash(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}

// IsVerifiedBy reports whether a code_verifier belongs to the code, in a time that does not depend on it. A code without a
// challenge has none: a verifier for it shows that another request was put in the place of the client's own (RFC 9700 section
// 2.1.1).
// Source: RFC 7636 section 4.6.
func (c *AuthorizationCode) IsVerifiedBy(verifier string) bool {
	if c.Challenge == "" || verifier == "" {
		return c.Challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(c.Challenge)) == 1
}
