package userpool_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

func TestCreateUserPoolByNameOnly(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	got := mustCreate(t, s, api.CreateUserPoolInput{PoolName: "people"})

	if !regexp.MustCompile(`^us-east-1_[0-9a-zA-Z]{9}$`).MatchString(got.Id) {
		t.Errorf("Id = %q, want the region and nine letters and digits", got.Id)
	}
	// Source: docs/behaviour.md §5.1.
	want := &api.UserPoolType{
		Id: got.Id, Name: "people", Arn: "arn:aws:cognito-idp:us-east-1:" + cognatetest.AccountID + ":userpool/" + got.Id,
		Policies: &api.UserPoolPolicyType{
			PasswordPolicy: &api.PasswordPolicyType{
				MinimumLength: new(8), RequireUppercase: new(true), RequireLowercase: new(true),
				RequireNumbers: new(true), RequireSymbols: new(true), TemporaryPasswordValidityDays: new(7),
			},
			SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD"}},
		},
		DeletionProtection:          api.DeletionProtectionTypeInactive,
		LambdaConfig:                new(api.LambdaConfigType),
		CreationDate:                api.EpochOf(s.Clock.Now()),
		LastModifiedDate:            api.EpochOf(s.Clock.Now()),
		SchemaAttributes:            cognate.StandardAttributes(),
		VerificationMessageTemplate: &api.VerificationMessageTemplateType{DefaultEmailOption: "CONFIRM_WITH_CODE"},
		MfaConfiguration:            api.UserPoolMfaTypeOff,
		EstimatedNumberOfUsers:      new(0),
		EmailConfiguration:          &api.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT"},
		UserPoolTags:                map[string]string{},
		AdminCreateUserConfig: &api.AdminCreateUserConfigType{
			AllowAdminCreateUserOnly: new(false), UnusedAccountValidityDays: new(7),
		},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
			{Priority: new(1), Name: "verified_email"}, {Priority: new(2), Name: "verified_phone_number"},
		}},
		UserPoolTier:        api.UserPoolTierTypeEssentials,
		KeyConfiguration:    &api.KeyConfigurationType{KeyType: "AWS_OWNED_KEY"},
		IssuerConfiguration: &api.IssuerConfigurationType{Type: "ORIGINAL"},
		AcrConfiguration:    acrLevels("urn:cognito:loa:1"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CreateUserPool() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, mustDescribe(t, s, got.Id)); diff != "" {
		t.Errorf("DescribeUserPool() differs from CreateUserPool() (-created +described):\n%s", diff)
	}
}

func TestCreateUserPoolReturnsEveryMember(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	sent := api.CreateUserPoolInput{
		PoolName: "rich",
		Policies: &api.UserPoolPolicyType{
			PasswordPolicy: &api.PasswordPolicyType{MinimumLength: new(12), RequireNumbers: new(true), PasswordHistorySize: new(0)},
			SignInPolicy:   &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"}},
		},
		DeletionProtection:          api.DeletionProtectionTypeActive,
		LambdaConfig:                &api.LambdaConfigType{PreSignUp: "arn:aws:lambda:us-east-1:123456789012:function:pre"},
		AutoVerifiedAttributes:      []api.VerifiedAttributeType{"email", "phone_number"},
		AliasAttributes:             []api.AliasAttributeType{"email", "preferred_username"},
		SmsVerificationMessage:      "Your code: {####}",
		EmailVerificationSubject:    "Your code",
		SmsAuthenticationMessage:    "Sign in with {####}",
		MfaConfiguration:            api.UserPoolMfaTypeOptional,
		UserAttributeUpdateSettings: &api.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []api.VerifiedAttributeType{"email"}},
		DeviceConfiguration:         &api.DeviceConfigurationType{ChallengeRequiredOnNewDevice: new(true)},
		EmailConfiguration:          developerEmail(),
		SmsConfiguration:            sms(),
		UserPoolTags:                map[string]string{"team": "a", "cognate:password-storage": "argon2id"},
		AdminCreateUserConfig: &api.AdminCreateUserConfigType{
			AllowAdminCreateUserOnly: new(true), UnusedAccountValidityDays: new(3),
			InviteMessageTemplate: &api.MessageTemplateType{EmailSubject: "Welcome"},
		},
		Schema:                 []api.SchemaAttributeType{{Name: "tenant", AttributeDataType: "String"}},
		UsernameConfiguration:  &api.UsernameConfigurationType{CaseSensitive: new(false)},
		AccountRecoverySetting: &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{{Priority: new(1), Name: "admin_only"}}},
		UserPoolTier:           api.UserPoolTierTypePlus,
		UserPoolAddOns:         &api.UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT"},
		AcrConfiguration:       map[string]api.AcrLevelConfigType{"Level1": {AcrValue: "urn:low"}},
	}
	got := mustDescribe(t, s, mustCreate(t, s, sent).Id)

	for member, pair := range map[string][2]any{
		"SignInPolicy":                {sent.Policies.SignInPolicy, got.Policies.SignInPolicy},
		"DeletionProtection":          {sent.DeletionProtection, got.DeletionProtection},
		"LambdaConfig":                {sent.LambdaConfig, got.LambdaConfig},
		"AutoVerifiedAttributes":      {sent.AutoVerifiedAttributes, got.AutoVerifiedAttributes},
		"AliasAttributes":             {sent.AliasAttributes, got.AliasAttributes},
		"SmsVerificationMessage":      {sent.SmsVerificationMessage, got.SmsVerificationMessage},
		"EmailVerificationSubject":    {sent.EmailVerificationSubject, got.EmailVerificationSubject},
		"SmsAuthenticationMessage":    {sent.SmsAuthenticationMessage, got.SmsAuthenticationMessage},
		"MfaConfiguration":            {sent.MfaConfiguration, got.MfaConfiguration},
		"UserAttributeUpdateSettings": {sent.UserAttributeUpdateSettings, got.UserAttributeUpdateSettings},
		"DeviceConfiguration":         {sent.DeviceConfiguration, got.DeviceConfiguration},
		"EmailConfiguration":          {sent.EmailConfiguration, got.EmailConfiguration},
		"SmsConfiguration":            {sent.SmsConfiguration, got.SmsConfiguration},
		"UserPoolTags":                {sent.UserPoolTags, got.UserPoolTags},
		"AdminCreateUserConfig":       {sent.AdminCreateUserConfig, got.AdminCreateUserConfig},
		"UsernameConfiguration":       {sent.UsernameConfiguration, got.UsernameConfiguration},
		"AccountRecoverySetting":      {sent.AccountRecoverySetting, got.AccountRecoverySetting},
		"UserPoolTier":                {sent.UserPoolTier, got.UserPoolTier},
		"UserPoolAddOns":              {sent.UserPoolAddOns, got.UserPoolAddOns},
		"AcrConfiguration":            {acrLevels("urn:low"), got.AcrConfiguration},
		"VerificationMessageTemplate": {
			&api.VerificationMessageTemplateType{
				SmsMessage: "Your code: {####}", EmailSubject: "Your code", DefaultEmailOption: "CONFIRM_WITH_CODE",
			}, got.VerificationMessageTemplate,
		},
		// A missing requirement is off. UnusedAccountValidityDays sets TemporaryPasswordValidityDays.
		"PasswordPolicy": {
			&api.PasswordPolicyType{
				MinimumLength: new(12), RequireUppercase: new(false), RequireLowercase: new(false), RequireNumbers: new(true),
				RequireSymbols: new(false), TemporaryPasswordValidityDays: new(3), PasswordHistorySize: new(0),
			}, got.Policies.PasswordPolicy,
		},
		"the last of SchemaAttributes": {"custom:tenant", got.SchemaAttributes[len(got.SchemaAttributes)-1].Name},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-sent +described):\n%s", member, diff)
		}
	}
}

// A TemporaryPasswordValidityDays of 0 is the default.
func TestNoTemporaryPasswordValidity(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	none := &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{TemporaryPasswordValidityDays: new(0)}}
	pool := mustCreate(t, s, api.CreateUserPoolInput{Policies: none})
	want := func(what string, pool *api.UserPoolType) {
		t.Helper()
		if a, b := *pool.Policies.PasswordPolicy.TemporaryPasswordValidityDays, *pool.AdminCreateUserConfig.UnusedAccountValidityDays; a != 7 || b != 7 {
			t.Errorf("%s: TemporaryPasswordValidityDays %d, UnusedAccountValidityDays %d, want 7", what, a, b)
		}
	}
	want("CreateUserPool", pool)
	three := &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{TemporaryPasswordValidityDays: new(3)}}
	for _, policies := range []*api.UserPoolPolicyType{three, none} {
		if err := update(t, s, api.UpdateUserPoolInput{UserPoolId: pool.Id, Policies: policies}); err != nil {
			t.Fatalf("UpdateUserPool() = %v", err)
		}
	}
	want("UpdateUserPool", mustDescribe(t, s, pool.Id))
}

func TestCreateUserPoolFillsInPreTokenGeneration(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	const function = "arn:aws:lambda:us-east-1:123456789012:function:claims"
	for name, tc := range map[string]struct{ sent, want api.LambdaConfigType }{
		"PreTokenGeneration": {
			api.LambdaConfigType{PreTokenGeneration: function},
			api.LambdaConfigType{PreTokenGeneration: function, PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{
				LambdaArn: function, LambdaVersion: "V1_0",
			}},
		},
		"PreTokenGenerationConfig": {
			api.LambdaConfigType{PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{
				LambdaArn: function, LambdaVersion: "V2_0",
			}},
			api.LambdaConfigType{PreTokenGeneration: function, PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{
				LambdaArn: function, LambdaVersion: "V2_0",
			}},
		},
	} {
		got := mustCreate(t, s, api.CreateUserPoolInput{LambdaConfig: &tc.sent})
		if diff := cmp.Diff(&tc.want, got.LambdaConfig); diff != "" {
			t.Errorf("LambdaConfig after %s name (-want +got):\n%s", name, diff)
		}
	}
}

func TestCreateUserPoolErrors(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	invalid := api.InvalidParameterException
	phoneRecovery := &api.AccountRecoverySettingType{RecoveryMechanisms: []api.RecoveryOptionType{
		{Priority: new(1), Name: "verified_email"}, {Priority: new(2), Name: "verified_phone_number"},
	}}
	for name, tc := range map[string]struct {
		in   api.CreateUserPoolInput
		want error
	}{
		"MFA without SMS": {
			api.CreateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn}, cognate.ErrSMSNeeded,
		},
		"MFA with SMS, and no verified attribute": {
			in: api.CreateUserPoolInput{MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms()},
		},
		"recovery only by the phone of the second factor": {
			api.CreateUserPoolInput{
				MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms(), AccountRecoverySetting: phoneRecovery,
				AutoVerifiedAttributes: []api.VerifiedAttributeType{"phone_number"},
			},
			invalid("Invalid account recovery setting parameter. Account Recovery Setting cannot use verified_phone_number as a recovery mechanism when SMS MFA is configured."),
		},
		"recovery by email or by the phone of the second factor": {
			in: api.CreateUserPoolInput{
				MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms(), AccountRecoverySetting: phoneRecovery,
				AutoVerifiedAttributes: []api.VerifiedAttributeType{"phone_number", "email"},
			},
		},
		"the same without verified attributes": {
			in: api.CreateUserPoolInput{
				MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms(), AccountRecoverySetting: phoneRecovery,
			},
		},
		"passkeys in a pool that requires MFA": {
			api.CreateUserPoolInput{
				MfaConfiguration: api.UserPoolMfaTypeOn, SmsConfiguration: sms(),
				Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", "WEB_AUTHN"}}},
			},
			invalid("WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA."),
		},
		"both names of the temporary password validity": {
			api.CreateUserPoolInput{
				Policies:              &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{TemporaryPasswordValidityDays: new(7)}},
				AdminCreateUserConfig: &api.AdminCreateUserConfigType{UnusedAccountValidityDays: new(7)},
			},
			invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"),
		},
		"an invalid schema": {
			api.CreateUserPoolInput{Schema: []api.SchemaAttributeType{{Name: "x"}}},
			invalid("Invalid AttributeDataType input, consider using the provided AttributeDataType enum."),
		},
		"an unknown setting": {
			api.CreateUserPoolInput{UserPoolTags: map[string]string{"cognate:password-storage": "bcrypt"}},
			invalid("Tag cognate:password-storage must be one of srp, argon2id."),
		},
		"an unknown mode": {
			api.CreateUserPoolInput{MfaConfiguration: "SOMETIMES"},
			invalid("1 validation error detected: Value 'SOMETIMES' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OPTIONAL, OFF, ON]"),
		},
	} {
		tc.in.PoolName = "refused"
		_, err := s.Client.CreateUserPool(t.Context(), &tc.in)
		cognatetest.WantRefusal(t, "CreateUserPool("+name+")", err, tc.want)
	}
}

func TestCreateUserPoolInTheRegionOfTheCaller(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	out := cognatetest.Try(in(s, "eu-central-1").CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})).Of(t)
	if !strings.HasPrefix(out.UserPool.Id, "eu-central-1_") || !strings.Contains(out.UserPool.Arn, ":eu-central-1:") {
		t.Errorf("pool of eu-central-1 has the id %s and the ARN %s", out.UserPool.Id, out.UserPool.Arn)
	}
	_, err := in(s, "EU_1").CreateUserPool(t.Context(), &api.CreateUserPoolInput{PoolName: "people"})
	cognatetest.WantRefusal(t, "CreateUserPool(region EU_1)", err, api.InvalidParameterException("Invalid region: EU_1"))
}
