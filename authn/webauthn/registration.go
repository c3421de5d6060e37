package webauthn

import (
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// transports are the transports that a client may name (section 5.8.4). Others are dropped.
var transports = [...]string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"}

// Registration is a new credential as a client sends it: parsed but not checked.
type Registration struct {
	parsed *protocol.ParsedCredentialCreationData
}

// ParseRegistration parses a RegistrationResponseJSON (section 5.1.3). Errors: ErrMalformed.
func ParseRegistration(text []byte) (*Registration, error) {
	if len(text) > maxCredential {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(text))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &Registration{parsed}, nil
}

// Verify checks that a registration answers the challenge, and returns the new passkey.
// Errors: ErrMalformed, ErrChallenge, ErrOrigin, ErrRelyingParty, ErrNotSupported. Source: section 7.1.
func (r *Registration) Verify(rp RelyingParty, challenge []byte) (Credential, error) {
	client, attestation := &r.parsed.Response.CollectedClientData, &r.parsed.Response.AttestationObject
	if err := rp.checkClientData(client, protocol.CreateCeremony, challenge); err != nil {
		return Credential{}, err
	}
	if err := rp.checkAuthenticator(&attestation.AuthData); err != nil {
		return Credential{}, err
	}
	if err := CheckKey(attestation.AuthData.AttData.CredentialPublicKey); err != nil {
		return Credential{}, err
	}
	if err := r.checkKind(); err != nil {
		return Credential{}, err
	}
	_, err := r.parsed.Verify(client.Challenge, rp.ID, []string{client.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, rp.VerifyUser, true, nil, keyParameters(), protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return Credential{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return r.credential(), nil
}

// checkKind rejects passkeys that are not discoverable, and attestations by certificates. The creation options request no
// attestation, so only "none" and an attestation by the new key itself are possible.
func (r *Registration) checkKind() error {
	if p := r.parsed.ClientExtensionResults.CredProps; p != nil && p.RK != nil && !*p.RK {
		return fmt.Errorf("%w: not discoverable", ErrNotSupported)
	}
	attestation := &r.parsed.Response.AttestationObject
	_, certified := attestation.AttStatement["x5c"]
	switch protocol.AttestationFormat(attestation.Format) {
	case protocol.AttestationFormatNone:
		return nil
	case protocol.AttestationFormatPacked:
		if !certified {
			return nil
		}
	}
	return fmt.Errorf("%w: attestation %q", ErrNotSupported, attestation.Format)
}

func (r *Registration) credential() Credential {
	data := &r.parsed.Response.AttestationObject.AuthData
	c := Credential{
		ID: data.AttData.CredentialID, PublicKey: data.AttData.CredentialPublicKey, SignCount: data.Counter,
		BackupEligible: data.Flags.HasBackupEligible(), Attachment: string(r.parsed.AuthenticatorAttachment),
		Provider: provider(data.AttData.AAGUID),
	}
	for _, t := range r.parsed.Response.Transports {
		if name := string(t); slices.Contains(transports[:], name) && !slices.Contains(c.Transports, name) {
			c.Transports = append(c.Transports, name)
		}
	}
	return c
}

func keyParameters() []protocol.CredentialParameter {
	return []protocol.CredentialParameter{
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
		{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
	}
}
