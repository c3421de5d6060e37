package store

import (
	"time"

	"cognate"
	"cognate/api"
)

// userDocument is the stored form of a user, without what the columns of its row hold.
type userDocument struct {
	form
	Attributes     map[string]string     `json:"Attributes"`
	MFA            mfaPreferenceDocument `json:"MFA"`
	Passkeys       int                   `json:"Passkeys,omitzero"`
	TemporaryUntil time.Time             `json:"TemporaryUntil,omitzero"`
	Identities     []identityDocument    `json:"Identities,omitzero"`
}

type identityDocument struct {
	ProviderName string                       `json:"ProviderName"`
	ProviderType api.IdentityProviderTypeType `json:"ProviderType"`
	Attribute    string                       `json:"Attribute"`
	Value        string                       `json:"Value"`
	Issuer       string                       `json:"Issuer,omitzero"`
	LinkedAt     time.Time                    `json:"LinkedAt"`
}

type mfaPreferenceDocument struct {
	Enabled       []cognate.Factor `json:"Enabled,omitzero"`
	Preferred     cognate.Factor   `json:"Preferred,omitzero"`
	Passkey       bool             `json:"Passkey,omitzero"`
	SMSBySettings bool             `json:"SMSBySettings,omitzero"`
}

// passwordDocument is the stored form of a password, before it is sealed.
type passwordDocument struct {
	form
	Salt      []byte             `json:"Salt,omitzero"`
	Verifier  []byte             `json:"Verifier,omitzero"`
	Argon2id  string             `json:"Argon2id,omitzero"`
	Imported  string             `json:"Imported,omitzero"` // of earlier passwords; the current one has a column of its own
	Plaintext string             `json:"Plaintext,omitzero"`
	Disabled  bool               `json:"Disabled,omitzero"`
	Earlier   []passwordDocument `json:"Earlier,omitzero"`
}

// softwareTokensDocument is the stored form of a user's software tokens, before it is sealed. The last time step has a
// column of its own.
type softwareTokensDocument struct {
	form
	Active  *softwareTokenDocument `json:"Active,omitzero"`
	Pending *softwareTokenDocument `json:"Pending,omitzero"`
}

type softwareTokenDocument struct {
	ID           string `json:"ID"`
	Secret       []byte `json:"Secret"`
	FriendlyName string `json:"FriendlyName,omitzero"`
}

func fromUser(u *cognate.User) *userDocument {
	d := &userDocument{
		Attributes: u.Attributes,
		MFA: mfaPreferenceDocument{
			Enabled:       u.MFA.Enabled,
			Preferred:     u.MFA.Preferred,
			Passkey:       u.MFA.Passkey,
			SMSBySettings: u.MFA.SMSBySettings,
		},
		Passkeys:       u.Passkeys,
		TemporaryUntil: u.TemporaryUntil,
	}
	for _, i := range u.Identities {
		d.Identities = append(d.Identities, identityDocument(i))
	}
	return d
}

// toUser sets the fields of a user that a document holds.
func (d *userDocument) toUser(u *cognate.User) {
	u.Attributes = d.Attributes
	u.MFA = cognate.MFAPreference{
		Enabled:       d.MFA.Enabled,
		Preferred:     d.MFA.Preferred,
		Passkey:       d.MFA.Passkey,
		SMSBySettings: d.MFA.SMSBySettings,
	}
	u.Passkeys = d.Passkeys
	u.TemporaryUntil = d.TemporaryUntil
	for _, i := range d.Identities {
		u.Identities = append(u.Identities, cognate.LinkedIdentity(i))
	}
}

func fromPassword(p cognate.Password) *passwordDocument {
	d := &passwordDocument{Salt: p.Salt, Verifier: p.Verifier, Argon2id: p.Argon2id, Imported: p.Imported, Plaintext: p.Plaintext, Disabled: p.Disabled}
	for _, earlier := range p.Earlier {
		d.Earlier = append(d.Earlier, *fromPassword(earlier))
	}
	return d
}

func (d *passwordDocument) toPassword() cognate.Password {
	p := cognate.Password{Salt: d.Salt, Verifier: d.Verifier, Argon2id: d.Argon2id, Imported: d.Imported, Plaintext: d.Plaintext, Disabled: d.Disabled}
	for i := range d.Earlier {
		p.Earlier = append(p.Earlier, d.Earlier[i].toPassword())
	}
	return p
}

func fromSoftwareTokens(t cognate.SoftwareTokens) *softwareTokensDocument {
	return &softwareTokensDocument{Active: fromSoftwareToken(t.Active), Pending: fromSoftwareToken(t.Pending)}
}

func (d *softwareTokensDocument) toSoftwareTokens() cognate.SoftwareTokens {
	return cognate.SoftwareTokens{Active: d.Active.toSoftwareToken(), Pending: d.Pending.toSoftwareToken()}
}

func fromSoftwareToken(t *cognate.SoftwareToken) *softwareTokenDocument {
	if t == nil {
		return nil
	}
	return &softwareTokenDocument{ID: t.ID, Secret: t.Secret, FriendlyName: t.FriendlyName}
}

func (d *softwareTokenDocument) toSoftwareToken() *cognate.SoftwareToken {
	if d == nil {
		return nil
	}
	return &cognate.SoftwareToken{ID: d.ID, Secret: d.Secret, FriendlyName: d.FriendlyName}
}
