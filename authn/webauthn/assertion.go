package webauthn

import (
	"bytes"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
)

// Assertion is the use of a passkey as a client hands it over, read but not checked.
type Assertion struct {
	CredentialID []byte
	UserHandle   []byte // empty when the authenticator doesn't say
	parsed       *protocol.ParsedCredentialAssertionData
}

// ParseAssertion reads an AuthenticationResponseJSON (section 5.1.4). Errors: ErrMalformed.
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

// Verify checks that an assertion answers the challenge by the credential of the user with that handle, and returns the
// authenticator's new counter. The caller keeps it, in the step that uses the challenge up, and refuses the assertion if
// the counter that is kept by then is not below it, unless both are zero (see Advances).
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

// Advances reports whether a counter goes on from last to next as that of one authenticator does: up, or not at all where
// it doesn't count (section 7.2, step 22).
func Advances(last, next uint32) bool { return next > last || last == 0 && next == 0 }
