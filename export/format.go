// Package export writes user pools to files and creates them from files. A file has JSON Lines, in the format that
// docs/export-format.md and docs/export.schema.json describe. Package archive compresses and encrypts it.
//
// Every line of a file is checked before it is stored: a file can come from another system, or from an attacker. A pool is written in
// many transactions and appears with the last one, so a file with a bad line changes nothing.
package export

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
)

// Format is the name of the format.
const Format = "cognate-export/1"

// The types of lines, in the order of a file.
const (
	typeHeader           = "header"
	typePool             = "pool"
	typeSigningKey       = "signingKey"
	typeSAMLKey          = "samlKey"
	typeResourceServer   = "resourceServer"
	typeIdentityProvider = "identityProvider"
	typeClient           = "client"
	typeGroup            = "group"
	typeImage            = "image"
	typeUICustomization  = "uiCustomization"
	typeLoginStyle       = "loginStyle"
	typeTerms            = "terms"
	typeUser             = "user"
	typeEnd              = "end"
)

// start has the members of every line.
type start struct {
	Type string `json:"type"`
	Pool string `json:"pool"` // the ID of the pool
}

type header struct {
	start
	Format     string    `json:"format"`
	Program    string    `json:"program"` // the version that wrote the file
	ExportedAt time.Time `json:"exportedAt"`
	HasSecrets bool      `json:"hasSecrets"`
}

type times struct {
	CreatedAt  time.Time `json:"createdAt"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

type pool struct {
	start
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Settings jsontext.Value `json:"settings"` // an object
	times
}

type signingKey struct {
	start
	ID        string           `json:"id"`
	Use       cognate.TokenUse `json:"use"`
	Key       []byte           `json:"key"` // PKCS #8, DER
	CreatedAt time.Time        `json:"createdAt"`
	SignsFrom time.Time        `json:"signsFrom"`
}

type samlKey struct {
	start
	ID          string    `json:"id"`
	Key         []byte    `json:"key"`         // PKCS #8, DER
	Certificate []byte    `json:"certificate"` // X.509, DER
	CreatedAt   time.Time `json:"createdAt"`
}

type resourceServer struct {
	start
	Identifier string  `json:"identifier"`
	Name       string  `json:"name"`
	Scopes     []scope `json:"scopes,omitempty"`
	times
}

type scope struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type identityProvider struct {
	start
	Name             string                       `json:"name"`
	ProviderType     api.IdentityProviderTypeType `json:"providerType"`
	Details          map[string]string            `json:"details,omitempty"` // secret
	AttributeMapping map[string]string            `json:"attributeMapping,omitempty"`
	Identifiers      []string                     `json:"identifiers,omitempty"`
	AcrMapping       map[string]string            `json:"acrMapping,omitempty"`
	Metadata         string                       `json:"metadata,omitempty"` // the rest is of a SAML provider
	EntityID         string                       `json:"entityId,omitempty"`
	SSORedirect      string                       `json:"ssoRedirect,omitempty"`
	SLORedirect      string                       `json:"sloRedirect,omitempty"`
	RefreshAt        time.Time                    `json:"refreshAt,omitzero"`
	times
}

type client struct {
	start
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	HasSecret bool           `json:"hasSecret"`
	Secrets   []secret       `json:"secrets,omitempty"` // secret
	Settings  jsontext.Value `json:"settings"`          // an object
	times
}

type secret struct {
	Value     string    `json:"value"`
	CreatedAt time.Time `json:"createdAt"`
	IsPrivate bool      `json:"isPrivate,omitzero"` // chosen by an administrator; no answer shows it
}

type group struct {
	start
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	RoleARN     string `json:"roleArn,omitempty"`
	Precedence  *int   `json:"precedence,omitempty"`
	times
}

type image struct {
	start
	ID        string    `json:"id"`
	Client    string    `json:"client,omitempty"` // empty for all clients
	MediaType string    `json:"mediaType"`
	Content   []byte    `json:"content"`
	CreatedAt time.Time `json:"createdAt"`
}

type uiCustomization struct {
	start
	Client string `json:"client,omitempty"` // empty for all clients
	CSS    string `json:"css,omitempty"`
	Image  string `json:"image,omitempty"`
	times
}

type loginStyle struct {
	start
	ID                string       `json:"id"`
	Client            string       `json:"client"`
	UseProvidedValues bool         `json:"useProvidedValues"`
	Settings          string       `json:"settings,omitempty"` // JSON
	Assets            []loginAsset `json:"assets,omitempty"`
	times
}

type loginAsset struct {
	Category   api.AssetCategoryType   `json:"category"`
	ColorMode  api.ColorSchemeModeType `json:"colorMode"`
	Extension  api.AssetExtensionType  `json:"extension"`
	ResourceID string                  `json:"resourceId,omitempty"`
	Image      string                  `json:"image"`
}

type terms struct {
	start
	ID          string                   `json:"id"`
	Client      string                   `json:"client"`
	Name        string                   `json:"name"`
	Source      api.TermsSourceType      `json:"source"`
	Enforcement api.TermsEnforcementType `json:"enforcement"`
	Links       map[string]string        `json:"links"`
	times
}

type user struct {
	start
	Sub            string             `json:"sub"`
	Username       string             `json:"username"`
	Status         api.UserStatusType `json:"status"`
	Enabled        bool               `json:"enabled"`
	Attributes     map[string]string  `json:"attributes,omitempty"`
	Password       *password          `json:"password,omitempty"`         // secret
	Earlier        []password         `json:"earlierPasswords,omitempty"` // secret; the newest first
	NoPassword     bool               `json:"passwordDisabled,omitzero"`  // an administrator ended the sign-in with a password
	TemporaryUntil time.Time          `json:"temporaryUntil,omitzero"`    // when a temporary password expires
	SoftwareToken  *softwareToken     `json:"softwareToken,omitempty"`    // secret
	MFA            *mfa               `json:"mfa,omitempty"`
	Passkeys       []passkey          `json:"passkeys,omitempty"`
	Devices        []device           `json:"devices,omitempty"` // secret
	Groups         []membership       `json:"groups,omitempty"`
	Identities     []identity         `json:"identities,omitempty"`
	times
}

// password has either a verifier with its salt, or one of the hashes.
type password struct {
	Salt     []byte `json:"salt,omitempty"`     // of the verifier
	Verifier []byte `json:"verifier,omitempty"` // SRP, as Cognito's: 3072 bits
	Hash     string `json:"hash,omitempty"`     // argon2id, as a PHC string
	// Imported is a hash of another system: bcrypt, scrypt, argon2id or PBKDF2, in the form of docs/import.md.
	Imported string `json:"importedHash,omitempty"`
}

type softwareToken struct {
	ID           string `json:"id,omitempty"`
	Secret       string `json:"secret"` // base32, as in an otpauth URI
	FriendlyName string `json:"friendlyName,omitempty"`
}

type mfa struct {
	Enabled         []cognate.Factor `json:"enabled,omitempty"`
	Preferred       cognate.Factor   `json:"preferred,omitempty"`
	PasskeySuffices bool             `json:"passkeySuffices,omitzero"`
	SMSBySettings   bool             `json:"smsBySettings,omitzero"`
}

type passkey struct {
	ID             string    `json:"id"`        // base64url
	PublicKey      []byte    `json:"publicKey"` // COSE_Key
	BackupEligible bool      `json:"backupEligible,omitzero"`
	SignCount      uint32    `json:"signCount,omitzero"`
	RelyingPartyID string    `json:"relyingPartyId"`
	Name           string    `json:"name,omitempty"`
	Attachment     string    `json:"attachment,omitempty"`
	Transports     []string  `json:"transports,omitempty"` // at most 16, each of at most 32 bytes
	CreatedAt      time.Time `json:"createdAt"`
}

type device struct {
	Key             string    `json:"key"`
	GroupKey        string    `json:"groupKey"`
	Name            string    `json:"name,omitempty"`
	Salt            []byte    `json:"salt"`
	Verifier        []byte    `json:"verifier"` // SRP
	Remembered      bool      `json:"remembered,omitzero"`
	Trusted         bool      `json:"trusted,omitzero"` // a sign-in on it had a second factor
	LastIP          string    `json:"lastIp,omitempty"`
	AuthenticatedAt time.Time `json:"authenticatedAt,omitzero"`
	times
}

type membership struct {
	Name    string    `json:"name"`
	AddedAt time.Time `json:"addedAt"`
}

type identity struct {
	ProviderName string                       `json:"providerName"`
	ProviderType api.IdentityProviderTypeType `json:"providerType"`
	Attribute    string                       `json:"attribute"`
	Value        string                       `json:"value"`
	Issuer       string                       `json:"issuer,omitempty"`
	LinkedAt     time.Time                    `json:"linkedAt"`
}

type end struct {
	start
	Counts map[string]int `json:"counts"` // of the lines of each type between the header and this line
}
