package mfa

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// SetUserMFAPreference switches the signed-in user's factors on and off, and sets the preferred one.
func (s *Service) SetUserMFAPreference(ctx context.Context, in *api.SetUserMFAPreferenceInput) (*api.SetUserMFAPreferenceOutput, error) {
	wanted := readPreference(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings)
	principal := tokens.PrincipalFrom(ctx)
	if err := s.Factors.SetPreference(ctx, principal.Pool, principal.User.Sub, wanted); err != nil {
		return nil, err
	}
	return &api.SetUserMFAPreferenceOutput{}, nil
}

// AdminSetUserMFAPreference does the same for a user that the administrator names.
func (s *Service) AdminSetUserMFAPreference(ctx context.Context, in *api.AdminSetUserMFAPreferenceInput) (*api.AdminSetUserMFAPreferenceOutput, error) {
	wanted := readPreference(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings)
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Factors.SetPreference(ctx, pool, user.Sub, wanted); err != nil {
		return nil, err
	}
	return &api.AdminSetUserMFAPreferenceOutput{}, nil
}

// readPreference returns the blocks of the request. A missing flag is off.
func readPreference(sms *api.SMSMfaSettingsType, token *api.SoftwareTokenMfaSettingsType, email *api.EmailMfaSettingsType, passkey *api.WebAuthnMfaSettingsType) account.Preference {
	var wanted account.Preference
	add := func(factor cognate.Factor, enabled, preferred *bool) {
		wanted.Factors = append(wanted.Factors, account.FactorSetting{Factor: factor, Enabled: api.IsTrue(enabled), Preferred: api.IsTrue(preferred)})
	}
	if sms != nil {
		add(cognate.FactorSMS, sms.Enabled, sms.PreferredMfa)
	}
	if token != nil {
		add(cognate.FactorSoftwareToken, token.Enabled, token.PreferredMfa)
	}
	if email != nil {
		add(cognate.FactorEmail, email.Enabled, email.PreferredMfa)
	}
	if passkey != nil {
		wanted.Passkey = new(api.IsTrue(passkey.Enabled))
	}
	return wanted
}
