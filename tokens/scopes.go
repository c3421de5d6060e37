package tokens

import (
	"maps"
	"slices"
	"strings"

	"cognate"
)

// VisibleAttributes returns the attributes of a user that ID tokens of these scopes and userInfo show to a client, as they are
// stored: of those that the client can read, all for "openid" without another scope of OpenID Connect, all for "profile", and
// else those of "email" and "phone", and those that the client has requested by name. Without scopes, as in tokens of the API, all that
// the client can read are visible.
// Source: docs/behaviour.md §3.2, §7.3.
// Assumed: a custom scope beside openid does not limit the attributes. Other scopes of OpenID Connect do.
func VisibleAttributes(client *cognate.AppClient, user *cognate.User, scopes, requested []string) map[string]string {
	isLimited := slices.ContainsFunc(scopes, func(s string) bool { return s == scopeEmail || s == scopePhone })
	all := !isLimited || slices.Contains(scopes, scopeProfile)
	visible := maps.Clone(user.Attributes)
	maps.DeleteFunc(visible, func(name, _ string) bool {
		return !client.MayRead(name) || !all && !slices.Contains(scopes, ScopeOf(name)) && !slices.Contains(requested, name)
	})
	return visible
}

// The scopes of OpenID Connect that select claims (OpenID Connect Core 1.0 section 5.4).
const (
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopePhone   = "phone"
)

// AttributeScopes returns these scopes.
func AttributeScopes() []string { return []string{scopeProfile, scopeEmail, scopePhone} }

// ScopeOf returns the scope that shows an attribute alone; "profile" for the others.
func ScopeOf(attribute string) string {
	switch attribute {
	case cognate.AttributeEmail, cognate.AttributeEmailVerified:
		return scopeEmail
	case cognate.AttributePhone, cognate.AttributePhoneVerified:
		return scopePhone
	default:
		return scopeProfile
	}
}

// MayReadScopes reports whether a client may read both attributes of each of the scopes "email" and "phone". The scope "profile" is for
// the attributes that the client may read, so it needs none. Source: docs/behaviour.md §7.2.
func MayReadScopes(client *cognate.AppClient, scopes []string) bool {
	contacts := []string{cognate.AttributeEmail, cognate.AttributeEmailVerified, cognate.AttributePhone, cognate.AttributePhoneVerified}
	return !slices.ContainsFunc(contacts, func(a string) bool { return slices.Contains(scopes, ScopeOf(a)) && !client.MayRead(a) })
}

// splitScopes returns the scopes of a claim.
func splitScopes(claim string) []string { return strings.Fields(claim) }
