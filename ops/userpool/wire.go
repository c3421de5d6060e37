package userpool

import (
	"cognate"
	"cognate/api"
)

// toWire returns a pool in the shape of the API. users is the number of its users.
func toWire(p *cognate.UserPool, users int) *api.UserPoolType {
	messages := messagesOf(p)
	return &api.UserPoolType{
		Id:                          p.ID,
		Name:                        p.Name,
		Arn:                         p.ARN(),
		Policies:                    policiesToWire(p),
		DeletionProtection:          deletionProtection(p),
		LambdaConfig:                lambdaConfig(p),
		LastModifiedDate:            api.EpochOf(p.ModifiedAt),
		CreationDate:                api.EpochOf(p.CreatedAt),
		SchemaAttributes:            p.Schema,
		AutoVerifiedAttributes:      orNil(p.AutoVerified),
		AliasAttributes:             orNil(p.AliasAttributes),
		UsernameAttributes:          orNil(p.UsernameAttributes),
		SmsVerificationMessage:      messages.SmsMessage,
		EmailVerificationMessage:    messages.EmailMessage,
		EmailVerificationSubject:    messages.EmailSubject,
		VerificationMessageTemplate: &messages,
		SmsAuthenticationMessage:    p.SMSAuthenticationMessage,
		UserAttributeUpdateSettings: updateSettings(p),
		MfaConfiguration:            p.MFA.Mode,
		DeviceConfiguration:         p.DeviceTracking,
		EstimatedNumberOfUsers:      &users,
		EmailConfiguration:          p.EmailConfiguration,
		SmsConfiguration:            p.SMSConfiguration,
		UserPoolTags:                tagsToWire(p.Tags),
		AdminCreateUserConfig:       adminCreateUserConfig(p),
		UserPoolAddOns:              p.AdvancedSecurity,
		UsernameConfiguration:       usernameConfiguration(p),
		AccountRecoverySetting:      recoverySetting(p),
		UserPoolTier:                p.Tier,
		DcrConfiguration:            p.DCRConfiguration,
		KeyConfiguration:            p.KeyConfiguration,
		IssuerConfiguration:         p.IssuerConfiguration,
		AcrConfiguration:            p.ACRLevels(),
	}
}

// messagesOf returns a pool's verification messages.
func messagesOf(p *cognate.UserPool) api.VerificationMessageTemplateType {
	if p.VerificationMessageTemplate == nil {
		return api.VerificationMessageTemplateType{DefaultEmailOption: api.DefaultEmailOptionTypeConfirmWithCode}
	}
	return *p.VerificationMessageTemplate
}

func policiesToWire(p *cognate.UserPool) *api.UserPoolPolicyType {
	policy := p.PasswordPolicy
	password := &api.PasswordPolicyType{
		MinimumLength:                 &policy.MinimumLength,
		RequireUppercase:              &policy.RequireUppercase,
		RequireLowercase:              &policy.RequireLowercase,
		RequireNumbers:                &policy.RequireNumbers,
		RequireSymbols:                &policy.RequireSymbols,
		TemporaryPasswordValidityDays: &policy.TemporaryPasswordValidityDays,
	}
	if policy.HistorySent {
		password.PasswordHistorySize = &policy.HistorySize
	}
	return &api.UserPoolPolicyType{
		PasswordPolicy: password, SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: p.FirstFactors},
	}
}

func deletionProtection(p *cognate.UserPool) api.DeletionProtectionType {
	if p.DeletionProtection {
		return api.DeletionProtectionTypeActive
	}
	return api.DeletionProtectionTypeInactive
}

// lambdaConfig returns an empty LambdaConfig for a pool without triggers.
func lambdaConfig(p *cognate.UserPool) *api.LambdaConfigType {
	if p.LambdaConfig == nil {
		return new(api.LambdaConfigType)
	}
	return p.LambdaConfig
}

func updateSettings(p *cognate.UserPool) *api.UserAttributeUpdateSettingsType {
	if len(p.VerifyBeforeUpdate) == 0 {
		return nil
	}
	return &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: p.VerifyBeforeUpdate}
}

// adminCreateUserConfig also returns the lifetime of temporary passwords under its old name (docs/behaviour.md §5.1).
func adminCreateUserConfig(p *cognate.UserPool) *api.AdminCreateUserConfigType {
	return &api.AdminCreateUserConfigType{
		AllowAdminCreateUserOnly:  new(p.AdminCreateOnly),
		UnusedAccountValidityDays: new(p.PasswordPolicy.TemporaryPasswordValidityDays),
		InviteMessageTemplate:     p.InviteMessageTemplate,
	}
}

func usernameConfiguration(p *cognate.UserPool) *api.UsernameConfigurationType {
	if p.CaseSensitivityRequested == nil {
		return nil
	}
	return &api.UsernameConfigurationType{CaseSensitive: p.CaseSensitivityRequested}
}

func recoverySetting(p *cognate.UserPool) *api.AccountRecoverySettingType {
	if len(p.Recovery) == 0 {
		return nil
	}
	return &api.AccountRecoverySettingType{RecoveryMechanisms: p.Recovery}
}

// tagsToWire returns the tags, or an empty map.
func tagsToWire(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}

// orNil returns nil for an empty list, so that the answer does not contain it.
func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func valueOr(n *int, unset int) int {
	if n == nil {
		return unset
	}
	return *n
}
