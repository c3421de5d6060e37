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

// ErrBadA means that the client's public value is not a hexadecimal number between 0 and N.
var ErrBadA = errors.New("srp: A is not a public value")

// Exchange is the server's side of one sign-in, between its two requests. It is secret: with it an attacker can pose as the
// server and guess the password. The server may store it with the client if it is sealed.
type Exchange struct {
	A      []byte // the client's public value, big-endian
	B      []byte // the server's public value, big-endian
	Secret []byte // b
}

// Answer is what a client sends to prove that it knows the password.
type Answer struct {
	SecretBlock []byte    // PASSWORD_CLAIM_SECRET_BLOCK, decoded: the bytes that the server sent
	Timestamp   time.Time // TIMESTAMP, parsed by ParseTimestamp
	Signature   string    // PASSWORD_CLAIM_SIGNATURE: standard base64, as sent
}

// ParseA parses SRP_A: hexadecimal in either case, with leading zeros up to the length of N and its zero byte. It rejects 0
// and every number that is not below N, because with a multiple of N anyone could compute the key. Errors: ErrBadA. Source:
// RFC 5054 section 2.5.4.
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

// Begin answers a client's public value, parsed by ParseA, with B = k*v + g^b mod N for a new b of 256 bits. Source: RFC
// 5054 section 2.5.3.
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

// BHex returns B as the challenge carries it (SRP_B): hexadecimal without leading zeros.
func (e Exchange) BHex() string { return new(big.Int).SetBytes(e.B).Text(16) }

// Verify reports whether an answer proves knowledge of the password behind v. v must be the verifier that Begin used. The
// signature must cover the time as FormatTimestamp writes it, so an answer with another form of the time is rejected.
// Verify compares signatures in constant time. Source: docs/behaviour.md §2.4.
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
