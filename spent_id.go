package cognate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// SpentID is the ID ("jti") of a JSON Web Token that a client has sent. The server accepts each ID once.
type SpentID struct {
	PoolID  string
	Hash    string    // SHA-256 of the kind of token, the sender and the ID, in hexadecimal
	Expires time.Time // from then on, the server refuses the token itself
	// Begins is the earliest time at which a server can have accepted the token. The zero time means any time.
	Begins time.Time
}

// MayPrecede reports whether the token can have been used before a time. The records of used IDs begin at the last restore of a database.
func (id SpentID) MayPrecede(at time.Time) bool { return id.Begins.Before(at) }

// TokenKind is a kind of JSON Web Tokens that clients sign.
type TokenKind string

// The kinds of tokens. Their names are in hashes, so they never change.
const (
	KindClientAssertion TokenKind = "client assertion"
	KindDPoPProof       TokenKind = "DPoP proof"
)

// NewSpentID returns the spent ID of a token. The sender is the client of an assertion, or the thumbprint of the key of a proof: the
// IDs of two senders are different.
func NewSpentID(poolID string, kind TokenKind, sender, id string, expires time.Time) SpentID {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s/%s", kind, len(sender), sender, id))
	return SpentID{PoolID: poolID, Hash: hex.EncodeToString(sum[:]), Expires: expires}
}
