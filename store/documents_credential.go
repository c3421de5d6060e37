package store

import "cognate"

// credentialDocument is the stored form of a passkey, without what the columns of its row hold.
type credentialDocument struct {
	form
	RelyingPartyID string   `json:"RelyingPartyID"`
	Name           string   `json:"Name"`
	Attachment     string   `json:"Attachment,omitzero"`
	Transports     []string `json:"Transports"`
}

// credentialKeyDocument is the stored form of a passkey's public key, before it is sealed.
type credentialKeyDocument struct {
	form
	Public         []byte `json:"Public"`
	BackupEligible bool   `json:"BackupEligible"`
}

func fromCredential(c *cognate.Credential) *credentialDocument {
	return &credentialDocument{
		RelyingPartyID: c.RelyingPartyID, Name: c.Name, Attachment: c.Attachment, Transports: c.Transports,
	}
}

// toCredential sets the fields of a passkey that a document holds.
func (d *credentialDocument) toCredential(c *cognate.Credential) {
	c.RelyingPartyID, c.Name, c.Attachment, c.Transports = d.RelyingPartyID, d.Name, d.Attachment, d.Transports
}

func fromCredentialKey(k cognate.CredentialKey) *credentialKeyDocument {
	return &credentialKeyDocument{Public: k.Public, BackupEligible: k.BackupEligible}
}

func (d *credentialKeyDocument) toCredentialKey() cognate.CredentialKey {
	return cognate.CredentialKey{Public: d.Public, BackupEligible: d.BackupEligible}
}
