package store

import "cognate"

// identityProviderDocument is the stored form of an identity provider, without its secrets and without what the columns of its
// row hold.
type identityProviderDocument struct {
	form
	AttributeMapping map[string]string `json:"AttributeMapping"`
	Identifiers      []string          `json:"Identifiers"`
	AcrMapping       map[string]string `json:"AcrMapping,omitzero"`
	EntityID         string            `json:"EntityID,omitzero"`
	SSORedirect      string            `json:"SSORedirect,omitzero"`
	SLORedirect      string            `json:"SLORedirect,omitzero"`
}

// providerDetailsDocument is the stored form of what an identity provider's row seals.
type providerDetailsDocument struct {
	form
	Details  map[string]string `json:"Details"`
	Metadata string            `json:"Metadata,omitzero"`
}

func fromIdentityProvider(p *cognate.IdentityProvider) (*identityProviderDocument, *providerDetailsDocument) {
	document := &identityProviderDocument{
		AttributeMapping: p.AttributeMapping,
		Identifiers:      p.Identifiers,
		AcrMapping:       p.AcrMapping,
		EntityID:         p.SAML.EntityID,
		SSORedirect:      p.SAML.SSORedirect,
		SLORedirect:      p.SAML.SLORedirect,
	}
	return document, &providerDetailsDocument{Details: p.Details, Metadata: p.SAML.Document}
}

// toIdentityProvider sets the fields of an identity provider that the documents hold.
func (d *identityProviderDocument) toIdentityProvider(details *providerDetailsDocument, p *cognate.IdentityProvider) {
	p.AttributeMapping = d.AttributeMapping
	p.Identifiers = d.Identifiers
	p.AcrMapping = d.AcrMapping
	p.Details = details.Details
	p.SAML = cognate.SAMLMetadata{
		Document: details.Metadata, EntityID: d.EntityID, SSORedirect: d.SSORedirect, SLORedirect: d.SLORedirect,
	}
}
