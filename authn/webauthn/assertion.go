package webauthn

import (
	"bytes"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
)

// Assertion is the use of a passkey as a client sends it: parsed but not checked.
type Assertion struct {
	CredentialID []byte
	UserHandle   []byte // empty if the authenticator does not return it
	parsed       *protocol.ParsedCredentialAssertionData
}

// ParseAssertion parses an AuthenticationResponseJSON (section 5.1.4). Errors: ErrMalformed.
func ParseAssertion(text []byte) (*Assertion, error) {
	if len(text) > maxCredential {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(text))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return &Assertion{CredentialID: parsed.RawID, UserHandle: parsed.Response.UserHandle, parsed: parsed}, nil
}

// Verify checks that an assertion answers the challenge with credential c of the user with this handle. It returns the
// authenticator's new counter. The caller stores the counter in the transaction that consumes the challenge. There it
// rejects the assertion if Advances is false for the stored counter, because another request may have changed it.
// Errors: ErrMalformed, ErrChallenge, ErrOrigin, ErrRelyingParty, ErrNotSupported, ErrUnknown, ErrSignature, ErrCloned.
// Source: section 7.2.
func (a *Assertion) Verify(rp RelyingParty, challenge []byte, c Credential, handle []byte) (signCount uint32, err error) {
	client, data := &a.parsed.Response.CollectedClientData, &a.parsed.Response.AuthenticatorData
	if err := rp.checkClientData(client, protocol.AssertCeremony, challenge); err != nil {
		return 0, err
	}
	if err := rp.checkAuthenticator(data); err != nil {
		return 0, err
	}
	switch {
	case !bytes.Equal(a.CredentialID, c.ID):
		return 0, ErrUnknown
	case len(a.UserHandle) > 0 && !bytes.Equal(a.UserHandle, handle):
		return 0, ErrUnknown
	case data.Flags.HasBackupEligible() != c.BackupEligible: // section 7.2, step 18
		return 0, fmt.Errorf("%w: backup eligibility has changed", ErrMalformed)
	}
	err = a.parsed.Verify(client.Challenge, rp.ID, "", []string{client.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, rp.VerifyUser, true, c.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if !Advances(c.SignCount, data.Counter) {
		return 0, ErrCloned
	}
	return data.Counter, nil
}

// Advances reports whether a counter can go from last to next in one authenticator: it increases, or it stays zero if the
// authenticator does not count (section 7.2, step 22).
func Advances(last, next uint32) bool { return next > last || last == 0 && next == 0 }
