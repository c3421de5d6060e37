package userpool_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// full returns a request that sets every member.
func full() api.CreateUserPoolInput {
	return api.CreateUserPoolInput{
		Policies: &api.UserPoolPolicyType{
			PasswordPolicy: &api.PasswordPolicyType{MinimumLength: new(12)},
			SignInPolicy:   &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", "EMAIL_OTP"}},
		},
		DeletionProtection:       api.DeletionProtectionTypeActive,
		LambdaConfig:             &api.LambdaConfigType{PreSignUp: "arn:aws:lambda:us-east-1:123456789012:function:pre"},
		AutoVerifiedAttributes:   []api.VerifiedAttributeType{"email"},
		EmailVerificationMessage: "Your code: {####}",
		SmsAuthenticationMessage: "Sign in with {####}",
		MfaConfiguration:         api.UserPoolMfaTypeOptional,
		DeviceConfiguration:      &api.DeviceConfigurationType{ChallengeRequiredOnNewDevice: new(true)},
		EmailConfiguration:       developerEmail(),
		SmsConfiguration:         sms(),
		UserPoolTags:             map[string]string{"team": "a"},
		AdminCreateUserConfig: &api.AdminCreateUserConfigType{
			AllowAdminCreateUserOnly: new(true), InviteMessageTemplate: &api.MessageTemplateType{EmailSubject: "Welcome"},
		},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{{Priority: new(1), Name: "verified_email"}}},
		UserPoolTier:           api.UserPoolTierTypePlus,
		UserPoolAddOns:         &api.UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT"},
	}
}

func TestUpdateUserPoolWithoutSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	before := mustCreate(t, s, full())
	s.Clock.Advance(time.Minute)
	cognatetest.WantRefusal(t, "UpdateUserPool()", update(t, s, api.UpdateUserPoolInput{UserPoolId: before.Id}), nil)

	want := *before
	want.LastModifiedDate = api.EpochOf(s.Clock.Now())
	want.AutoVerifiedAttributes = nil
	want.LambdaConfig = new(api.LambdaConfigType)
	want.DeviceConfiguration = nil
	want.UserPoolAddOns = nil
	want.SmsAuthenticationMessage = ""
	want.AdminCreateUserConfig = &api.AdminCreateUserConfigType{AllowAdminCreateUserOnly: new(false), UnusedAccountValidityDays: new(7)}
	if diff := cmp.Diff(&want, mustDescribe(t, s, before.Id)); diff != "" {
		t.Errorf("after UpdateUserPool() with an id only (-want +got):\n%s", diff)
	}
}

func TestUpdateUserPoolOfOnePart(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for name, tc := range map[string]struct {
		change api.UpdateUserPoolInput
		want   func(*api.UserPoolType)
	}{
		"its name": {
			api.UpdateUserPoolInput{PoolName: "others"}, func(p *api.UserPoolType) { p.Name = "others" },
		},
		"the password policy": {
			api.UpdateUserPoolInput{Policies: &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{MinimumLength: new(9)}}},
			func(p *api.UserPoolType) { p.Policies.PasswordPolicy.MinimumLength = new(9) },
		},
		"the first factors": {
			api.UpdateUserPoolInput{Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD"}}}},
			func(p *api.UserPoolType) {
				p.Policies.SignInPolicy.AllowedFirstAuthFactors = []api.AuthFactorType{"PASSWORD"}
			},
		},
		"the email account": {
			api.UpdateUserPoolInput{EmailConfiguration: &api.EmailConfigurationType{ReplyToEmailAddress: "help@example.com"}},
			func(p *api.UserPoolType) {
				p.EmailConfiguration = &api.EmailConfigurationType{ReplyToEmailAddress: "help@example.com", EmailSendingAccount: "COGNITO_DEFAULT"}
			},
		},
		"a message outside of the template": {
			api.UpdateUserPoolInput{EmailVerificationSubject: "Code"},
			func(p *api.UserPoolType) {
				p.EmailVerificationSubject, p.VerificationMessageTemplate.EmailSubject = "Code", "Code"
			},
		},
		"a message in the template, along with the old one outside": {
			api.UpdateUserPoolInput{
				EmailVerificationMessage:    "Your code: {####}",
				VerificationMessageTemplate: &api.VerificationMessageTemplateType{EmailMessage: "Take {####}"},
			},
			func(p *api.UserPoolType) {
				p.EmailVerificationMessage, p.VerificationMessageTemplate.EmailMessage = "Take {####}", "Take {####}"
			},
		},
		"verification before update": {
			api.UpdateUserPoolInput{UserAttributeUpdateSettings: &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []api.VerifiedAttributeType{"email"}}},
			func(p *api.UserPoolType) {
				p.UserAttributeUpdateSettings = &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []api.VerifiedAttributeType{"email"}}
			},
		},
		"empty recovery setting": {
			api.UpdateUserPoolInput{AccountRecoverySetting: new(api.AccountRecoverySettingType)},
			func(p *api.UserPoolType) { p.AccountRecoverySetting = nil },
		},
		"MFA off": {
			api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOff},
			func(p *api.UserPoolType) { p.MfaConfiguration = api.UserPoolMfaTypeOff },
		},
		"tags": {
			api.UpdateUserPoolInput{UserPoolTags: map[string]string{}}, func(p *api.UserPoolType) { p.UserPoolTags = map[string]string{} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := mustCreate(t, s, full())
			resend(&tc.change, want)
			cognatetest.WantRefusal(t, "UpdateUserPool()", update(t, s, tc.change), nil)
			tc.want(want)
			if diff := cmp.Diff(want, mustDescribe(t, s, want.Id)); diff != "" {
				t.Errorf("after UpdateUserPool() of %s (-want +got):\n%s", name, diff)
			}
		})
	}
}

// resend adds the members to an update that would otherwise be reset to their defaults.
func resend(in *api.UpdateUserPoolInput, p *api.UserPoolType) {
	in.UserPoolId = p.Id
	in.AutoVerifiedAttributes = p.AutoVerifiedAttributes
	in.LambdaConfig = p.LambdaConfig
	in.DeviceConfiguration = p.DeviceConfiguration
	in.UserPoolAddOns = p.UserPoolAddOns
	in.SmsAuthenticationMessage = p.SmsAuthenticationMessage
	in.AdminCreateUserConfig = p.AdminCreateUserConfig
}

func TestUpdateUserPoolErrors(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	invalid := api.InvalidParameterException
	passkeys := &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", "WEB_AUTHN"}}}
	on := func(id string) error {
		return setMFA(t, s, api.SetUserPoolMfaConfigInput{
			UserPoolId: id, MfaConfiguration: api.UserPoolMfaTypeOn, SoftwareTokenMfaConfiguration: softwareToken(true),
		})
	}
	optional := func(id string) error {
		return setMFA(t, s, api.SetUserPoolMfaConfigInput{
			UserPoolId: id, MfaConfiguration: api.UserPoolMfaTypeOptional, SoftwareTokenMfaConfiguration: softwareToken(true),
		})
	}
	for name, tc := range map[string]struct {
		pool    api.CreateUserPoolInput
		prepare func(id string) error
		in      api.UpdateUserPoolInput
		want    error
	}{
		"MFA required without any factor": {
			in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn}, want: cognate.ErrSMSNeeded,
		},
		"MFA optional without any factor": {
			in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOptional}, want: cognate.ErrSMSNeeded,
		},
		"MFA required with SMS": {
			in:   api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms()},
			want: invalid("Cannot turn MFA functionality ON, once the user pool has been created."),
		},
		"MFA required where it was optional": {
			prepare: optional, in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn},
			want: invalid("Cannot turn MFA functionality ON, once the user pool has been created."),
		},
		"MFA optional with SMS":             {in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOptional, SmsConfiguration: sms()}},
		"MFA required, as before":           {prepare: on, in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn}},
		"MFA optional, as before":           {prepare: optional, in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOptional}},
		"MFA optional where it is required": {prepare: on, in: api.UpdateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOptional}},
		"passkeys where MFA is required": {
			prepare: on, in: api.UpdateUserPoolInput{Policies: passkeys},
			want: invalid("WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA."),
		},
		"passkeys where MFA is optional": {prepare: optional, in: api.UpdateUserPoolInput{Policies: passkeys}},
		"no verified attributes where their update needs verification": {
			pool: api.CreateUserPoolInput{
				AutoVerifiedAttributes:      []api.VerifiedAttributeType{"email"},
				UserAttributeUpdateSettings: &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []api.VerifiedAttributeType{"email"}},
			},
			want: invalid("All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"),
		},
		"UnusedAccountValidityDays after TemporaryPasswordValidityDays": {
			pool: api.CreateUserPoolInput{Policies: &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{TemporaryPasswordValidityDays: new(2)}}},
			in:   api.UpdateUserPoolInput{AdminCreateUserConfig: &api.AdminCreateUserConfigType{UnusedAccountValidityDays: new(2)}},
			want: invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"),
		},
		"UnusedAccountValidityDays after a TemporaryPasswordValidityDays of 0": {
			pool: api.CreateUserPoolInput{Policies: &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{TemporaryPasswordValidityDays: new(0)}}},
			in:   api.UpdateUserPoolInput{AdminCreateUserConfig: &api.AdminCreateUserConfigType{UnusedAccountValidityDays: new(2)}},
		},
		"a feature plan without a used feature": {
			pool: full(), in: api.UpdateUserPoolInput{
				UserPoolTier:   api.UserPoolTierTypeEssentials,
				UserPoolAddOns: &api.UserPoolAddOnsType{AdvancedSecurityMode: "ENFORCED"},
			},
			want: api.FeatureUnavailableInTierException("The following features need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := mustCreate(t, s, tc.pool)
			if tc.prepare != nil {
				cognatetest.WantRefusal(t, "SetUserPoolMfaConfig()", tc.prepare(pool.Id), nil)
			}
			before := mustDescribe(t, s, pool.Id)
			tc.in.UserPoolId = pool.Id
			cognatetest.WantRefusal(t, "UpdateUserPool()", update(t, s, tc.in), tc.want)
			if after := mustDescribe(t, s, pool.Id); tc.want != nil && !cmp.Equal(before, after) {
				t.Errorf("a refused UpdateUserPool() changed the pool (-before +after):\n%s", cmp.Diff(before, after))
			}
		})
	}
}

func TestUpdateUserPoolOfNone(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	cognatetest.WantRefusal(t, "UpdateUserPool()", update(t, s, api.UpdateUserPoolInput{UserPoolId: "us-east-1_none"}),
		api.ResourceNotFoundException("User pool us-east-1_none does not exist."))
}
