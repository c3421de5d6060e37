package factor

import (
	"context"

	"cognate"
	"cognate/account"
	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// SetUserMFAPreference switches the signed-in user's factors on, off and preferred.
func (s *Service) SetUserMFAPreference(ctx context.Context, in *api.SetUserMFAPreferenceInput) (*api.SetUserMFAPreferenceOutput, error) {
	settings, err := readSettings(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings)
	if err != nil {
		return nil, err
	}
	principal := tokens.PrincipalFrom(ctx)
	if err := s.Factors.SetPreference(ctx, principal.Pool, principal.User.Sub, settings); err != nil {
		return nil, err
	}
	return &api.SetUserMFAPreferenceOutput{}, nil
}

// AdminSetUserMFAPreference does the same for any user of the pool.
func (s *Service) AdminSetUserMFAPreference(ctx context.Context, in *api.AdminSetUserMFAPreferenceInput) (*api.AdminSetUserMFAPreferenceOutput, error) {
	settings, err := readSettings(in.SMSMfaSettings, in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.WebAuthnMfaSettings)
	if err != nil {
		return nil, err
	}
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if err := s.Factors.SetPreference(ctx, pool, user.Sub, settings); err != nil {
		return nil, err
	}
	return &api.AdminSetUserMFAPreferenceOutput{}, nil
}

// readSettings returns the blocks that were sent; a flag that was not sent is off.
func readSettings(sms *api.SMSMfaSettingsType, token *api.SoftwareTokenMfaSettingsType, email *api.EmailMfaSettingsType, passkey *api.WebAuthnMfaSettingsType) ([]account.FactorSetting, error) {
	if passkey != nil {
		return nil, api.InvalidParameterException("WebAuthnMfaSettings is not built in this version of Cognate.")
	}
	var settings []account.FactorSetting
	add := func(factor cognate.Factor, enabled, preferred *bool) {
		settings = append(settings, account.FactorSetting{Factor: factor, Enabled: api.IsTrue(enabled), Preferred: api.IsTrue(preferred)})
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
	return settings, nil
}
