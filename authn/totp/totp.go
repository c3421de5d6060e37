// Package totp makes and checks the time-based codes of software tokens (RFC 6238 with HMAC-SHA-1, six digits and a
// 30-second step, as every authenticator app understands it), and hands secrets out as text, address and QR code.
//
// It keeps nothing: which secret a user has and which step was spent last are for the caller to store.
package totp

import (
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	// Digits is the length of a code.
	Digits = 6
	// Period is the length of a step.
	Period = 30 * time.Second

	skew          = 1  // steps either way; RFC 6238 section 5.2 advises one
	secretSize    = 32 // bytes: 52 characters, as the service's secrets have (docs/behaviour.md §1.2)
	minSecretSize = 16 // bytes; RFC 4226 section 4, R6
)

var (
	// ErrMismatch says that the code belongs to none of the steps that count now.
	ErrMismatch = errors.New("totp: code does not match")
	// ErrReplayed says that the code is right, but its step was spent before.
	ErrReplayed = errors.New("totp: code was already used")
	// ErrSecret says that a secret is not base32, or too short to be safe.
	ErrSecret = errors.New("totp: secret is malformed")
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret returns a secret of 256 bits from rand.
func NewSecret(rand io.Reader) ([]byte, error) {
	secret := make([]byte, secretSize)
	if _, err := io.ReadFull(rand, secret); err != nil {
		return nil, fmt.Errorf("totp: make secret: %w", err)
	}
	return secret, nil
}

// Encode writes a secret as AssociateSoftwareToken hands it out: upper-case base32 without padding.
// Source: docs/behaviour.md §1.2, SecretCode form.
func Encode(secret []byte) string { return encoding.EncodeToString(secret) }

// Decode reads a secret as Encode writes it, or as a person types it: lower case, in groups, or padded. Errors: ErrSecret.
func Decode(text string) ([]byte, error) {
	text = strings.NewReplacer(" ", "", "-", "").Replace(text)
	text = strings.ToUpper(strings.TrimRight(text, "="))
	secret, err := encoding.DecodeString(text)
	if err != nil || len(secret) == 0 {
		return nil, ErrSecret
	}
	return secret, nil
}

// Step is the number of the step that at falls in: Unix seconds / 30, rounded down.
func Step(at time.Time) int64 {
	const period = int64(Period / time.Second)
	seconds := at.Unix()
	step := seconds / period
	if seconds%period < 0 { // before 1970 a division rounds the wrong way
		step--
	}
	return step
}

// Code is the code of the step that now falls in: six digits.
func Code(secret []byte, now time.Time) string { return codeOf(secret, Step(now)) }

// Verify checks a code against secret at now, one step either way. It returns the step that matched, for the caller to
// store and hand in as last the next time, so that a code works once; last is 0 as long as no code was accepted.
// Errors: ErrMismatch, also for what isn't six digits; ErrReplayed when the step is not later than last; ErrSecret when
// secret has fewer than 128 bits, so that a token without a secret is never one that anybody can compute codes for.
// Source: RFC 6238 sections 4 and 5.2; RFC 4226 section 4; docs/behaviour.md §1.1.
func Verify(secret []byte, code string, now time.Time, last int64) (int64, error) {
	if len(secret) < minSecretSize {
		return 0, ErrSecret
	}
	step, ok := match(secret, code, Step(now))
	if !ok {
		return 0, ErrMismatch
	}
	if step <= last {
		return 0, ErrReplayed
	}
	return step, nil
}

// match finds the newest step around current whose code is code. Each step is computed and compared in constant time,
// without stopping at a match, so that the time taken tells nothing. The newest counts because two steps in reach of one
// another may share a code: it is then spent for both.
func match(secret []byte, code string, current int64) (step int64, ok bool) {
	if len(code) != Digits {
		return 0, false
	}
	for candidate := current - skew; candidate <= current+skew; candidate++ {
		if subtle.ConstantTimeCompare([]byte(codeOf(secret, candidate)), []byte(code)) == 1 {
			step, ok = candidate, true
		}
	}
	return step, ok
}

func codeOf(secret []byte, step int64) string {
	// The one possible error is a secret that isn't base32, which Encode can't write; "" would match nothing.
	code, _ := hotp.GenerateCodeCustom(Encode(secret), uint64(step), hotp.ValidateOpts{
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	return code
}

// URI is the address that authenticator apps read from a QR code: otpauth://totp/Issuer:account?secret=... The issuer
// may be empty; colons in names are escaped, because apps split the label at the first plain one.
// Source: google-authenticator wiki, Key URI Format.
func URI(issuer, account string, secret []byte) string {
	label := escape(account)
	query := "secret=" + Encode(secret)
	if issuer != "" {
		label = escape(issuer) + ":" + label
		query += "&issuer=" + escape(issuer)
	}
	return fmt.Sprintf("otpauth://totp/%s?%s&algorithm=SHA1&digits=%d&period=%d", label, query, Digits, int(Period.Seconds()))
}

// escape percent-encodes all that has a meaning in an address. Apps show a plus sign as it stands, so a space is %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
