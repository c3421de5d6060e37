package cognate

import (
	"encoding/base64"
	"strings"
	"time"

	"cognate/api"
)

// MaxPasskeys is the largest number of passkeys of a user. Source: Developer Guide, quotas.
const MaxPasskeys = 20

// Credential is a passkey that a user has registered.
type Credential struct {
	PoolID    string
	Sub       string
	ID        CredentialID
	Key       CredentialKey
	SignCount uint32 // the last counter from the authenticator; 0 if the authenticator does not count
	Created   time.Time

	RelyingPartyID string // the domain of the passkey
	Name           string // of the passkey provider, for users
	Attachment     string // "platform", "cross-platform", or empty if the client did not send it
	Transports     []string
}

// CredentialKey is the part of a passkey that verifies signatures.
type CredentialKey struct {
	Public         []byte // COSE_Key
	BackupEligible bool   // the passkey can be on several devices of its user
}

// CredentialID is the ID that an authenticator gave a passkey, in base64url. It is unique in a pool.
type CredentialID string

// NewCredentialID returns the ID for the bytes of an authenticator.
func NewCredentialID(raw []byte) CredentialID {
	return CredentialID(base64.RawURLEncoding.EncodeToString(raw))
}

// Raw returns the bytes of the authenticator; nil if the ID is not base64url.
func (id CredentialID) Raw() []byte {
	raw, err := base64.RawURLEncoding.DecodeString(string(id))
	if err != nil {
		return nil
	}
	return raw
}

// PasskeyRegistration is a started registration of a passkey.
type PasskeyRegistration struct {
	PoolID, Sub string
	ClientID    string // of the request that started it
	Challenge   []byte // that the authenticator must sign
	Expires     time.Time
}

// PasskeysAreMultiFactor reports whether a passkey counts as two factors: possession, and a PIN or biometric check.
// Source: API reference, WebAuthnConfigurationType.
func (p *UserPool) PasskeysAreMultiFactor() bool {
	w := p.MFA.WebAuthn
	return w != nil && w.FactorConfiguration == api.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
}

// VerifiesPasskeyUsers reports whether an authenticator must verify its user, for example by a PIN.
//
// Assumed: if passkeys count as two factors, the authenticator must verify its user whatever UserVerification says, also at
// registration.
func (p *UserPool) VerifiesPasskeyUsers() bool {
	w := p.MFA.WebAuthn
	return p.PasskeysAreMultiFactor() || w != nil && w.UserVerification == api.UserVerificationTypeRequired
}

// PasskeyApps returns the origins of the apps, besides the pages of the relying party, that may use the pool's passkeys.
func (p *UserPool) PasskeyApps() []string { return strings.Fields(p.Tags[TagPasskeyApps]) }

// PasskeySuffices reports whether a sign-in with the user's passkey needs no second factor: passkeys of the pool are
// multi-factor, and the pool requires MFA or the user has set the preference.
// Source: API reference, WebAuthnMfaSettingsType.
func (u *User) PasskeySuffices(pool *UserPool) bool {
	return pool.PasskeysAreMultiFactor() && (pool.MFA.Mode == api.UserPoolMfaTypeOn || u.MFA.Passkey)
}
