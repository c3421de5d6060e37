package srp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

// ErrBadChallenge means that a client must not answer the server's challenge. It is malformed, or an attacker could compute
// the key from its values.
var ErrBadChallenge = errors.New("srp: challenge is malformed")

// Client is the client's side of one sign-in.
type Client struct {
	secret, public *big.Int // a, A
}

// Challenge holds the challenge parameters that a server sends to a client.
type Challenge struct {
	Salt        string // SALT, hexadecimal
	B           string // SRP_B, hexadecimal
	SecretBlock string // SECRET_BLOCK, standard base64
}

// NewClient starts a sign-in, with a secret from rand.
func NewClient(rand io.Reader) (*Client, error) {
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return nil, fmt.Errorf("srp: make a: %w", err)
	}
	a := new(big.Int).SetBytes(secret)
	return &Client{secret: a, public: power(a)}, nil
}

// A returns the public value to send (SRP_A): hexadecimal without leading zeros.
func (c *Client) A() string { return c.public.Text(16) }

// Respond computes the answer to a challenge: PASSWORD_CLAIM_SIGNATURE in base64, and the TIMESTAMP of now that it signs.
// Errors: ErrBadChallenge. Source: RFC 5054 section 2.6; docs/behaviour.md §2.4.
func (c *Client) Respond(id Identity, password string, ch Challenge, now time.Time) (
	signature, timestamp string, err error,
) {
	salt, ok := new(big.Int).SetString(ch.Salt, 16)
	b, ok2 := new(big.Int).SetString(ch.B, 16)
	block, err := base64.StdEncoding.DecodeString(ch.SecretBlock)
	if !ok || !ok2 || err != nil || salt.Sign() < 0 {
		return "", "", ErrBadChallenge
	}
	key, err := c.sessionKey(privateKey(id, password, salt), b)
	if err != nil {
		return "", "", err
	}
	timestamp = FormatTimestamp(now)
	return base64.StdEncoding.EncodeToString(sign(key, id, block, timestamp)), timestamp, nil
}

// sessionKey is K of S = (B - k*g^x)^(a + u*x) mod N.
func (c *Client) sessionKey(x, b *big.Int) ([]byte, error) {
	u := scramble(c.public, b)
	if b.Sign() <= 0 || b.Cmp(modulus) >= 0 || u.Sign() == 0 {
		return nil, ErrBadChallenge
	}
	base := new(big.Int).Mul(multiplier, power(x))
	base.Sub(b, base)
	base.Mod(base, modulus)
	exponent := new(big.Int).Mul(u, x)
	exponent.Add(exponent, c.secret)
	return sessionKey(base.Exp(base, exponent, modulus), u)
}
