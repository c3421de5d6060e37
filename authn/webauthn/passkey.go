// Package webauthn runs the two WebAuthn ceremonies of a relying party: registration, in which an authenticator makes a key
// pair for a user and hands over the public key, and assertion, in which it signs a challenge with the private one.
// Source: Web Authentication Level 3, sections 7.1 and 7.2. CBOR, COSE keys and signatures are go-webauthn's.
//
// It keeps nothing: challenges and credentials are for the caller to store, and so is who may register and sign in. What
// it does not do: attestation by certificates (who made the authenticator), extensions, and pages in foreign frames.
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

// Why a ceremony is refused.
var (
	// ErrMalformed says that a credential can't be read, or is of the other ceremony.
	ErrMalformed = errors.New("passkey: credential is malformed")
	// ErrChallenge says that a credential answers another challenge.
	ErrChallenge = errors.New("passkey: challenge does not match")
	// ErrOrigin says that the page that asked for a credential is none of the relying party's.
	ErrOrigin = errors.New("passkey: origin is not allowed")
	// ErrRelyingParty says that a credential belongs to another relying party.
	ErrRelyingParty = errors.New("passkey: relying party does not match")
	// ErrNotSupported says that an authenticator can't do what is asked of it: no key of a known algorithm, not
	// discoverable, an attestation of another kind, nobody there or nobody verified.
	ErrNotSupported = errors.New("passkey: authenticator is not supported")
	// ErrUnknown says that a credential is none of those that were asked for, or is another user's.
	ErrUnknown = errors.New("passkey: credential is not known")
	// ErrSignature says that a signature is not that of the credential's key.
	ErrSignature = errors.New("passkey: signature does not match")
	// ErrCloned says that a credential's counter did not go up: two authenticators have the key.
	ErrCloned = errors.New("passkey: signature counter went back")
)

const (
	challengeSize  = 32       // bytes; section 13.4.3 asks for at least 16
	maxCredential  = 64 << 10 // bytes of a credential's JSON text
	maxModulusBits = 8192     // of an RSA key, whose size is what a signature check costs
	minModulusBits = 2048
)

// RelyingParty is who asks for passkeys.
type RelyingParty struct {
	// ID is the domain that passkeys are bound to.
	ID string
	// VerifyUser says that an authenticator must verify its user by a PIN or the like; otherwise it should.
	VerifyUser bool
	// Apps are origins that are no pages: apps that belong to the relying party, as their platform names them.
	Apps []string
}

// Credential is a registered passkey.
type Credential struct {
	ID             []byte // the authenticator's name for it, up to 1023 bytes
	PublicKey      []byte // COSE_Key (RFC 9052), in canonical form
	SignCount      uint32 // as the authenticator last said; 0 when it doesn't count
	BackupEligible bool   // it may live on several devices of its user; never changes
	Transports     []string
	Attachment     string // "platform", "cross-platform" or empty when the client didn't say
	Provider       string // name of the product that keeps it; empty when not known
}

// NewChallenge returns a challenge for one ceremony.
func NewChallenge() []byte {
	challenge := make([]byte, challengeSize)
	_, _ = rand.Read(challenge) // never fails
	return challenge
}

// checkClientData checks what the client says about the ceremony (section 5.8.1): that it is the one of the challenge, on a
// page of the relying party.
func (rp RelyingParty) checkClientData(c *protocol.CollectedClientData, ceremony protocol.CeremonyType, challenge []byte) error {
	switch {
	case c.Type != ceremony:
		return fmt.Errorf("%w: ceremony %q", ErrMalformed, c.Type)
	case c.Challenge != base64.RawURLEncoding.EncodeToString(challenge):
		return ErrChallenge
	// A page in a frame of a foreign page may have its user click on what the user doesn't see.
	case !rp.allows(c.Origin), c.CrossOrigin, c.TopOrigin != "":
		return ErrOrigin
	}
	return nil
}

// checkAuthenticator checks what an authenticator says about itself: for whom it acts, and that its user was there.
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

// checkKey checks that a public key is one of the algorithms that the creation options name, of a sensible size.
func checkKey(public []byte) error {
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

// provider returns the name of the product that keeps a passkey, by its AAGUID.
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
