package srp

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

// ErrBadA says that a client's public value isn't a number between 0 and N in hexadecimal.
var ErrBadA = errors.New("srp: A is not a public value")

// Exchange is the server's side of one sign-in between its two calls. Whoever reads it can pose as the server and guess
// the password; it may travel by way of the client when it is sealed.
type Exchange struct {
	A      []byte // the client's public value, big-endian
	B      []byte // the server's public value, big-endian
	Secret []byte // b
}

// Answer is what a client sends to prove that it knows the password.
type Answer struct {
	SecretBlock []byte    // PASSWORD_CLAIM_SECRET_BLOCK, decoded: the bytes that went out, whatever they are
	Timestamp   time.Time // TIMESTAMP, by ParseTimestamp
	Signature   string    // PASSWORD_CLAIM_SIGNATURE: standard base64, as sent
}

// ParseA reads SRP_A: hexadecimal of either case, leading zeros allowed up to the length of N with its zero byte. It
// refuses 0 and whatever isn't below N, multiples of N with it, from which anybody could compute the key.
// Errors: ErrBadA. Source: RFC 5054 section 2.5.4.
func ParseA(text string) ([]byte, error) {
	if len(text) > 2*(groupSize+1) {
		return nil, ErrBadA
	}
	if len(text)%2 == 1 {
		text = "0" + text
	}
	decoded, err := hex.DecodeString(text)
	if err != nil {
		return nil, ErrBadA
	}
	a := new(big.Int).SetBytes(decoded)
	if a.Sign() == 0 || a.Cmp(modulus) >= 0 {
		return nil, ErrBadA
	}
	return a.Bytes(), nil
}

// Begin answers a client's public value, which ParseA has read, with B = k*v + g^b mod N for a fresh b of 256 bits.
// Source: RFC 5054 section 2.5.3.
func Begin(v Verifier, a []byte, rand io.Reader) (Exchange, error) {
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return Exchange{}, fmt.Errorf("srp: make b: %w", err)
	}
	b := new(big.Int).Mul(multiplier, new(big.Int).SetBytes(v.V))
	b.Add(b, power(new(big.Int).SetBytes(secret)))
	b.Mod(b, modulus)
	return Exchange{A: a, B: b.Bytes(), Secret: secret}, nil
}

// BHex is B as the challenge carries it (SRP_B): hexadecimal without leading zeros.
func (e Exchange) BHex() string { return new(big.Int).SetBytes(e.B).Text(16) }

// Verify tells whether an answer shows knowledge of the password behind v, which must be the verifier that the exchange
// began with. The time is signed as FormatTimestamp writes it, so an answer that wrote it otherwise doesn't verify.
// Signatures are compared in constant time. Source: docs/behaviour.md §2.4.
func (e Exchange) Verify(v Verifier, id Identity, answer Answer) bool {
	got, err := base64.StdEncoding.DecodeString(answer.Signature)
	if err != nil {
		return false
	}
	key, err := e.sessionKey(v)
	if err != nil {
		return false
	}
	return hmac.Equal(got, sign(key, id, answer.SecretBlock, FormatTimestamp(answer.Timestamp)))
}

// sessionKey is K of S = (A * v^u)^b mod N.
func (e Exchange) sessionKey(v Verifier) ([]byte, error) {
	a, b := new(big.Int).SetBytes(e.A), new(big.Int).SetBytes(e.B)
	u := scramble(a, b)
	s := new(big.Int).Exp(new(big.Int).SetBytes(v.V), u, modulus)
	s = mulMod(s, a)
	s.Exp(s, new(big.Int).SetBytes(e.Secret), modulus)
	return sessionKey(s, u)
}
