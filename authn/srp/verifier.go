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

// Verifier is what a server keeps of a password. Whoever has it can guess passwords at the cost of a hash and a power
// each, so it is to be kept as a secret.
type Verifier struct {
	Salt []byte // 16 random bytes, or as a client chose; a number to the protocol
	V    []byte // g^x mod N, big-endian
}

// NewVerifier makes the verifier of a password, with a salt from rand. It is good for this identity only.
func NewVerifier(id Identity, password string, rand io.Reader) (Verifier, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return Verifier{}, fmt.Errorf("srp: make salt: %w", err)
	}
	return Verifier{Salt: salt, V: verifierOf(id, password, salt)}, nil
}

// ErrBadVerifier says that what a client made of its secret can't be a verifier, or not one that keeps the secret.
var ErrBadVerifier = errors.New("srp: malformed verifier")

// Bytes of a salt that a client made.
const (
	shortestSalt = 8
	longestSalt  = 64
)

// ParseVerifier reads a verifier that a client made, of a device's secret: both are big-endian numbers, with zero bytes
// in front or without. It refuses a v that isn't below N and those from which anybody could compute the key: 0, 1 and
// N-1. Errors: ErrBadVerifier.
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

// FakeVerifier stands in for somebody who doesn't exist: always the same for the same key and identity, as if it were
// stored, and looking like any other. No password belongs to it, and using it costs what using a real one does.
// Source: docs/behaviour.md §2.4, simulated user.
func FakeVerifier(key []byte, id Identity) (Verifier, error) {
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(id.PoolName)))) // or "ab","c" would be "a","bc"
	mac.Write([]byte(id.PoolName))
	mac.Write([]byte(id.Username))
	made, err := hkdf.Expand(sha256.New, mac.Sum(nil), "cognate srp fake verifier", saltSize+groupSize)
	if err != nil {
		return Verifier{}, fmt.Errorf("srp: make fake verifier: %w", err)
	}
	v := new(big.Int).SetBytes(made[saltSize:])
	return Verifier{Salt: made[:saltSize:saltSize], V: v.Mod(v, modulus).FillBytes(make([]byte, groupSize))}, nil
}

// Check tells whether v is the verifier of password. It compares in constant time.
func (v Verifier) Check(id Identity, password string) bool {
	return subtle.ConstantTimeCompare(verifierOf(id, password, v.Salt), v.V) == 1
}

// SaltHex is the salt as the challenge carries it (SALT): hexadecimal without leading zeros.
func (v Verifier) SaltHex() string { return new(big.Int).SetBytes(v.Salt).Text(16) }

func verifierOf(id Identity, password string, salt []byte) []byte {
	x := privateKey(id, password, new(big.Int).SetBytes(salt))
	return power(x).FillBytes(make([]byte, groupSize))
}
