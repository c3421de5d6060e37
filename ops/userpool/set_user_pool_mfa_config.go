package userpool

import (
	"cmp"
	"context"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn"
)

var (
	errMFAOffWithFactors = api.InvalidParameterException(
		"Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	errMFAWithoutFactors = api.InvalidParameterException(
		"Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.")
	// errPasskeyUnderMFA: the request would require MFA in a pool where a passkey is a single factor.
	errPasskeyUnderMFA = api.InvalidParameterException("Cannot set WebAuthn factor configuration to SINGLE_FACTOR " +
		"if MFA is required and WebAuthn is an allowed first auth factor")
	errRelyingPartyID = api.InvalidParameterException("Relying party ID must be a domain name.") // Assumed: the text for a relying party ID that is no domain.
)

// SetUserPoolMfaConfig replaces a pool's MFA configuration. It switches off factors that the request does not contain. A
// request without a mode switches MFA off. A request without SmsMfaConfiguration removes the pool's SMS configuration and
// keeps the text of the message: Terraform's provider leaves the member out, and its next plan is empty.
//
// Assumed: a pool that signs users in with a code by SMS keeps its SMS configuration.
//
// Source: docs/behaviour.md §1.5.
func (s *Service) SetUserPoolMfaConfig(ctx context.Context, in *api.SetUserPoolMfaConfigInput) (*api.SetUserPoolMfaConfigOutput, error) {
	pool, err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		mfa, err := mfaFromWire(in)
		if err != nil {
			return err
		}
		pool.MFA = mfa
		if sms := in.SmsMfaConfiguration; sms != nil {
			pool.SMSConfiguration = cmp.Or(sms.SmsConfiguration, pool.SMSConfiguration)
			pool.SMSAuthenticationMessage = sms.SmsAuthenticationMessage
		} else if !pool.AllowsFirst(api.AuthFactorTypeSmsOtp) {
			pool.SMSConfiguration = nil
		}
		if pool.PasskeySkipsMFA() {
			return errPasskeyUnderMFA
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := api.SetUserPoolMfaConfigOutput(*mfaToWire(pool))
	return &out, nil
}

// mfaFromWire returns the configuration in a request. A factor is on if its block is present, except the software token, whose
// block has a flag.
func mfaFromWire(in *api.SetUserPoolMfaConfigInput) (cognate.MFAConfig, error) {
	mfa := cognate.MFAConfig{
		Mode:              cmp.Or(in.MfaConfiguration, api.UserPoolMfaTypeOff),
		SoftwareTokenSent: in.SoftwareTokenMfaConfiguration != nil,
		SMS:               in.SmsMfaConfiguration != nil,
		Email:             in.EmailMfaConfiguration,
		WebAuthn:          in.WebAuthnConfiguration,
	}
	if mfa.SoftwareTokenSent {
		mfa.SoftwareToken = api.IsTrue(in.SoftwareTokenMfaConfiguration.Enabled)
	}
	if w := mfa.WebAuthn; w != nil && w.RelyingPartyId != "" && !webauthn.IsRelyingPartyID(w.RelyingPartyId) {
		return mfa, errRelyingPartyID
	}
	off, factors := mfa.Mode == api.UserPoolMfaTypeOff, mfa.SoftwareTokenSent || mfa.SMS || mfa.Email != nil
	switch {
	case off && factors:
		return mfa, errMFAOffWithFactors
	case !off && !factors:
		return mfa, errMFAWithoutFactors
	}
	return mfa, nil
}
