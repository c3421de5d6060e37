package cognate

import (
	"slices"
	"strings"

	"cognate/api"
)

// PoolUsernames says by which names users sign up and sign in.
type PoolUsernames struct {
	UsernameAttributes []api.UsernameAttributeType
	AliasAttributes    []api.AliasAttributeType
	CaseInsensitive    bool
	// CaseSensitivityRequested is the member of UsernameConfiguration in the request; nil if the request did not contain it.
	CaseSensitivityRequested *bool
}

func (n *PoolUsernames) check() error {
	if len(n.AliasAttributes) > 0 && len(n.UsernameAttributes) > 0 {
		return api.InvalidParameterException(
			"Only one of the aliasAttributes or usernameAttributes can be set in a User pool.")
	}
	return nil
}

// UsesUsernameAttributes reports whether users sign up with an email address or a phone number as the username. The stored
// username is then the sub (docs/behaviour.md §4.2).
func (n *PoolUsernames) UsesUsernameAttributes() bool { return len(n.UsernameAttributes) > 0 }

// HasAlias reports whether users can sign in with a verified value of the attribute. The same holds for username attributes.
func (n *PoolUsernames) HasAlias(attribute string) bool {
	return slices.Contains(n.AliasAttributes, api.AliasAttributeType(attribute)) ||
		slices.Contains(n.UsernameAttributes, api.UsernameAttributeType(attribute))
}

// Normal returns the form of a username or alias that the pool compares: in lower case if the pool is case-insensitive.
func (n *PoolUsernames) Normal(login string) string {
	if n.CaseInsensitive {
		return strings.ToLower(login)
	}
	return login
}
