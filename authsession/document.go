package authsession

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
)

// sessionDocument is the content of a Session string before it is sealed. Servers of two builds may open each other's
// Sessions, so its names never change.
type sessionDocument struct {
	// Version is missing in the first form, which is the only one so far.
	Version   jsontext.Value    `json:"Version,omitzero"`
	ID        string            `json:"ID"`
	PoolID    string            `json:"PoolID"`
	ClientID  string            `json:"ClientID"`
	Sub       string            `json:"Sub"`
	Username  string            `json:"Username"`
	Step      cognate.Step      `json:"Step"`
	Stamp     int64             `json:"Stamp"`
	Expires   time.Time         `json:"Expires"`
	Login     string            `json:"Login,omitzero"`
	DeviceKey string            `json:"DeviceKey,omitzero"`
	TokenID   string            `json:"TokenID,omitzero"`
	Challenge []byte            `json:"Challenge,omitzero"`
	SRP       *srpStateDocument `json:"SRP,omitzero"`
	IsCustom  bool              `json:"IsCustom,omitzero"`
	// Builds before these three read a Session without them: its device then has to replace the second factor, or is rejected.
	FactorsProven bool `json:"FactorsProven,omitzero"`
	SecondFactor  bool `json:"SecondFactor,omitzero"`
	Passwordless  bool `json:"Passwordless,omitzero"`
}

type srpStateDocument struct {
	A      []byte `json:"A"`
	B      []byte `json:"B"`
	Secret []byte `json:"Secret"`
}

// fromSession omits the custom sign-in, which is in the store.
func fromSession(s *cognate.AuthSession) *sessionDocument {
	d := &sessionDocument{
		ID: s.ID, PoolID: s.PoolID, ClientID: s.ClientID, Sub: s.Sub, Username: s.Username, Step: s.Step, Stamp: s.Stamp,
		Expires: s.Expires, Login: s.Login, DeviceKey: s.DeviceKey, TokenID: s.TokenID, Challenge: s.Challenge, IsCustom: s.IsCustom,
		FactorsProven: s.FactorsProven, SecondFactor: s.SecondFactor, Passwordless: s.Passwordless,
	}
	if s.SRP != nil {
		d.SRP = &srpStateDocument{A: s.SRP.A, B: s.SRP.B, Secret: s.SRP.Secret}
	}
	return d
}

func (d *sessionDocument) toSession() *cognate.AuthSession {
	s := &cognate.AuthSession{
		ID: d.ID, PoolID: d.PoolID, ClientID: d.ClientID, Sub: d.Sub, Username: d.Username, Step: d.Step, Stamp: d.Stamp,
		Expires: d.Expires, Login: d.Login, DeviceKey: d.DeviceKey, TokenID: d.TokenID, Challenge: d.Challenge, IsCustom: d.IsCustom,
		FactorsProven: d.FactorsProven, SecondFactor: d.SecondFactor, Passwordless: d.Passwordless,
	}
	if d.SRP != nil {
		s.SRP = &cognate.SRPState{A: d.SRP.A, B: d.SRP.B, Secret: d.SRP.Secret}
	}
	return s
}
