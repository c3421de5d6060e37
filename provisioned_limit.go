package cognate

import (
	"cmp"
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

// RateCategories returns the categories of operations.
func RateCategories() []string {
	var categories []string
	for _, l := range rateLimits {
		categories = append(categories, l.Category)
	}
	return categories
}

// RateLimits says whether the rates of categories are limited, and how. The zero value limits them as the service does.
type RateLimits struct {
	// Off says that no rate is limited. Accounts can still choose rates.
	Off bool
	// Rates are the default rates of the operator, by category. The others are those of the service.
	Rates map[string]int
}

// Of returns the limit of a category; false if no category has the name.
func (r RateLimits) Of(category string) (RateLimit, bool) {
	for _, l := range rateLimits {
		if l.Category == category {
			l.Default = cmp.Or(r.Rates[category], l.Default)
			return l, true
		}
	}
	return RateLimit{}, false
}

// Named returns the limit that a definition names. Errors: InvalidParameterException.
// Assumed: the error for a limit definition whose Attributes are not one known Category.
func (r RateLimits) Named(d *api.LimitDefinitionType) (RateLimit, error) {
	category, ok := d.Attributes["Category"]
	if !ok || len(d.Attributes) != 1 {
		return RateLimit{}, api.InvalidParameterException("Attributes of LimitDefinition must have Category, and no other key")
	}
	l, ok := r.Of(category)
	if !ok {
		return RateLimit{}, api.InvalidParameterException("Invalid Category: " + category)
	}
	return l, nil
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
