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
	// errPasskeyInPolicy: the request would allow passkeys as a single factor in a pool that requires MFA.
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

// UpdateUserPool changes a pool's settings. See apply for members that are missing in the request.
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

// apply sets the settings of a request. For a member that is missing in the request:
//   - AutoVerifiedAttributes, LambdaConfig, DeviceConfiguration, UserPoolAddOns, AdminCreateUserConfig and
//     SmsAuthenticationMessage are reset to their defaults;
//   - all others do not change. The two parts of Policies are independent.
//
// Source: docs/behaviour.md §5.4 for measured behaviour, the API reference for the members that are reset.
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
	if in.DcrConfiguration != nil {
		p.DCRConfiguration = registrationFromWire(*in.DcrConfiguration)
	}
	if c := in.KeyConfiguration; c != nil {
		p.KeyConfiguration = &api.KeyConfigurationType{KeyType: cmp.Or(c.KeyType, api.EncryptionKeyTypeAwsOwnedKey), KmsKeyArn: c.KmsKeyArn}
	}
	if c := in.IssuerConfiguration; c != nil {
		p.IssuerConfiguration = &api.IssuerConfigurationType{Type: cmp.Or(c.Type, api.IssuerTypeOriginal)}
	}
	if in.AcrConfiguration != nil {
		p.ACRConfiguration = in.AcrConfiguration
	}
	applyMessages(p, in)
	applyPolicies(p, in.Policies)
	return applyAdminCreateUser(p, in)
}

// registrationFromWire fills in the members that a request leaves out. An empty list stays empty: it refuses registrations.
// Source: docs/behaviour.md §7.7.
func registrationFromWire(c api.DcrConfigurationType) *api.DcrConfigurationType {
	c.EnableStatus = cmp.Or(c.EnableStatus, api.StatusTypeEnabled)
	c.OpenDcrEnabled = new(api.IsTrue(c.OpenDcrEnabled))
	if c.AuthenticatedGrantTypes == nil {
		c.AuthenticatedGrantTypes = []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeClientCredentials}
	}
	if c.OpenDcrGrantTypes == nil {
		c.OpenDcrGrantTypes = []api.OAuthFlowType{api.OAuthFlowTypeCode}
	}
	return &c
}

// applyMessages sets the verification messages. Each text has two members, in the template and outside.
// Assumed: a text in VerificationMessageTemplate wins over the one outside. Terraform sends the new text in the template
// together with the old one outside.
func applyMessages(p *cognate.UserPool, in *api.UpdateUserPoolInput) {
	var sent api.VerificationMessageTemplateType
	old := messagesOf(p)
	if in.VerificationMessageTemplate != nil {
		sent, old = *in.VerificationMessageTemplate, api.VerificationMessageTemplateType{}
	}
	p.VerificationMessageTemplate = &api.VerificationMessageTemplateType{
		SmsMessage:         cmp.Or(sent.SmsMessage, in.SmsVerificationMessage, old.SmsMessage),
		EmailMessage:       cmp.Or(sent.EmailMessage, in.EmailVerificationMessage, old.EmailMessage),
		EmailSubject:       cmp.Or(sent.EmailSubject, in.EmailVerificationSubject, old.EmailSubject),
		EmailMessageByLink: cmp.Or(sent.EmailMessageByLink, old.EmailMessageByLink),
		EmailSubjectByLink: cmp.Or(sent.EmailSubjectByLink, old.EmailSubjectByLink),
		DefaultEmailOption: cmp.Or(sent.DefaultEmailOption, old.DefaultEmailOption, api.DefaultEmailOptionTypeConfirmWithCode),
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

// passwordPolicy returns the policy in a request. A missing requirement is off, although the default policy has it, because
// SDKs leave out false. A TemporaryPasswordValidityDays of 0 is the same as none (docs/behaviour.md §5.1).
func passwordPolicy(in *api.PasswordPolicyType) cognate.PasswordPolicy {
	temporaryDays := valueOr(in.TemporaryPasswordValidityDays, 0)
	return cognate.PasswordPolicy{
		MinimumLength:                 valueOr(in.MinimumLength, defaultMinimumLength),
		RequireUppercase:              api.IsTrue(in.RequireUppercase),
		RequireLowercase:              api.IsTrue(in.RequireLowercase),
		RequireNumbers:                api.IsTrue(in.RequireNumbers),
		RequireSymbols:                api.IsTrue(in.RequireSymbols),
		TemporaryPasswordValidityDays: cmp.Or(temporaryDays, defaultTemporaryDays),
		TemporaryValiditySent:         temporaryDays != 0,
		HistorySize:                   valueOr(in.PasswordHistorySize, 0),
		HistorySent:                   in.PasswordHistorySize != nil,
	}
}

// applyAdminCreateUser sets AdminCreateUserConfig. UnusedAccountValidityDays is the old name of TemporaryPasswordValidityDays. It
// is rejected in a pool that uses the new name.
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

// withPreTokenGeneration fills in the missing one of the two members for the trigger, as the service does.
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

// changeMFAMode changes the MFA mode of a pool. An empty mode changes nothing. Only SetUserPoolMfaConfig can switch on factors
// other than SMS and set the mode ON. Source: docs/behaviour.md §1.5.
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

// checkRecoveryBySMS rejects a recovery setting if users could recover only by the phone that is their second factor: the
// setting does not contain email, or the pool verifies phone numbers and no email addresses.
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
