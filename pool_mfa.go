package cognate

import (
	"slices"

	"cognate/api"
)

// MFAConfig says whether the pool requires a second factor, and which ones it offers.
type MFAConfig struct {
	Mode          api.UserPoolMfaType // OFF, OPTIONAL or ON; never empty
	SoftwareToken bool
	// SoftwareTokenSent distinguishes an explicit Enabled=false from a missing block. GetUserPoolMfaConfig returns the former.
	SoftwareTokenSent bool
	SMS               bool
	Email             *api.EmailMfaConfigType
	WebAuthn          *api.WebAuthnConfigurationType
}

// ErrSMSNeeded is the error for a request that switches MFA on without an available factor. CreateUserPool and
// UpdateUserPool offer SMS only.
var ErrSMSNeeded = api.InvalidParameterException(
	"SMS configuration and Auto verification for phone_number are required when MFA is required/optional")

func (p *UserPool) checkMFA() error {
	if p.MFA.SMS && p.SMSConfiguration == nil {
		return ErrSMSNeeded
	}
	if p.MFA.Email != nil && !p.sendsAsDeveloper() {
		return api.InvalidParameterException("Cannot set EmailMfaConfiguration when user pool EmailConfiguration " +
			"contains an EmailSendingAccount of COGNITO_DEFAULT")
	}
	// A sign-in that starts with a one-time password has no second factor.
	oneTime := slices.Contains(p.FirstFactors, api.AuthFactorTypeEmailOtp) ||
		slices.Contains(p.FirstFactors, api.AuthFactorTypeSmsOtp)
	if p.MFA.Mode == api.UserPoolMfaTypeOn && oneTime {
		return api.InvalidParameterException(
			"Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled")
	}
	return nil
}

// PasskeySkipsMFA reports whether the pool requires MFA, but a sign-in with a passkey would need only that one factor. No
// stored pool is in this state. The error depends on the setting that the request changes.
func (p *UserPool) PasskeySkipsMFA() bool {
	return p.MFA.Mode == api.UserPoolMfaTypeOn && p.AllowsFirst(api.AuthFactorTypeWebAuthn) && !p.PasskeysAreMultiFactor()
}

// ReplacesTokenOnVerify reports whether a user's software token stays active after AssociateSoftwareToken until the new one
// is verified. Otherwise AssociateSoftwareToken removes it.
func (p *UserPool) ReplacesTokenOnVerify() bool {
	return p.Tags[TagSoftwareTokenReplacement] == replaceOnVerify
}

// HasMFAAfterCustom reports whether the pool's MFA also holds after a custom sign-in without a password.
// Source: docs/behaviour.md §2.6: without a password there is no MFA.
// Assumed: a pool that requires MFA requires it after a custom sign-in without a password too, unless the tag
// cognate:custom-auth-mfa says otherwise.
func (p *UserPool) HasMFAAfterCustom() bool {
	switch p.Tags[TagCustomAuthMFA] {
	case customMFANever:
		return false
	case customMFAAlways:
		return true
	default:
		return p.MFA.Mode == api.UserPoolMfaTypeOn
	}
}
