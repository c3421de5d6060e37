package account

import (
	"slices"
	"strings"

	"cognate"
	"cognate/api"
)

var (
	errUnwritable = api.NotAuthorizedException("A client attempted to write unauthorized attribute")
	// Source of the pattern: docs/behaviour.md §4.7, for sub.
	errServiceOwned = func(name string) error {
		return api.InvalidParameterException("Cannot modify the non-mutable attribute " + name)
	}
)

// mayWrite reports whether a client lets its user write an attribute. No client may write a verified flag or a developer
// attribute. A client may write the others that its WriteAttributes list, or all if the list is empty
// (docs/behaviour.md §4.7).
func mayWrite(client *cognate.AppClient, name string) bool {
	switch {
	case isVerifiedFlag(name), strings.HasPrefix(name, cognate.DeveloperPrefix):
		return false
	default:
		return len(client.WriteAttributes) == 0 || slices.Contains(client.WriteAttributes, name)
	}
}

// MayChange reports whether a user can change an attribute with a client: the pool has it, and it can be changed after the user was
// created.
func MayChange(pool *cognate.UserPool, client *cognate.AppClient, name string) bool {
	_, err := writable(pool, client, name)
	return err == nil && checkMutable(pool, map[string]string{name: ""}) == nil
}

func isVerifiedFlag(name string) bool {
	return name == cognate.AttributeEmailVerified || name == cognate.AttributePhoneVerified
}

func isContact(name string) bool {
	return name == cognate.AttributeEmail || name == cognate.AttributePhone
}
