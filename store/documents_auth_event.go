package store

import (
	"cognate"
	"cognate/api"
)

// authEventDocument is the stored form of an event, without what the columns of its row hold.
type authEventDocument struct {
	form
	ClientID   string                      `json:"ClientID"`
	Type       api.EventType               `json:"Type"`
	Response   api.EventResponseType       `json:"Response"`
	Challenges []api.ChallengeResponseType `json:"Challenges"`
	IPAddress  string                      `json:"IPAddress"`
	Timezone   string                      `json:"Timezone"`
	// The risk is missing in events without one.
	RiskDecision api.RiskDecisionType `json:"RiskDecision,omitzero"`
	RiskLevel    api.RiskLevelType    `json:"RiskLevel,omitzero"`
	IsCustom     bool                 `json:"IsCustom,omitzero"`
	// The names of the place are missing if it is unknown.
	Country             string            `json:"Country,omitzero"`
	City                string            `json:"City,omitzero"`
	CompromisedPassword bool              `json:"CompromisedPassword,omitzero"`
	DeviceName          string            `json:"DeviceName"`
	Feedback            *feedbackDocument `json:"Feedback"`
	// An email about an event is rare.
	Notified   bool `json:"Notified,omitzero"`
	TokenSpent bool `json:"TokenSpent,omitzero"`
}

type feedbackDocument struct {
	Value    api.FeedbackValueType `json:"Value"`
	Provider string                `json:"Provider"`
	Date     int64                 `json:"Date"` // unix milliseconds
}

func fromAuthEvent(e *cognate.AuthEvent) *authEventDocument {
	d := &authEventDocument{
		ClientID: e.ClientID, Type: e.Type, Response: e.Response, Challenges: e.Challenges, IPAddress: e.IPAddress,
		Timezone: e.Timezone, DeviceName: e.DeviceName,
		RiskDecision: e.RiskDecision, RiskLevel: e.RiskLevel, IsCustom: e.IsCustom,
		Country: e.Place.Country, City: e.Place.City, CompromisedPassword: e.CompromisedPassword,
		Notified: e.IsNotified, TokenSpent: e.IsTokenSpent,
	}
	if e.Feedback != nil {
		d.Feedback = &feedbackDocument{Value: e.Feedback.Value, Provider: e.Feedback.Provider, Date: millis(e.Feedback.Date)}
	}
	return d
}

// toAuthEvent sets the fields of an event that a document holds.
func (d *authEventDocument) toAuthEvent(e *cognate.AuthEvent) {
	e.ClientID, e.Type, e.Response, e.Challenges = d.ClientID, d.Type, d.Response, d.Challenges
	e.IPAddress, e.Timezone, e.DeviceName = d.IPAddress, d.Timezone, d.DeviceName
	e.RiskDecision, e.RiskLevel, e.IsCustom = d.RiskDecision, d.RiskLevel, d.IsCustom
	e.Place.Country, e.Place.City, e.CompromisedPassword = d.Country, d.City, d.CompromisedPassword
	e.IsNotified, e.IsTokenSpent = d.Notified, d.TokenSpent
	if d.Feedback != nil {
		e.Feedback = &cognate.AuthEventFeedback{Value: d.Feedback.Value, Provider: d.Feedback.Provider, Date: fromMillis(d.Feedback.Date)}
	}
}
