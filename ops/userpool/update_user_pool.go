package userpool

import (
	"cmp"
	"context"
	"slices"

	"cognate"
	"cognate/api"
)

var (
	errMFAOnLater = api.InvalidParameterException("Cannot turn MFA functionality ON, once the user pool has been created.")
	// errPasskeyInPolicy refuses to let passkeys into a pool that requires MFA.
	errPasskeyInPolicy = api.InvalidParameterException(
		"WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA.")
	errUnusedAccountValidity = api.InvalidParameterException(
		"Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
	errRecoveryBySMS = api.InvalidParameterException("Invalid account recovery setting parameter. Account Recovery Setting " +
		"cannot use verified_phone_number as a recovery mechanism when SMS MFA is configured.")
)

// Defaults of a password policy (docs/behaviour.md §5.1).
const (
	defaultMinimumLength = 8
	defaultTemporaryDays = 7
)

// UpdateUserPool changes a pool's settings. Which of those that it doesn't name stay, and which go back to their
// defaults, is up to apply.
func (s *Service) UpdateUserPool(ctx context.Context, in *api.UpdateUserPoolInput) (*api.UpdateUserPoolOutput, error) {
	_, err := s.change(ctx, in.UserPoolId, func(pool *cognate.UserPool) error {
		if err := apply(pool, in); err != nil {
			return err
		}
		if err := changeMFAMode(pool, in.MfaConfiguration); err != nil {
			return err
		}
		if err := checkRecoveryBySMS(pool, in.AccountRecoverySetting); err != nil {
			return err
		}
		if pool.PasskeySkipsMFA() {
			return errPasskeyInPolicy
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.UpdateUserPoolOutput{}, nil
}

// apply gives a pool the settings of a request. Without a member in the request
//   - AutoVerifiedAttributes, LambdaConfig, DeviceConfiguration, UserPoolAddOns, AdminCreateUserConfig and
//     SmsAuthenticationMessage go back to their defaults;
//   - all others stay as they are, in Policies each of the two parts by itself.
//
// Source: docs/behaviour.md §5.4 for what was measured, the API reference for what goes back.
//
// Assumed: SmsConfiguration, UserPoolTags and the newer members stay if the request leaves them out. Otherwise an update
// could stop SMS codes, or a setting that a tag holds.
func apply(p *cognate.UserPool, in *api.UpdateUserPoolInput) error {
	p.AutoVerified = in.AutoVerifiedAttributes
	p.LambdaConfig = withPreTokenGeneration(in.LambdaConfig)
	p.DeviceTracking = in.DeviceConfiguration
	p.AdvancedSecurity = in.UserPoolAddOns
	p.SMSAuthenticationMessage = in.SmsAuthenticationMessage

	p.Name = cmp.Or(in.PoolName, p.Name)
	p.Tier = cmp.Or(in.UserPoolTier, p.Tier)
	p.SMSConfiguration = cmp.Or(in.SmsConfiguration, p.SMSConfiguration)
	if in.DeletionProtection != "" {
		p.DeletionProtection = in.DeletionProtection == api.DeletionProtectionTypeActive
	}
	if in.UserPoolTags != nil {
		p.Tags = in.UserPoolTags
	}
	if in.UserAttributeUpdateSettings != nil {
		p.VerifyBeforeUpdate = in.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate
	}
	if in.AccountRecoverySetting != nil {
		p.Recovery = in.AccountRecoverySetting.RecoveryMechanisms
	}
	if c := in.EmailConfiguration; c != nil {
		email := *c
		email.EmailSendingAccount = cmp.Or(c.EmailSendingAccount, api.EmailSendingAccountTypeCognitoDefault)
		p.EmailConfiguration = &email
	}
	p.DCRConfiguration = cmp.Or(in.DcrConfiguration, p.DCRConfiguration)
	p.KeyConfiguration = cmp.Or(in.KeyConfiguration, p.KeyConfiguration)
	p.IssuerConfiguration = cmp.Or(in.IssuerConfiguration, p.IssuerConfiguration)
	if in.AcrConfiguration != nil {
		p.ACRConfiguration = in.AcrConfiguration
	}
	applyMessages(p, in)
	applyPolicies(p, in.Policies)
	return applyAdminCreateUser(p, in)
}

// applyMessages sets the verification messages. Each text has two members; the template's goes before the one outside.
// Assumed: a text in VerificationMessageTemplate wins over the one outside. Terraform sends the new text in the template
// together with the old one outside.
func applyMessages(p *cognate.UserPool, in *api.UpdateUserPoolInput) {
	var sent api.VerificationMessageTemplateType
	kept := messagesOf(p)
	if in.VerificationMessageTemplate != nil {
		sent, kept = *in.VerificationMessageTemplate, api.VerificationMessageTemplateType{}
	}
	p.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
		SmsMessage:         cmp.Or(sent.SmsMessage, in.SmsVerificationMessage, kept.SmsMessage),
		EmailMessage:       cmp.Or(sent.EmailMessage, in.EmailVerificationMessage, kept.EmailMessage),
		EmailSubject:       cmp.Or(sent.EmailSubject, in.EmailVerificationSubject, kept.EmailSubject),
		EmailMessageByLink: cmp.Or(sent.EmailMessageByLink, kept.EmailMessageByLink),
		EmailSubjectByLink: cmp.Or(sent.EmailSubjectByLink, kept.EmailSubjectByLink),
		DefaultEmailOption: cmp.Or(sent.DefaultEmailOption, kept.DefaultEmailOption, api.DefaultEmailOptionTypeConfirmWithCode),
	}
}

func applyPolicies(p *cognate.UserPool, in *api.UserPoolPolicyType) {
	if in == nil {
		return
	}
	if s := in.SignInPolicy; s != nil && len(s.AllowedFirstAuthFactors) > 0 {
		p.FirstFactors = s.AllowedFirstAuthFactors
	}
	if in.PasswordPolicy != nil {
		p.PasswordPolicy = passwordPolicy(in.PasswordPolicy)
	}
}

// passwordPolicy reads a policy as a whole: what it doesn't require isn't required, however strict the default is. SDKs
// leave false out.
func passwordPolicy(in *api.PasswordPolicyType) cognate.PasswordPolicy {
	return cognate.PasswordPolicy{
		MinimumLength:                 valueOr(in.MinimumLength, defaultMinimumLength),
		RequireUppercase:              api.IsTrue(in.RequireUppercase),
		RequireLowercase:              api.IsTrue(in.RequireLowercase),
		RequireNumbers:                api.IsTrue(in.RequireNumbers),
		RequireSymbols:                api.IsTrue(in.RequireSymbols),
		TemporaryPasswordValidityDays: valueOr(in.TemporaryPasswordValidityDays, defaultTemporaryDays),
		TemporaryValiditySent:         in.TemporaryPasswordValidityDays != nil,
		HistorySize:                   valueOr(in.PasswordHistorySize, 0),
		HistorySent:                   in.PasswordHistorySize != nil,
	}
}

// applyAdminCreateUser sets who may create users. UnusedAccountValidityDays is the old name of
// TemporaryPasswordValidityDays, and closed to a pool that uses the new one.
func applyAdminCreateUser(p *cognate.UserPool, in *api.UpdateUserPoolInput) error {
	config := in.AdminCreateUserConfig
	if config == nil {
		config = new(api.AdminCreateUserConfigType)
	}
	p.AdminCreateOnly = api.IsTrue(config.AllowAdminCreateUserOnly)
	p.InviteMessageTemplate = config.InviteMessageTemplate
	if config.UnusedAccountValidityDays == nil {
		return nil
	}
	if p.PasswordPolicy.TemporaryValiditySent {
		return errUnusedAccountValidity
	}
	p.PasswordPolicy.TemporaryPasswordValidityDays = *config.UnusedAccountValidityDays
	return nil
}

// withPreTokenGeneration fills in the older and the newer name of the trigger from one another, as the service does.
// Source: API reference, LambdaConfigType.
func withPreTokenGeneration(in *api.LambdaConfigType) *api.LambdaConfigType {
	if in == nil {
		return nil
	}
	out := *in
	switch {
	case in.PreTokenGenerationConfig == nil && in.PreTokenGeneration != "":
		out.PreTokenGenerationConfig = &api.PreTokenGenerationVersionConfigType{
			LambdaArn: in.PreTokenGeneration, LambdaVersion: api.PreTokenGenerationLambdaVersionTypeV10,
		}
	case in.PreTokenGenerationConfig != nil && in.PreTokenGeneration == "":
		out.PreTokenGeneration = in.PreTokenGenerationConfig.LambdaArn
	}
	return &out
}

// changeMFAMode changes whether a pool asks for second factors; the empty mode leaves it. Only SetUserPoolMfaConfig knows
// factors other than SMS, and only it can require MFA from now on. Source: docs/behaviour.md §1.5.
func changeMFAMode(p *cognate.UserPool, mode api.UserPoolMfaType) error {
	switch {
	case mode == "" || mode == p.MFA.Mode:
		return nil
	case mode == api.UserPoolMfaTypeOff:
		p.MFA = cognate.MFAConfig{Mode: mode, WebAuthn: p.MFA.WebAuthn}
		return nil
	case p.MFA.Mode == api.UserPoolMfaTypeOff && p.SMSConfiguration == nil:
		return cognate.ErrSMSNeeded
	case mode == api.UserPoolMfaTypeOn:
		return errMFAOnLater
	case p.MFA.Mode == api.UserPoolMfaTypeOff:
		p.MFA.SMS = true
	}
	p.MFA.Mode = mode
	return nil
}

// checkRecoveryBySMS refuses a recovery setting that leaves users nothing but the phone that is their second factor: the
// setting names no email, or the pool verifies phone numbers and no email addresses.
// Assumed: the cases in which recovery by phone collides with SMS MFA (docs/behaviour.md §1.5). The text was recorded with
// both media in the setting and only phone_number verified. With both media and nothing verified Terraform's tests pass.
func checkRecoveryBySMS(p *cognate.UserPool, sent *api.AccountRecoverySettingType) error {
	if sent == nil || p.MFA.Mode != api.UserPoolMfaTypeOn || !p.MFA.SMS {
		return nil
	}
	uses := func(name api.RecoveryOptionNameType) bool {
		return slices.ContainsFunc(sent.RecoveryMechanisms, func(r api.RecoveryOptionType) bool { return r.Name == name })
	}
	phonesOnly := p.AutoVerifies(cognate.AttributePhone) && !p.AutoVerifies(cognate.AttributeEmail)
	if uses(api.RecoveryOptionNameTypeVerifiedPhoneNumber) && (phonesOnly || !uses(api.RecoveryOptionNameTypeVerifiedEmail)) {
		return errRecoveryBySMS
	}
	return nil
}
