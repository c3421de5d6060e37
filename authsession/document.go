package authsession

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
)

// sessionDocument is the content of a Session string before it is sealed. Servers of two builds may open each other's
// Sessions, so its names never change.
type sessionDocument struct {
	// Version is missing in the first form, 2 in a step-up and 3 on a page. Releases without them would finish them as ordinary
	// sign-ins. They refuse a Session with a Version that they do not know, so they cannot.
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
	// Releases before these ignore Methods. Only a step-up has the other two.
	Methods cognate.Methods `json:"Methods,omitzero"`
	Levels  []cognate.Level `json:"Levels,omitzero"`
	Grant   string          `json:"Grant,omitzero"`
	// Builds before it do not record the rest of the sign-in.
	EventID string `json:"EventID,omitzero"`
	// Only a sign-in on a page has these.
	Page       bool   `json:"Page,omitzero"`
	SSOSession string `json:"SSOSession,omitzero"`
}

// stepUpVersion is the Version of a step-up's Session, and pageVersion the Version of any Session on a page.
var stepUpVersion, pageVersion = jsontext.Value("2"), jsontext.Value("3")

// isKnown reports whether this release can read the document: it has the Version of what it contains.
func (d *sessionDocument) isKnown() bool {
	switch {
	case d.Page:
		return string(d.Version) == string(pageVersion)
	case d.SSOSession != "":
		return false
	case len(d.Levels) > 0:
		return string(d.Version) == string(stepUpVersion)
	default:
		return d.Version == nil && d.Grant == ""
	}
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
		Methods: s.Methods, Levels: s.Levels, Grant: s.Grant, EventID: s.EventID,
		Page: s.Page, SSOSession: s.SSOSession,
	}
	switch {
	case s.Page:
		d.Version = pageVersion
	case len(s.Levels) > 0:
		d.Version = stepUpVersion
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
		Methods: d.Methods, Levels: d.Levels, Grant: d.Grant, EventID: d.EventID,
		Page: d.Page, SSOSession: d.SSOSession,
	}
	if d.SRP != nil {
		s.SRP = &cognate.SRPState{A: d.SRP.A, B: d.SRP.B, Secret: d.SRP.Secret}
	}
	return s
}
