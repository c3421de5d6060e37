package passwords

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Policy is the password policy of a user pool. The zero value accepts any password.
type Policy struct {
	MinimumLength    int // characters
	RequireUppercase bool
	RequireLowercase bool
	RequireNumbers   bool
	RequireSymbols   bool
}

// Reason says why a password does not follow a policy, in the service's words. Source: docs/behaviour.md §4.3.
type Reason string

// The reasons, in the order of the checks.
const (
	TooShort    Reason = "Password not long enough"
	NoUppercase Reason = "Password must have uppercase characters"
	NoLowercase Reason = "Password must have lowercase characters"
	NoNumber    Reason = "Password must have numeric characters"
	NoSymbol    Reason = "Password must have symbol characters"
)

// PolicyError says that a password does not follow a policy, with the first reason.
type PolicyError struct {
	Reason Reason
}

func (e *PolicyError) Error() string { return "password: " + string(e.Reason) }

const (
	uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowercase = "abcdefghijklmnopqrstuvwxyz"
	numbers   = "0123456789"
	// Source: AWS developer guide, "Adding user pool password requirements".
	symbols = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+="
)

// Check returns a *PolicyError if the password does not follow the policy. Letters and numbers are those of Basic Latin; a
// space counts as a symbol unless it is the first or the last character.
// Source: docs/behaviour.md §4.3.
// Assumed: the length of a password is counted in Unicode code points.
func (p Policy) Check(password string) error {
	switch {
	case utf8.RuneCountInString(password) < p.MinimumLength:
		return &PolicyError{TooShort}
	case p.RequireUppercase && !strings.ContainsAny(password, uppercase):
		return &PolicyError{NoUppercase}
	case p.RequireLowercase && !strings.ContainsAny(password, lowercase):
		return &PolicyError{NoLowercase}
	case p.RequireNumbers && !strings.ContainsAny(password, numbers):
		return &PolicyError{NoNumber}
	case p.RequireSymbols && !hasSymbol(password):
		return &PolicyError{NoSymbol}
	}
	return nil
}

func hasSymbol(password string) bool {
	return strings.ContainsAny(password, symbols) || strings.Contains(strings.Trim(password, " "), " ")
}

const (
	generatedLength = 12 // at least: 68 bits
	// The characters of temporary passwords. Characters that look alike (0 O, 1 I l) and symbols with a meaning in HTML are
	// left out.
	generatedFrom = "ABCDEFGHJKLMNPQRSTUVWXYZ" + "abcdefghijkmnpqrstuvwxyz" + "23456789" + "!#%*+-.:=?@_"
	// The chance that an attempt misses a kind of character is below a third.
	generateAttempts = 1000
)

// Generate returns a temporary password that follows the policy. It has at least 12 characters, with an upper-case and a
// lower-case letter, a number and a symbol even if the policy does not require them. All such passwords are equally likely
// if random is uniform.
func Generate(p Policy, random io.Reader) (string, error) {
	length := max(p.MinimumLength, generatedLength)
	all := Policy{RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true}
	for range generateAttempts {
		password, err := draw(length, random)
		if err != nil {
			return "", fmt.Errorf("password: generate: %w", err)
		}
		if all.Check(password) == nil {
			return password, nil
		}
	}
	return "", errors.New("password: generate: the source of randomness is broken")
}

func draw(length int, random io.Reader) (string, error) {
	var b strings.Builder
	for range length {
		i, err := rand.Int(random, big.NewInt(int64(len(generatedFrom))))
		if err != nil {
			return "", err
		}
		b.WriteByte(generatedFrom[i.Int64()])
	}
	return b.String(), nil
}
