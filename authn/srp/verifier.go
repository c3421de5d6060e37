package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
)

const saltSize = 16 // bytes

// Verifier is what a server stores for a password. It is secret: with it an attacker can test passwords, at the cost of one
// hash and one power for each.
type Verifier struct {
	Salt []byte // 16 random bytes, or the client's choice; a number in the protocol
	V    []byte // g^x mod N, big-endian
}

// NewVerifier returns the verifier of a password, with a salt from rand. It is valid for this identity only.
func NewVerifier(id Identity, password string, rand io.Reader) (Verifier, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return Verifier{}, fmt.Errorf("srp: make salt: %w", err)
	}
	return Verifier{Salt: salt, V: verifierOf(id, password, salt)}, nil
}

// ErrBadVerifier means that a client's values cannot be a verifier, or would not keep the secret.
var ErrBadVerifier = errors.New("srp: malformed verifier")

// The allowed length of a client's salt, in bytes.
const (
	shortestSalt = 8
	longestSalt  = 64
)

// ParseVerifier parses the verifier of a device's secret, which a client made. Both values are big-endian numbers, with or
// without leading zero bytes. It rejects a v that is not below N, and 0, 1 and N-1, from which anyone could compute the
// key. Errors: ErrBadVerifier.
func ParseVerifier(salt, v []byte) (Verifier, error) {
	s, n := new(big.Int).SetBytes(salt), new(big.Int).SetBytes(v)
	if size := len(s.Bytes()); size < shortestSalt || size > longestSalt {
		return Verifier{}, ErrBadVerifier
	}
	one := big.NewInt(1)
	if n.Cmp(one) <= 0 || n.Cmp(new(big.Int).Sub(modulus, one)) >= 0 {
		return Verifier{}, ErrBadVerifier
	}
	return Verifier{Salt: s.Bytes(), V: n.FillBytes(make([]byte, groupSize))}, nil
}

// DecoyVerifier returns a verifier for an unknown user. It is always the same for the same key and identity, as a stored
// verifier is, and looks like any other. No password matches it, and using it costs the same time as a real one. Source:
// docs/behaviour.md §2.4, simulated user.
func DecoyVerifier(key []byte, id Identity) (Verifier, error) {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(id.PoolName)))) // without the length, "ab","c" would equal "a","bc"
	mac.Write([]byte(id.PoolName))
	mac.Write([]byte(id.Username))
	made, err := hkdf.Expand(sha256.New, mac.Sum(nil), "cognate srp fake verifier", saltSize+groupSize)
	if err != nil {
		return Verifier{}, fmt.Errorf("srp: make fake verifier: %w", err)
	}
	v := new(big.Int).SetBytes(made[saltSize:])
	return Verifier{Salt: made[:saltSize:saltSize], V: v.Mod(v, modulus).FillBytes(make([]byte, groupSize))}, nil
}

// Check reports whether v is the verifier of password. It compares in constant time.
func (v Verifier) Check(id Identity, password string) bool {
	return subtle.ConstantTimeCompare(verifierOf(id, password, v.Salt), v.V) == 1
}

// SaltHex returns the salt as the challenge carries it (SALT): hexadecimal without leading zeros.
func (v Verifier) SaltHex() string { return new(big.Int).SetBytes(v.Salt).Text(16) }

func verifierOf(id Identity, password string, salt []byte) []byte {
	x := privateKey(id, password, new(big.Int).SetBytes(salt))
	return power(x).FillBytes(make([]byte, groupSize))
}
