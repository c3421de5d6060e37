// Package threat has the operations of threat protection: risk configurations. The rules are in package risk.
package threat

import (
	"time"

	"cognate"
	"cognate/api"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Now   func() time.Time
}

// toWire returns a risk configuration in the shape of the API. clientID is empty for the configuration of a pool; c is nil if
// it was never set.
// Assumed: DescribeRiskConfiguration for an app client or a pool without a configuration answers one that has only the IDs.
func toWire(poolID, clientID string, c *cognate.RiskConfiguration) *api.RiskConfigurationType {
	out := &api.RiskConfigurationType{UserPoolId: poolID, ClientId: clientID}
	if c == nil {
		return out
	}
	out.CompromisedCredentialsRiskConfiguration = c.Compromised
	out.AccountTakeoverRiskConfiguration = c.Takeover
	out.RiskExceptionConfiguration = c.Exceptions
	out.LastModifiedDate = api.EpochOf(c.ModifiedAt)
	return out
}
