package mfa

import (
	"context"

	"cognate"
	"cognate/api"
	"cognate/ops"
	"cognate/tokens"
)

// SetUserSettings switches SMS on or off as the signed-in user's second factor. SetUserMFAPreference replaces it.
func (s *Service) SetUserSettings(ctx context.Context, in *api.SetUserSettingsInput) (*api.SetUserSettingsOutput, error) {
	on, err := readMFAOptions(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	principal := tokens.PrincipalFrom(ctx)
	if err := s.Factors.SetSMS(ctx, principal.Pool, principal.User.Sub, on); err != nil {
		return nil, err
	}
	return &api.SetUserSettingsOutput{}, nil
}

// AdminSetUserSettings does the same for a user that the administrator names.
func (s *Service) AdminSetUserSettings(ctx context.Context, in *api.AdminSetUserSettingsInput) (*api.AdminSetUserSettingsOutput, error) {
	pool, user, err := ops.User(ctx, s.Store, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	on, err := readMFAOptions(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	if err := s.Factors.SetSMS(ctx, pool, user.Sub, on); err != nil {
		return nil, err
	}
	return &api.AdminSetUserSettingsOutput{}, nil
}

// readMFAOptions reports whether the options contain SMS, the only medium that they can name.
// Assumed: the text for options other than SMS to the phone number. An empty list switches SMS off.
func readMFAOptions(options []api.MFAOptionType) (sms bool, err error) {
	for _, option := range options {
		if option.DeliveryMedium != api.DeliveryMediumTypeSms || option.AttributeName != cognate.AttributePhone {
			return false, api.InvalidParameterException("Only SMS to phone_number is supported in MFAOptions.")
		}
	}
	return len(options) > 0, nil
}
