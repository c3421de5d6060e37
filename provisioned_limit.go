package cognate

import (
	"fmt"

	"cognate/api"
)

// RateLimit is the limit on a category of operations.
type RateLimit struct {
	Category string
	Default  int // requests per second of an account in a Region
	// Adjustable says that an account can raise the limit.
	Adjustable bool
	// FixedByLogin says that an account with managed login cannot change the limit.
	FixedByLogin bool
}

// rateLimits are the limits of all categories. Source: docs/behaviour.md §8.4.
var rateLimits = []RateLimit{
	{Category: "UserAuthentication", Default: 120, Adjustable: true, FixedByLogin: true},
	{Category: "UserCreation", Default: 50, Adjustable: true},
	{Category: "UserFederation", Default: 25, Adjustable: true, FixedByLogin: true},
	{Category: "UserAccountRecovery", Default: 30},
	{Category: "UserRead", Default: 120, Adjustable: true},
	{Category: "UserUpdate", Default: 25},
	{Category: "UserToken", Default: 120, Adjustable: true},
	{Category: "UserResourceRead", Default: 50, Adjustable: true},
	{Category: "UserResourceUpdate", Default: 25},
	{Category: "UserList", Default: 30},
	{Category: "UserPoolRead", Default: 15},
	{Category: "UserPoolUpdate", Default: 15},
	{Category: "UserPoolResourceRead", Default: 20},
	{Category: "UserPoolResourceUpdate", Default: 15},
	{Category: "UserPoolClientRead", Default: 15},
	{Category: "UserPoolClientUpdate", Default: 15},
	{Category: "ClientAuthentication", Default: 150},
	{Category: "LimitManagement", Default: 1},
}

// RateLimitOf returns the limit that a definition names. Errors: InvalidParameterException.
// Assumed: the error for a limit definition whose Attributes are not one known Category.
func RateLimitOf(d *api.LimitDefinitionType) (RateLimit, error) {
	category, ok := d.Attributes["Category"]
	if !ok || len(d.Attributes) != 1 {
		return RateLimit{}, api.InvalidParameterException("Attributes of LimitDefinition must have Category, and no other key")
	}
	for _, l := range rateLimits {
		if l.Category == category {
			return l, nil
		}
	}
	return RateLimit{}, api.InvalidParameterException("Invalid Category: " + category)
}

// Check returns an error if an account cannot choose the rate. most is the highest rate of the account; if it is below the
// default, the default is.
// Errors: InvalidParameterException, ServiceQuotaExceededException. Source: docs/behaviour.md §8.4.
// Assumed: the texts for a limit that cannot be changed, and for a rate that is too low or too high.
func (l RateLimit) Check(rate, most int) error {
	switch most = max(most, l.Default); {
	case !l.Adjustable:
		return api.InvalidParameterException("The limit of the category " + l.Category + " cannot be changed")
	case rate < l.Default:
		return api.InvalidParameterException(fmt.Sprintf("RequestedLimitValue must be at least the default of %d", l.Default))
	case rate > most:
		return api.ServiceQuotaExceededException(fmt.Sprintf("RequestedLimitValue is greater than the maximum of %d", most))
	default:
		return nil
	}
}

// ErrFixedByLogin is the error for a limit that an account with managed login cannot change.
// Assumed: the text for a limit that managed login fixes.
var ErrFixedByLogin = api.InvalidParameterException("The limit cannot be changed, because a user pool uses managed login")
