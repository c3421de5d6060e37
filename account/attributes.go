package account

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
)

// ReadAttributes checks the attributes of a request and returns them by name, in the form in which they are stored. Each
// must be in the pool's schema, writable and well-formed. The client is the one that writes; nil means an administrator. A
// blank value stays blank: the operation decides what it means.
// Errors: InvalidParameterException, NotAuthorizedException (docs/behaviour.md §4.7).
func ReadAttributes(pool *cognate.UserPool, client *cognate.AppClient, sent []api.AttributeType) (map[string]string, error) {
	if err := cognate.RequireDistinctAttributes("UserAttributes", sent); err != nil {
		return nil, err
	}
	attributes := make(map[string]string, len(sent))
	for _, a := range sent {
		definition, err := writable(pool, client, a.Name)
		if err != nil {
			return nil, err
		}
		value := a.Value
		if definition.AttributeDataType == api.AttributeDataTypeBoolean {
			value = strings.ToLower(value)
		}
		if value != "" {
			if err := checkValue(pool, definition, value); err != nil {
				return nil, err
			}
		}
		attributes[a.Name] = value
	}
	return attributes, nil
}

// WithNewPassword checks the attributes that a client's user sets along with a new password. It returns them by name, in
// the form in which they are stored, without blank ones. A contact among them is not verified.
// Errors: InvalidParameterException, NotAuthorizedException (docs/behaviour.md §4.7).
func WithNewPassword(pool *cognate.UserPool, client *cognate.AppClient, given map[string]string) (map[string]string, error) {
	attributes, err := ReadAttributes(pool, client, toList(given))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(attributes, func(_, value string) bool { return value == "" })
	for _, contact := range contacts {
		if attributes[contact] != "" {
			attributes[contact+cognate.VerifiedSuffix] = "false"
		}
	}
	return attributes, nil
}

// toList returns attributes in the order of their names.
func toList(attributes map[string]string) []api.AttributeType {
	list := make([]api.AttributeType, 0, len(attributes))
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		list = append(list, api.AttributeType{Name: name, Value: attributes[name]})
	}
	return list
}

// writable returns the definition of an attribute that the client, or an administrator, may write.
func writable(pool *cognate.UserPool, client *cognate.AppClient, name string) (api.SchemaAttributeType, error) {
	if name == cognate.AttributeSub || name == cognate.AttributeIdentities {
		return api.SchemaAttributeType{}, errServiceOwned(name)
	}
	definition, known := pool.Attribute(name)
	switch {
	case known && (client == nil || mayWrite(client, name)):
		return definition, nil
	case known:
		return api.SchemaAttributeType{}, errUnwritable
	case isCustom(name):
		return api.SchemaAttributeType{}, notConforming(name + ": Attribute does not exist in the schema.")
	default:
		return api.SchemaAttributeType{}, notConforming("Type for attribute {" + name + "} could not be determined")
	}
}

// isCustom reports whether an attribute has the name of a custom attribute.
func isCustom(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, cognate.DeveloperPrefix), cognate.CustomPrefix)
}

func notConforming(reason string) error {
	return api.InvalidParameterException("Attributes did not conform to the schema: " + reason)
}

// errRequired says which required attributes are missing. Each ends in a newline, as in the service's answers.
func errRequired(names ...string) error {
	var reasons strings.Builder
	for _, name := range names {
		reasons.WriteString(name + ": The attribute is required\n")
	}
	return notConforming(reasons.String())
}

// maxValueLength bounds every attribute. Source: Cognito developer guide, Quotas.
const maxValueLength = 2048 // bytes

// checkValue checks a value against the attribute's definition. It also checks the form of email addresses, phone numbers
// and preferred usernames.
// Assumed: the texts for invalid values of attributes, except those for email, phone number and the length of a text. A preferred
// username must not look like an alias of another kind: otherwise it would sign in instead of an alias that is not verified.
func checkValue(pool *cognate.UserPool, a api.SchemaAttributeType, value string) error {
	if len(value) > maxValueLength {
		return notConforming(fmt.Sprintf("%s: The value must have at most %d bytes.", a.Name, maxValueLength))
	}
	switch a.Name {
	case cognate.AttributeEmail:
		if !IsEmail(value) {
			return api.InvalidParameterException("Invalid email address format.")
		}
	case cognate.AttributePhone:
		if !IsPhone(value) {
			return api.InvalidParameterException("Invalid phone number format.")
		}
	case cognate.AttributePreferredUsername:
		if err := checkNoAlias(pool, value); err != nil {
			return err
		}
	}
	switch a.AttributeDataType {
	case api.AttributeDataTypeNumber:
		return checkNumber(a, value)
	case api.AttributeDataTypeBoolean:
		if value != "true" && value != "false" {
			return notConforming(a.Name + ": The value must be true or false.")
		}
		return nil
	case api.AttributeDataTypeDateTime:
		return checkDateTime(a, value)
	default:
		return checkText(a, value)
	}
}

// checkDateTime checks a date, with or without a time.
// Assumed: the form of DateTime values: ISO 8601, a date or a date and time with or without a time zone.
func checkDateTime(a api.SchemaAttributeType, value string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if _, err := time.Parse(layout, value); err == nil {
			return nil
		}
	}
	return notConforming(a.Name + ": The value must be a date or a date and time.")
}

// checkText checks the length of a text. The form of a birthdate is not checked. Source: docs/behaviour.md §4.7.
func checkText(a api.SchemaAttributeType, value string) error {
	c := a.StringAttributeConstraints
	if c == nil {
		return nil
	}
	length := utf8.RuneCountInString(value)
	if least, err := strconv.Atoi(c.MinLength); err == nil && length < least {
		return notConforming(fmt.Sprintf("%s: String must be no shorter than %d characters", a.Name, least))
	}
	if most, err := strconv.Atoi(c.MaxLength); err == nil && length > most {
		return notConforming(fmt.Sprintf("%s: String must be no longer than %d characters", a.Name, most))
	}
	return nil
}

var integer = lazyregexp.New(`^-?[0-9]{1,40}$`)

func checkNumber(a api.SchemaAttributeType, value string) error {
	if !integer.MatchString(value) {
		return notConforming(a.Name + ": The value must be an integer.")
	}
	c := a.NumberAttributeConstraints
	if c == nil {
		return nil
	}
	number, _ := new(big.Int).SetString(value, 10)
	if least, ok := new(big.Int).SetString(c.MinValue, 10); ok && number.Cmp(least) < 0 {
		return notConforming(fmt.Sprintf("%s: The value must not be less than %s.", a.Name, least))
	}
	if most, ok := new(big.Int).SetString(c.MaxValue, 10); ok && number.Cmp(most) > 0 {
		return notConforming(fmt.Sprintf("%s: The value must not be greater than %s.", a.Name, most))
	}
	return nil
}

var e164 = lazyregexp.New(`^\+[1-9][0-9]{1,14}$`)

// IsPhone reports whether s has the form of a phone number: E.164, a plus sign and up to 15 digits.
func IsPhone(s string) bool { return e164.MatchString(s) }

// IsEmail reports whether s has the form of an email address: one @ with text on both sides, and no character that could
// break a message's header.
func IsEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>,;"`, r)
	})
}

// sortedNames returns the names of attributes in schema order, so that results and errors do not depend on map order.
func sortedNames(pool *cognate.UserPool, attributes map[string]string) []string {
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	rank := func(name string) int {
		return slices.IndexFunc(pool.Schema, func(a api.SchemaAttributeType) bool { return a.Name == name })
	}
	slices.SortFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}
