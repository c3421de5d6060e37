package federation

import (
	"maps"
	"slices"
	"strings"

	"cognate"
	"cognate/api"
)

// usernameTarget is the key of an AttributeMapping that is not an attribute: the claim that names the user.
const usernameTarget = "username"

// defaultMapping returns the AttributeMapping of a new provider whose request has none; nil for none.
// Source: docs/behaviour.md §5.9.
func defaultMapping(kind api.IdentityProviderTypeType) map[string]string {
	if claim := providerTypes[kind].username; claim != "" {
		return map[string]string{usernameTarget: claim}
	}
	return nil
}

// checkMapping checks that a mapping sets attributes of the pool that links and sign-ins may write.
// Errors: InvalidParameterException. Source of the text: docs/behaviour.md §5.9.
//
// Assumed: the attributes sub and identities cannot be the target of a mapping, and the claim must not be empty.
func checkMapping(pool *cognate.UserPool, mapping map[string]string) error {
	var invalid []string
	for _, target := range slices.Sorted(maps.Keys(mapping)) {
		_, known := pool.Attribute(target)
		if !known && target != usernameTarget || target == cognate.AttributeSub || mapping[target] == "" {
			invalid = append(invalid, target)
		}
	}
	if len(invalid) > 0 {
		return api.InvalidParameterException("AttributeMapping contains invalid mapping: [" + strings.Join(invalid, ", ") + "]")
	}
	return nil
}

// acrLevels are the levels of a pool. Source: docs/behaviour.md §3.6.
var acrLevels = []string{"Level1", "Level2", "Level3", "Level4"}

// checkAcrMapping checks the levels of a mapping and the values of the provider, which must differ: the provider's value in a
// token says which level the sign-in has.
// Assumed: the texts for an invalid AcrMapping, and that a provider's value belongs to one level only.
func checkAcrMapping(kind api.IdentityProviderTypeType, mapping map[string]string) error {
	if len(mapping) > 0 && kind != api.IdentityProviderTypeTypeOidc {
		return api.InvalidParameterException("AcrMapping is supported only for OIDC identity providers.")
	}
	var values []string
	for _, level := range slices.Sorted(maps.Keys(mapping)) {
		value := mapping[level]
		if !slices.Contains(acrLevels, level) {
			return api.InvalidParameterException("Invalid level in AcrMapping: " + level)
		}
		if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= 0x7f }) {
			return api.InvalidParameterException("Invalid value of " + level + " in AcrMapping.")
		}
		values = append(values, value)
	}
	return cognate.RequireDistinct("AcrMapping", values)
}
