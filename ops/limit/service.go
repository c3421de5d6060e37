// Package limit has the operations on provisioned limits: the rates that an account chooses for categories of operations.
// cognate.RateLimit has the rules. The server limits the requests.
package limit

import (
	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	// Maximum is the highest rate that an account can choose, in requests per second. A default that is higher can be chosen too.
	Maximum int
	// Rates has the default rates.
	Rates cognate.RateLimits
}

func toWire(d *api.LimitDefinitionType, l cognate.RateLimit, rate int) *api.LimitType {
	return &api.LimitType{LimitDefinition: d, ProvisionedLimitValue: new(rate), FreeLimitValue: new(l.Default)}
}
