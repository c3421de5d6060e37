// Package totp makes and checks the time-based codes of software tokens: RFC 6238 with HMAC-SHA-1, six digits and a
// 30-second step, which every authenticator app supports. It formats secrets as text, URI and QR code.
//
// It stores nothing: the caller stores a user's secret and the last step that the user used.
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
	// MinSecretSize is the size of the shortest secret whose codes Verify accepts, in bytes. Source: RFC 4226 section 4, R6.
	MinSecretSize = 16

	skew       = 1  // steps in each direction; RFC 6238 section 5.2 advises one
	secretSize = 32 // bytes: 52 characters, as in the service's secrets (docs/behaviour.md §1.2)
)

var (
	// ErrMismatch means that the code belongs to none of the steps that are valid now.
	ErrMismatch = errors.New("totp: code does not match")
	// ErrReplayed means that the code is right, but its step was used before.
	ErrReplayed = errors.New("totp: code was already used")
	// ErrSecret means that the secret is not base32, or is too short to be safe.
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

// Encode returns a secret as AssociateSoftwareToken returns it: upper-case base32 without padding. Source:
// docs/behaviour.md §1.2, SecretCode form.
func Encode(secret []byte) string { return encoding.EncodeToString(secret) }

// Decode parses a secret in the form of Encode or as a user types it: in lower case, in groups, or padded. Errors:
// ErrSecret.
func Decode(text string) ([]byte, error) {
	text = strings.NewReplacer(" ", "", "-", "").Replace(text)
	text = strings.ToUpper(strings.TrimRight(text, "="))
	secret, err := encoding.DecodeString(text)
	if err != nil || len(secret) == 0 {
		return nil, ErrSecret
	}
	return secret, nil
}

// Step returns the number of the step that contains at: Unix seconds / 30, rounded down.
func Step(at time.Time) int64 {
	const period = int64(Period / time.Second)
	seconds := at.Unix()
	step := seconds / period
	if seconds%period < 0 { // before 1970, integer division rounds up
		step--
	}
	return step
}

// LastStep returns the newest time step whose code Verify accepts at a time. A code of a later step has not been used before that time.
func LastStep(at time.Time) int64 { return Step(at) + skew }

// Code returns the code of the step that contains now: six digits.
func Code(secret []byte, now time.Time) string { return codeOf(secret, Step(now)) }

// Verify checks a code against secret at now, one step in each direction. It returns the step that matched. The caller
// stores the step and passes it as last the next time, so that a code works once; last is 0 if no code was accepted yet.
// Errors: ErrMismatch, also if the code is not six digits; ErrReplayed if the step is not later than last; ErrSecret if
// secret is shorter than MinSecretSize, because anyone could compute the codes of a missing secret.
// Source: RFC 6238 sections 4 and 5.2; RFC 4226 section 4; docs/behaviour.md §1.1.
func Verify(secret []byte, code string, now time.Time, last int64) (int64, error) {
	if len(secret) < MinSecretSize {
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

// match finds the newest step around current that has this code. It computes every step, compares in constant time and does
// not stop at a match, so the time reveals nothing. The newest step counts because two neighbouring steps can share a code:
// the code is then used for both.
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
	// The only error is a secret that is not base32, which Encode cannot return; "" matches no code.
	code, _ := hotp.GenerateCodeCustom(Encode(secret), uint64(step), hotp.ValidateOpts{
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	return code
}

// URI returns the URI that authenticator apps read from a QR code: otpauth://totp/Issuer:account?secret=... One of the
// names may be empty. Colons in names are escaped, because apps split the label at the first plain colon. Source:
// google-authenticator wiki, Key URI Format.
func URI(issuer, account string, secret []byte) string {
	var names []string
	query := "secret=" + Encode(secret)
	if issuer != "" {
		names = append(names, escape(issuer))
		query += "&issuer=" + escape(issuer)
	}
	if account != "" {
		names = append(names, escape(account))
	}
	label := strings.Join(names, ":")
	return fmt.Sprintf("otpauth://totp/%s?%s&algorithm=SHA1&digits=%d&period=%d", label, query, Digits, int(Period.Seconds()))
}

// escape percent-encodes all characters with a meaning in a URI. Apps show a plus sign unchanged, so a space is %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
