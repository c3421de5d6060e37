// Package limit has the operations on provisioned limits: the rates that an account chooses for categories of operations. They
// are stored and returned; no rate is limited yet. cognate.RateLimit has the rules.
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
}

func toWire(d *api.LimitDefinitionType, l cognate.RateLimit, rate int) *api.LimitType {
	return &api.LimitType{LimitDefinition: d, ProvisionedLimitValue: new(rate), FreeLimitValue: new(l.Default)}
}
