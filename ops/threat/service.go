// Package threat has the operations of threat protection: risk configurations, and events of users. The rules are in package risk.
package threat

import (
	"cmp"
	"time"

	"cognate"
	"cognate/api"
	"cognate/risk"
	"cognate/store"
)

// Service implements the operations of this package.
type Service struct {
	Store *store.Store
	Risk  *risk.Service
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

// eventToWire returns an event in the shape of the API.
func eventToWire(e *cognate.AuthEvent) api.AuthEventType {
	out := api.AuthEventType{
		EventId: e.ID, EventType: e.Type, CreationDate: api.EpochOf(e.Created), EventResponse: e.Response,
		EventRisk: &api.EventRiskType{
			RiskDecision: cmp.Or(e.RiskDecision, api.RiskDecisionTypeNoRisk), RiskLevel: e.RiskLevel, CompromisedCredentialsDetected: new(e.CompromisedPassword),
		},
		ChallengeResponses: e.Challenges,
		EventContextData: &api.EventContextDataType{
			IpAddress: e.IPAddress, DeviceName: e.DeviceName, Timezone: e.Timezone, City: e.Place.ShownCity(), Country: e.Place.Country,
		},
	}
	if f := e.Feedback; f != nil {
		out.EventFeedback = &api.EventFeedbackType{FeedbackValue: f.Value, Provider: f.Provider, FeedbackDate: api.EpochOf(f.Date)}
	}
	return out
}
