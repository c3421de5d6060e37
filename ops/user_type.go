package ops

import (
	"slices"

	"cognate"
	"cognate/api"
)

// AttributeList returns the attributes of a user for which show returns true: first the sub, then the identities, the others
// in schema order, and those that are not in the schema.
func AttributeList(pool *cognate.UserPool, user *cognate.User, show func(name string) bool) []api.AttributeType {
	list := make([]api.AttributeType, 0, len(user.Attributes)+1)
	add := func(name, value string) {
		if show(name) {
			list = append(list, api.AttributeType{Name: name, Value: value})
		}
	}
	add(cognate.AttributeSub, user.Sub)
	if identities := user.IdentitiesText(); identities != "" {
		add(cognate.AttributeIdentities, identities)
	}
	for _, a := range pool.Schema {
		if value, ok := user.Attributes[a.Name]; ok && a.Name != cognate.AttributeSub {
			add(a.Name, value)
		}
	}
	var rest []string
	for name := range user.Attributes {
		if _, ok := pool.Attribute(name); !ok && name != cognate.AttributeSub {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		add(name, user.Attributes[name])
	}
	return list
}

// EveryAttribute returns true.
func EveryAttribute(string) bool { return true }

// UserType returns a user as in ListUsers and AdminCreateUser.
func UserType(pool *cognate.UserPool, user *cognate.User, show func(name string) bool) api.UserType {
	return api.UserType{
		Username: user.Username, Attributes: AttributeList(pool, user, show),
		UserCreateDate: api.EpochOf(user.Created), UserLastModifiedDate: api.EpochOf(user.Modified),
		Enabled: new(user.Enabled), UserStatus: user.Status, MFAOptions: MFAOptions(user),
	}
}

// MFAOptions returns MFAOptions: SMS if SetUserSettings switched it on. Source: API reference, AdminGetUser, MFAOptions, which
// contain SMS only.
//
// Assumed: MFAOptions are left out after a call of SetUserMFAPreference, which replaces SetUserSettings.
func MFAOptions(user *cognate.User) []api.MFAOptionType {
	if !user.MFA.SMSBySettings {
		return nil
	}
	return []api.MFAOptionType{{DeliveryMedium: api.DeliveryMediumTypeSms, AttributeName: cognate.AttributePhone}}
}
