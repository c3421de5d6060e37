// Package logs has the operations of log delivery: where a user pool sends its records. Package logdelivery sends them.
package logs

import (
	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct{ Store *store.Store }

// toWire returns the configuration of a pool in the shape of the API. It has a list even if the pool sends nothing.
// Source: docs/behaviour.md §5.10.
func toWire(pool *cognate.UserPool) *api.LogDeliveryConfigurationType {
	out := &api.LogDeliveryConfigurationType{UserPoolId: pool.ID, LogConfigurations: []api.LogConfigurationType{}}
	for i := range pool.LogDelivery {
		out.LogConfigurations = append(out.LogConfigurations, pool.LogDelivery[i].Wire())
	}
	return out
}
