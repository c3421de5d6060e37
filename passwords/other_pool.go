package passwords

import (
	"encoding/base64"
	"errors"
	"strings"

	"cognate"
	"cognate/authn/srp"
)

// otherPool begins the stored form of a verifier that was made in another pool: "$srp-of-pool$NAME$USERNAME$SALT$VERIFIER". The
// parts after the name are base64url. Such a verifier is used as a hash of another system: the first sign-in with the password
// replaces it.
const otherPool = "$srp-of-pool$"

// FromOtherPool returns the stored form of a user's password for another pool with the stored form that verifiers have, or for
// another username. A verifier depends on both. The first sign-in cannot use SRP then.
func FromOtherPool(from *cognate.UserPool, username string, p cognate.Password) cognate.Password {
	moved := p
	moved.Earlier = nil
	if len(p.Verifier) > 0 {
		b64 := base64.RawURLEncoding.EncodeToString
		moved.Salt, moved.Verifier = nil, nil
		moved.Imported = otherPool + strings.Join([]string{from.ShortName(), b64([]byte(username)), b64(p.Salt), b64(p.Verifier)}, "$")
	}
	for _, earlier := range p.Earlier {
		moved.Earlier = append(moved.Earlier, FromOtherPool(from, username, earlier))
	}
	return moved
}

var errOtherPool = errors.New("passwords: malformed verifier of another pool")

// CheckFromOtherPool returns an error if a text that begins as a verifier of another pool is malformed, and reports whether it begins
// so.
func CheckFromOtherPool(text string) (bool, error) {
	if !strings.HasPrefix(text, otherPool) {
		return false, nil
	}
	_, _, err := parseOtherPool(text)
	return true, err
}

// parseOtherPool returns the verifier and whose it is.
func parseOtherPool(text string) (srp.Identity, srp.Verifier, error) {
	parts := strings.Split(strings.TrimPrefix(text, otherPool), "$")
	if len(parts) != 4 {
		return srp.Identity{}, srp.Verifier{}, errOtherPool
	}
	var decoded [3][]byte
	for i, part := range parts[1:] {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return srp.Identity{}, srp.Verifier{}, errOtherPool
		}
	}
	if _, err := srp.ParseVerifier(decoded[1], decoded[2]); err != nil {
		return srp.Identity{}, srp.Verifier{}, errOtherPool
	}
	return srp.Identity{PoolName: parts[0], Username: string(decoded[0])}, srp.Verifier{Salt: decoded[1], V: decoded[2]}, nil
}

// verifyOtherPool reports whether a verifier of another pool is that of a password.
func verifyOtherPool(text, plaintext string) (bool, error) {
	id, verifier, err := parseOtherPool(text)
	if err != nil {
		return false, err
	}
	return verifier.Check(id, plaintext), nil
}
