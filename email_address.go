package cognate

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"cognate/internal/lazyregexp"
)

// EmailAddress is an email address that may have a display name. It has no line breaks and no other control characters, so
// it can be a header. Only the parsers below make one; the zero EmailAddress is no address.
type EmailAddress struct {
	text string
	mail mail.Address
}

// maxEmailAddress is the maximum length of an address with its name, in bytes.
const maxEmailAddress = 1024

// maxDomain is the maximum length of a domain, in bytes. Source: RFC 1035 section 2.3.4.
const maxDomain = 255

// domainName matches a domain: labels of letters and digits in any script, with hyphens inside.
var domainName = lazyregexp.New(`^[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?(\.[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?)*$`)

var errNoEmailAddress = errors.New("not an email address")

// ParseEmailAddress parses an address without a name: "a@example.com".
func ParseEmailAddress(text string) (EmailAddress, error) {
	a, err := ParseNamedEmailAddress(text)
	if err != nil || a.mail.Address != text {
		return EmailAddress{}, errNoEmailAddress
	}
	return a, nil
}

// ParseNamedEmailAddress parses an address with or without a name: "a@example.com" or "Name <a@example.com>".
func ParseNamedEmailAddress(text string) (EmailAddress, error) {
	if len(text) > maxEmailAddress || !utf8.ValidString(text) || strings.ContainsFunc(text, isLineBreakOrControl) {
		return EmailAddress{}, errNoEmailAddress
	}
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsFunc(a.Name+a.Address, isLineBreakOrControl) { // an encoded name can contain line breaks
		return EmailAddress{}, errNoEmailAddress
	}
	if !isDomain(a.Address[strings.LastIndexByte(a.Address, '@')+1:]) {
		return EmailAddress{}, errNoEmailAddress
	}
	return EmailAddress{text: text, mail: *a}, nil
}

func isDomain(text string) bool { return len(text) <= maxDomain && domainName.MatchString(text) }

func isLineBreakOrControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// String returns the address with its name, as it was parsed; "" for the zero EmailAddress.
func (a EmailAddress) String() string { return a.text }

// Mail returns the address and the name separately.
func (a EmailAddress) Mail() mail.Address { return a.mail }
