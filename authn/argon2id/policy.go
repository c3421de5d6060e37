// Package argon2id holds what is true of passwords by themselves: whether one follows a policy, how a temporary one is
// made, and hashing for pools that keep no SRP verifier.
//
// It knows no users and counts no attempts; histories and known-leaked passwords are for the caller.
package argon2id

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Policy is what a user pool asks of passwords. The zero value accepts any.
type Policy struct {
	MinimumLength    int // characters
	RequireUppercase bool
	RequireLowercase bool
	RequireNumbers   bool
	RequireSymbols   bool
}

// Reason is why a password doesn't follow a policy, in the service's words. Source: docs/behaviour.md §4.3.
type Reason string

// The reasons, in the order in which they are given.
const (
	TooShort    Reason = "Password not long enough"
	NoUppercase Reason = "Password must have uppercase characters"
	NoLowercase Reason = "Password must have lowercase characters"
	NoNumber    Reason = "Password must have numeric characters"
	NoSymbol    Reason = "Password must have symbol characters"
)

// PolicyError says that a password doesn't follow a policy, and the first reason why.
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

// Check returns a *PolicyError when password doesn't follow the policy. Letters and numbers are those of Basic Latin; a
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
	// What a temporary password is made of: nothing that people mistake for one another (0 O, 1 I l), and no symbol that
	// means something in a message's HTML.
	generatedFrom = "ABCDEFGHJKLMNPQRSTUVWXYZ" + "abcdefghijkmnpqrstuvwxyz" + "23456789" + "!#%*+-.:=?@_"
	// The chance that an attempt doesn't have all kinds of characters is below a third.
	generateAttempts = 1000
)

// Generate makes a temporary password that follows the policy: at least 12 characters, with an upper-case and a lower-case
// letter, a number and a symbol even if the policy doesn't ask. Each such password is as likely as any other, as far as
// random is.
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
