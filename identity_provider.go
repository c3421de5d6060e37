package cognate

import (
	"crypto/rsa"
	"time"

	"golang.org/x/text/cases"

	"cognate/api"
)

// IdentityProvider is an external service that signs in users of a pool. The rules are in package federation.
type IdentityProvider struct {
	PoolID, Name string
	Type         api.IdentityProviderTypeType
	// Details are the settings that callers gave, by their keys in ProviderDetails. Some are secret. The defaults are not among
	// them.
	Details map[string]string
	// AttributeMapping says which claim of the provider becomes which attribute of a user: the keys are attributes of the pool.
	AttributeMapping map[string]string
	Identifiers      []string          // other names, unique in the pool, in the order of the request
	AcrMapping       map[string]string // level of the pool ("Level1") -> acr value of the provider
	SAML             SAMLMetadata      // zero for other types
	// RefreshAt is when the metadata document is due to be fetched again; zero for a provider without MetadataURL.
	RefreshAt             time.Time
	CreatedAt, ModifiedAt time.Time
	// Version changes with each change of the provider.
	Version int64
}

// SAMLMetadata is what the metadata document of a SAML provider says.
type SAMLMetadata struct {
	Document string // as fetched from MetadataURL; empty if the document is in Details
	EntityID string
	// SSORedirect and SLORedirect are the URLs for requests by the HTTP-Redirect binding. SLORedirect is empty if the provider
	// has no logout.
	SSORedirect, SLORedirect string
}

// Key returns the provider's name in the form that is unique in the pool.
func (p *IdentityProvider) Key() string { return ProviderKey(p.Name) }

// ProviderKey returns IdentityProvider.Key of a provider with that name.
//
// Assumed: the names of two identity providers of a pool differ not only by case. The names are the beginning of federated
// usernames, for which case does not matter in most pools.
func ProviderKey(name string) string { return cases.Fold().String(name) }

// Names of the pool itself among identity providers.
const (
	LocalProvider       = "COGNITO" // in SupportedIdentityProviders
	LocalProviderOfUser = "Cognito" // of an identity: a user with a password in the pool
)

// SubjectAttribute is the ProviderAttributeName of an identity that is named by the provider's own ID of the user.
const SubjectAttribute = "Cognito_Subject"

// LinkedIdentity is an account at an identity provider that belongs to a user.
type LinkedIdentity struct {
	ProviderName string
	ProviderType api.IdentityProviderTypeType
	// Attribute and Value name the account: SubjectAttribute and the provider's ID of it, or another attribute that the provider
	// sends.
	Attribute, Value string
	Issuer           string // the entity ID of a SAML provider; empty for other types
	LinkedAt         time.Time
}

// SAMLKey is a key with which a pool signs SAML requests, and to which providers encrypt their answers.
type SAMLKey struct {
	ID          string
	Key         *rsa.PrivateKey
	Certificate []byte // X.509, DER
	CreatedAt   time.Time
}
