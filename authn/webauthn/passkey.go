// Package webauthn runs the two WebAuthn ceremonies of a relying party. In a registration, an authenticator makes a key
// pair for a user and returns the public key. In an assertion, it signs a challenge with the private key. Source: Web
// Authentication Level 3, sections 7.1 and 7.2. CBOR, COSE keys and signatures come from go-webauthn.
//
// The package stores nothing: the caller stores challenges and credentials, and decides who may register and sign in. It
// does not support attestation by certificates, extensions, and pages in frames of other origins.
package webauthn

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// The reasons to reject a ceremony.
var (
	// ErrMalformed means that the credential cannot be parsed, or belongs to the other ceremony.
	ErrMalformed = errors.New("webauthn: credential is malformed")
	// ErrChallenge means that the credential answers another challenge.
	ErrChallenge = errors.New("webauthn: challenge does not match")
	// ErrOrigin means that the page that requested the credential does not belong to the relying party.
	ErrOrigin = errors.New("webauthn: origin is not allowed")
	// ErrRelyingParty means that the credential belongs to another relying party.
	ErrRelyingParty = errors.New("webauthn: relying party does not match")
	// ErrNotSupported means that the authenticator does not meet the requirements. Its key has an unknown algorithm, its
	// passkey is not discoverable, its attestation is of another kind, or the user is not present or not verified.
	ErrNotSupported = errors.New("webauthn: authenticator is not supported")
	// ErrUnknown means that the credential is not one of those requested, or belongs to another user.
	ErrUnknown = errors.New("webauthn: credential is not known")
	// ErrSignature means that the credential's key did not make the signature.
	ErrSignature = errors.New("webauthn: signature does not match")
	// ErrCloned means that the credential's counter did not increase, so two authenticators have the key.
	ErrCloned = errors.New("webauthn: signature counter went back")
)

const (
	challengeSize  = 32       // bytes; section 13.4.3 requires at least 16
	maxCredential  = 64 << 10 // bytes of a credential's JSON text
	maxModulusBits = 8192     // of an RSA key; its size determines the cost of checking a signature
	minModulusBits = 2048
)

// RelyingParty is the site that requests passkeys.
type RelyingParty struct {
	// ID is the domain that passkeys are bound to.
	ID string
	// VerifyUser requires that the authenticator verifies its user, for example by a PIN. Otherwise it is preferred.
	VerifyUser bool
	// Apps are origins of the relying party's apps, which are not web pages, in the form of their platform.
	Apps []string
}

// Credential is a registered passkey.
type Credential struct {
	ID             []byte // chosen by the authenticator, up to 1023 bytes
	PublicKey      []byte // COSE_Key (RFC 9052), in canonical form
	SignCount      uint32 // as the authenticator last sent it; 0 if it does not count
	BackupEligible bool   // the passkey may exist on several devices of its user; never changes
	Transports     []string
	Attachment     string // "platform", "cross-platform", or "" if the client did not send it
	Provider       string // name of the product that stores the passkey; "" if unknown
}

// NewChallenge returns a challenge for one ceremony.
func NewChallenge() []byte {
	challenge := make([]byte, challengeSize)
	_, _ = rand.Read(challenge) // never fails
	return challenge
}

// checkClientData checks the client's data about the ceremony (section 5.8.1): its type, its challenge, and an origin of
// the relying party.
func (rp RelyingParty) checkClientData(c *protocol.CollectedClientData, ceremony protocol.CeremonyType, challenge []byte) error {
	switch {
	case c.Type != ceremony:
		return fmt.Errorf("%w: ceremony %q", ErrMalformed, c.Type)
	case c.Challenge != base64.RawURLEncoding.EncodeToString(challenge):
		return ErrChallenge
	// A page in a frame of another site could trick its user into clicking on something that the user does not see.
	case !rp.allows(c.Origin), c.CrossOrigin, c.TopOrigin != "":
		return ErrOrigin
	}
	return nil
}

// checkAuthenticator checks the authenticator's data: the relying party, and that the user was present.
func (rp RelyingParty) checkAuthenticator(a *protocol.AuthenticatorData) error {
	flags := a.Flags
	switch {
	case [sha256.Size]byte(a.RPIDHash) != sha256.Sum256([]byte(rp.ID)):
		return ErrRelyingParty
	case !flags.HasUserPresent():
		return fmt.Errorf("%w: no user present", ErrNotSupported)
	case rp.VerifyUser && !flags.HasUserVerified():
		return fmt.Errorf("%w: user not verified", ErrNotSupported)
	case flags.HasBackupState() && !flags.HasBackupEligible(): // section 6.1.3
		return fmt.Errorf("%w: backed up, but not eligible", ErrMalformed)
	}
	return nil
}

// CheckKey checks that a public key (COSE_Key) has an algorithm that the creation options name, and an allowed size. Errors:
// ErrNotSupported.
func CheckKey(public []byte) error {
	key, err := webauthncose.ParsePublicKey(public)
	if err != nil {
		return fmt.Errorf("%w: public key: %w", ErrNotSupported, err)
	}
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		if k.Algorithm == algES256 && webauthncose.COSEEllipticCurve(k.Curve) == webauthncose.P256 {
			return nil
		}
	case webauthncose.RSAPublicKeyData:
		bits := 8 * len(k.Modulus)
		if k.Algorithm == algRS256 && bits >= minModulusBits && bits <= maxModulusBits {
			return nil
		}
	}
	return fmt.Errorf("%w: public key of another algorithm or size", ErrNotSupported)
}

// provider returns the name of the product that stores a passkey, by its AAGUID.
func provider(aaguid []byte) string {
	return map[string]string{
		"ea9b8d664d011d213ce4b6b48cb575d4": "Google Password Manager",
		"fbfc3007154e4ecc8c0b6e020557d7bd": "iCloud Keychain",
		"dd4ec289e01d41c9bb8970fa845d4bf2": "iCloud Keychain (Managed)",
		"08987058cadc4b81b6e130de50dcbe96": "Windows Hello",
		"9ddd1817af5a4672a2b93e3dd95000a9": "Windows Hello",
		"6028b017b1d44c02b4b3afcdafc96bb2": "Windows Hello",
		"adce000235bcc60a648b0b25f1f05503": "Chrome on Mac",
		"bada5566a7aa401fbd9645619a55120d": "1Password",
		"d548826e79b4db40a3d811116f7e8349": "Bitwarden",
		"531126d6e717415c93203d9aa6981239": "Dashlane",
		"53414d53554e47000000000000000000": "Samsung Pass",
	}[hex.EncodeToString(aaguid)]
}
