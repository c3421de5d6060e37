package cognate

import (
	"encoding/base64"
	"strings"
	"time"

	"cognate/api"
)

// MaxPasskeys is how many passkeys a user can have. Source: Developer Guide, quotas.
const MaxPasskeys = 20

// Credential is a passkey that a user has registered.
type Credential struct {
	PoolID    string
	Sub       string
	ID        CredentialID
	Key       CredentialKey
	SignCount uint32 // as the authenticator last said; 0 when it doesn't count
	Created   time.Time

	RelyingPartyID string // the domain that it is bound to
	Name           string // for people: what keeps it
	Attachment     string // "platform", "cross-platform" or empty when the client didn't say
	Transports     []string
}

// CredentialKey is the part of a passkey that signatures are checked by.
type CredentialKey struct {
	Public         []byte // COSE_Key
	BackupEligible bool   // it may live on several devices of its user
}

// CredentialID is an authenticator's name for a passkey, in base64url: unique in a pool.
type CredentialID string

// NewCredentialID returns the name of the bytes that an authenticator gave.
func NewCredentialID(raw []byte) CredentialID {
	return CredentialID(base64.RawURLEncoding.EncodeToString(raw))
}

// Raw returns the bytes that the authenticator gave; nothing when the name is none of an authenticator's.
func (id CredentialID) Raw() []byte {
	raw, err := base64.RawURLEncoding.DecodeString(string(id))
	if err != nil {
		return nil
	}
	return raw
}

// PasskeyRegistration is a passkey's registration on its way: what was asked of the authenticator.
type PasskeyRegistration struct {
	PoolID, Sub string
	ClientID    string // that began it
	Challenge   []byte
	Expires     time.Time
}

// PasskeysAreMultiFactor reports whether a passkey counts as two factors: something that its user has, and knows or is.
// Source: API reference, WebAuthnConfigurationType.
func (p *UserPool) PasskeysAreMultiFactor() bool {
	w := p.MFA.WebAuthn
	return w != nil && w.FactorConfiguration == api.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
}

// VerifiesPasskeyUsers reports whether an authenticator must verify its user, by a PIN or the like.
//
// Assumed: if passkeys count as two factors, the authenticator must verify its user whatever UserVerification says, also at
// registration.
func (p *UserPool) VerifiesPasskeyUsers() bool {
	w := p.MFA.WebAuthn
	return p.PasskeysAreMultiFactor() || w != nil && w.UserVerification == api.UserVerificationTypeRequired
}

// PasskeyApps returns the origins of the apps, besides the pages of the relying party, that may use the pool's passkeys.
func (p *UserPool) PasskeyApps() []string { return strings.Fields(p.Tags[TagPasskeyApps]) }

// PasskeySuffices reports whether the user's passkey stands for the second factor as well: the pool lets it, and requires
// MFA of everybody, or the user has chosen so. Source: API reference, WebAuthnMfaSettingsType.
func (u *User) PasskeySuffices(pool *UserPool) bool {
	return pool.PasskeysAreMultiFactor() && (pool.MFA.Mode == api.UserPoolMfaTypeOn || u.MFA.Passkey)
}
