package cognate_test

import (
	"errors"
	"testing"

	"cognate"
	"cognate/api"
)

// wantRefusal checks an error by its code and text; a nil want means no error.
func wantRefusal(t *testing.T, what string, err error, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func validPool() *cognate.UserPool {
	return &cognate.UserPool{
		ID: "us-east-1_abcdefghi", Tier: api.UserPoolTierTypeEssentials,
		MFA:          cognate.MFAConfig{Mode: api.UserPoolMfaTypeOff},
		FirstFactors: []api.AuthFactorType{api.AuthFactorTypePassword},
		Schema:       cognate.StandardAttributes(),
		PoolMessages: cognate.PoolMessages{
			EmailConfiguration: &api.EmailConfigurationType{EmailSendingAccount: api.EmailSendingAccountTypeCognitoDefault},
		},
	}
}

func TestUserPoolCheck(t *testing.T) {
	t.Parallel()
	invalid := api.InvalidParameterException
	sms := &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms"}
	developer := &api.EmailConfigurationType{
		EmailSendingAccount: api.EmailSendingAccountTypeDeveloper, SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/x",
	}
	recovery := func(names ...api.RecoveryOptionNameType) (out []api.RecoveryOptionType) {
		for i, name := range names {
			out = append(out, api.RecoveryOptionType{Name: name, Priority: new(i + 1)})
		}
		return out
	}
	for name, tc := range map[string]struct {
		change func(*cognate.UserPool)
		want   error
	}{
		"a default pool": {change: func(*cognate.UserPool) {}},
		"alias and username attributes": {
			func(p *cognate.UserPool) {
				p.AliasAttributes = []api.AliasAttributeType{"email"}
				p.UsernameAttributes = []api.UsernameAttributeType{"email"}
			},
			invalid("Only one of the aliasAttributes or usernameAttributes can be set in a User pool."),
		},
		"no password": {
			func(p *cognate.UserPool) { p.FirstFactors = []api.AuthFactorType{"WEB_AUTHN"} },
			invalid("Password should be configured as one of the allowed first auth factors."),
		},
		"software token first": {
			func(p *cognate.UserPool) { p.FirstFactors = []api.AuthFactorType{"PASSWORD", "SOFTWARE_TOKEN"} },
			invalid("SOFTWARE_TOKEN can not be configured as AuthFactor"),
		},
		"SMS_OTP without SMS": {
			func(p *cognate.UserPool) { p.FirstFactors = []api.AuthFactorType{"PASSWORD", "SMS_OTP"} },
			invalid("SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration"),
		},
		"SMS_OTP with SMS": {change: func(p *cognate.UserPool) {
			p.FirstFactors, p.SMSConfiguration = []api.AuthFactorType{"PASSWORD", "SMS_OTP"}, sms
		}},
		"EMAIL_OTP in a pool that requires MFA": {
			func(p *cognate.UserPool) {
				p.FirstFactors, p.MFA.Mode = []api.AuthFactorType{"PASSWORD", "EMAIL_OTP"}, api.UserPoolMfaTypeOn
			},
			invalid("Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"),
		},
		"EMAIL_OTP in a pool with optional MFA": {change: func(p *cognate.UserPool) {
			p.FirstFactors, p.MFA.Mode = []api.AuthFactorType{"PASSWORD", "EMAIL_OTP"}, api.UserPoolMfaTypeOptional
		}},
		"SMS MFA without SMS": {func(p *cognate.UserPool) { p.MFA.SMS = true }, cognate.ErrSMSNeeded},
		"email MFA by the service's own account": {
			func(p *cognate.UserPool) { p.MFA.Email = new(api.EmailMfaConfigType) },
			invalid("Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT"),
		},
		"email MFA": {change: func(p *cognate.UserPool) {
			p.MFA.Email, p.EmailConfiguration = new(api.EmailMfaConfigType), developer
		}},
		"developer without a source": {
			func(p *cognate.UserPool) {
				p.EmailConfiguration = &api.EmailConfigurationType{EmailSendingAccount: api.EmailSendingAccountTypeDeveloper}
			},
			invalid("Source ARN is required to use DEVELOPER email sending owner"),
		},
		"verified phones without SMS": {
			func(p *cognate.UserPool) { p.AutoVerified = []api.VerifiedAttributeType{"phone_number"} },
			invalid("SMS configuration is required when phone_number is selected for auto verification"),
		},
		"verification before update without auto-verification": {
			func(p *cognate.UserPool) { p.VerifyBeforeUpdate = []api.VerifiedAttributeType{"email"} },
			invalid("All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"),
		},
		"verification before update": {change: func(p *cognate.UserPool) {
			p.VerifyBeforeUpdate, p.AutoVerified = []api.VerifiedAttributeType{"email"}, []api.VerifiedAttributeType{"email"}
		}},
		"recovery by administrators and email": {
			func(p *cognate.UserPool) { p.Recovery = recovery("verified_email", "admin_only") },
			invalid("Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms."),
		},
		"recovery by email twice": {
			func(p *cognate.UserPool) { p.Recovery = recovery("verified_email", "verified_email") },
			invalid("Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms."),
		},
		"a sender trigger without a key": {
			func(p *cognate.UserPool) {
				p.LambdaConfig = &api.LambdaConfigType{CustomSMSSender: new(api.CustomSMSLambdaVersionConfigType)}
			},
			invalid("KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used."),
		},
		"two functions for one trigger": {
			func(p *cognate.UserPool) {
				p.LambdaConfig = &api.LambdaConfigType{
					PreTokenGeneration: "a", PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{LambdaArn: "b"},
				}
			},
			invalid("Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's"),
		},
		"threat protection on ESSENTIALS": {
			func(p *cognate.UserPool) {
				p.AdvancedSecurity = &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeAudit}
			},
			api.FeatureUnavailableInTierException("The following features need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection"),
		},
		"threat protection off on ESSENTIALS": {change: func(p *cognate.UserPool) {
			p.AdvancedSecurity = &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeOff}
		}},
		"threat protection on PLUS": {change: func(p *cognate.UserPool) {
			p.Tier = api.UserPoolTierTypePlus
			p.AdvancedSecurity = &api.UserPoolAddOnsType{AdvancedSecurityMode: api.AdvancedSecurityModeTypeEnforced}
		}},
		"features that LITE does not include": {
			func(p *cognate.UserPool) {
				p.Tier, p.FirstFactors = api.UserPoolTierTypeLite, []api.AuthFactorType{"PASSWORD", "WEB_AUTHN"}
				p.LambdaConfig = &api.LambdaConfigType{PreTokenGenerationConfig: &api.PreTokenGenerationVersionConfigType{
					LambdaVersion: api.PreTokenGenerationLambdaVersionTypeV20,
				}}
			},
			api.FeatureUnavailableInTierException("The following features need to be disabled for the LITE pricing tier configured: " +
				"Passwordless Sign-In, Token Customization with Pre-Token Generation Lambda V2_0"),
		},
		"a known setting": {change: func(p *cognate.UserPool) {
			p.Tags = map[string]string{"team": "a", "cognate:software-token-replacement": "on-verify", "cognate:password-storage": "srp"}
		}},
		"an unknown setting": {
			func(p *cognate.UserPool) { p.Tags = map[string]string{"cognate:colour": "red"} },
			invalid("Unknown tag cognate:colour: tags that begin with cognate: are settings."),
		},
		"an unknown value": {
			func(p *cognate.UserPool) { p.Tags = map[string]string{"cognate:password-storage": "plain"} },
			invalid("Tag cognate:password-storage must be one of srp, argon2id."),
		},
		"passkey apps": {change: func(p *cognate.UserPool) {
			app := "android:apk-key-hash:0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE"
			p.Tags = map[string]string{"cognate:passkey-apps": app + " " + app}
		}},
		"a passkey app that is a page": {
			func(p *cognate.UserPool) { p.Tags = map[string]string{"cognate:passkey-apps": "https://example.com"} },
			invalid("Tag cognate:passkey-apps must be a list of android:apk-key-hash:..., with spaces between them."),
		},
		"a reserved tag": {
			func(p *cognate.UserPool) { p.Tags = map[string]string{"aws:stack": "a"} },
			invalid("Tag keys that begin with aws: are reserved: aws:stack"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := validPool()
			tc.change(p)
			wantRefusal(t, "Check()", p.Check(), tc.want)
		})
	}
}

func TestPasskeySkipsMFA(t *testing.T) {
	t.Parallel()
	multiFactor := &api.WebAuthnConfigurationType{FactorConfiguration: api.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification}
	passkeys := []api.AuthFactorType{"PASSWORD", "WEB_AUTHN"}
	for name, tc := range map[string]struct {
		mode     api.UserPoolMfaType
		factors  []api.AuthFactorType
		webAuthn *api.WebAuthnConfigurationType
		want     bool
	}{
		"required, passkeys as one factor":       {api.UserPoolMfaTypeOn, passkeys, new(api.WebAuthnConfigurationType), true},
		"required, passkeys not configured":      {api.UserPoolMfaTypeOn, passkeys, nil, true},
		"required, passkeys as two factors":      {api.UserPoolMfaTypeOn, passkeys, multiFactor, false},
		"required, passkeys are no first factor": {api.UserPoolMfaTypeOn, passkeys[:1], nil, false},
		"optional, passkeys as one factor":       {api.UserPoolMfaTypeOptional, passkeys, nil, false},
		"without MFA, passkeys as one factor":    {api.UserPoolMfaTypeOff, passkeys, nil, false},
		"without MFA, passkeys as two factors":   {api.UserPoolMfaTypeOff, passkeys, multiFactor, false},
	} {
		p := validPool()
		p.MFA.Mode, p.FirstFactors, p.MFA.WebAuthn = tc.mode, tc.factors, tc.webAuthn
		if got := p.PasskeySkipsMFA(); got != tc.want {
			t.Errorf("PasskeySkipsMFA() with %s = %v, want %v", name, got, tc.want)
		}
	}
}
