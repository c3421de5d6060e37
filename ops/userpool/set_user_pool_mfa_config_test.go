package userpool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const (
	off      = api.UserPoolMfaTypeOff
	optional = api.UserPoolMfaTypeOptional
	on       = api.UserPoolMfaTypeOn
)

func getMFA(t *testing.T, s *cognatetest.Server, id string) *api.GetUserPoolMfaConfigOutput {
	t.Helper()
	return s.Must(t).GetUserPoolMfaConfig(&api.GetUserPoolMfaConfigInput{UserPoolId: id})
}

// Source of the rows: docs/behaviour.md §1.5.
func TestSetUserPoolMfaConfig(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	invalid := api.InvalidParameterException
	together := invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	without := invalid("Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.")
	withFirstFactor := func(f api.AuthFactorType) api.CreateUserPoolInput {
		return api.CreateUserPoolInput{SmsConfiguration: sms(), Policies: &api.UserPoolPolicyType{
			SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", f}},
		}}
	}
	for name, tc := range map[string]struct {
		pool api.CreateUserPoolInput
		in   api.SetUserPoolMfaConfigInput
		want error
		get  *api.GetUserPoolMfaConfigOutput
	}{
		"no settings": {get: &api.GetUserPoolMfaConfigOutput{MfaConfiguration: off}},
		"OFF and a token that is off": {
			in: api.SetUserPoolMfaConfigInput{MfaConfiguration: off, SoftwareTokenMfaConfiguration: softwareToken(false)}, want: together,
		},
		"no mode and a token": {
			in: api.SetUserPoolMfaConfigInput{SoftwareTokenMfaConfiguration: softwareToken(true)}, want: together,
		},
		"OFF and SMS": {
			in: api.SetUserPoolMfaConfigInput{MfaConfiguration: off, SmsMfaConfiguration: new(api.SmsMfaConfigType)}, want: together,
		},
		"OFF and email, which is not available": {
			in: api.SetUserPoolMfaConfigInput{MfaConfiguration: off, EmailMfaConfiguration: new(api.EmailMfaConfigType)}, want: together,
		},
		"OFF and passkeys": {
			in: api.SetUserPoolMfaConfigInput{MfaConfiguration: off, WebAuthnConfiguration: &api.WebAuthnConfigurationType{
				RelyingPartyId: "example.com", UserVerification: "required",
			}},
			get: &api.GetUserPoolMfaConfigOutput{MfaConfiguration: off, WebAuthnConfiguration: &api.WebAuthnConfigurationType{
				RelyingPartyId: "example.com", UserVerification: "required", FactorConfiguration: "SINGLE_FACTOR",
			}},
		},
		"ON without a factor":       {in: api.SetUserPoolMfaConfigInput{MfaConfiguration: on}, want: without},
		"OPTIONAL without a factor": {in: api.SetUserPoolMfaConfigInput{MfaConfiguration: optional}, want: without},
		"ON and passkeys only": {
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, WebAuthnConfiguration: new(api.WebAuthnConfigurationType)},
			want: without,
		},
		"ON and a token that is off": {
			in:  api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(false)},
			get: &api.GetUserPoolMfaConfigOutput{MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(false)},
		},
		"OPTIONAL and a token": {
			in:  api.SetUserPoolMfaConfigInput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
			get: &api.GetUserPoolMfaConfigOutput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
		},
		"email by the service's own account": {
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, EmailMfaConfiguration: new(api.EmailMfaConfigType)},
			want: invalid("Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT"),
		},
		"every factor": {
			pool: api.CreateUserPoolInput{EmailConfiguration: developerEmail()},
			in: api.SetUserPoolMfaConfigInput{
				MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
				SmsMfaConfiguration:   &api.SmsMfaConfigType{SmsAuthenticationMessage: "Take {####}", SmsConfiguration: sms()},
				EmailMfaConfiguration: &api.EmailMfaConfigType{Message: "Take {####}", Subject: "Code"},
				WebAuthnConfiguration: &api.WebAuthnConfigurationType{FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
			},
			get: &api.GetUserPoolMfaConfigOutput{
				MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
				SmsMfaConfiguration:   &api.SmsMfaConfigType{SmsAuthenticationMessage: "Take {####}", SmsConfiguration: sms()},
				EmailMfaConfiguration: &api.EmailMfaConfigType{Message: "Take {####}", Subject: "Code"},
				WebAuthnConfiguration: &api.WebAuthnConfigurationType{FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
			},
		},
		"SMS without a sender": {
			in: api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SmsMfaConfiguration: new(api.SmsMfaConfigType)}, want: cognate.ErrSMSNeeded,
		},
		"SMS by the pool's own configuration": {
			pool: api.CreateUserPoolInput{SmsConfiguration: sms()},
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SmsMfaConfiguration: new(api.SmsMfaConfigType)},
			get: &api.GetUserPoolMfaConfigOutput{
				MfaConfiguration: on, SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: sms()},
			},
		},
		"ON where a code by email is a first factor": {
			pool: withFirstFactor("EMAIL_OTP"),
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true)},
			want: invalid("Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"),
		},
		"ON where a code by SMS is a first factor": {
			pool: withFirstFactor("SMS_OTP"),
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true)},
			want: invalid("Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"),
		},
		"OPTIONAL where a code by email is a first factor": {
			pool: withFirstFactor("EMAIL_OTP"),
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
			get:  &api.GetUserPoolMfaConfigOutput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
		},
		"ON where a passkey is a first factor": {
			pool: withFirstFactor("WEB_AUTHN"),
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true)},
			want: invalid("Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor"),
		},
		"ON where a passkey is two factors": {
			pool: withFirstFactor("WEB_AUTHN"),
			in: api.SetUserPoolMfaConfigInput{
				MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
				WebAuthnConfiguration: &api.WebAuthnConfigurationType{FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
			},
			get: &api.GetUserPoolMfaConfigOutput{
				MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
				WebAuthnConfiguration: &api.WebAuthnConfigurationType{FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
			},
		},
		"OPTIONAL where a passkey is a first factor": {
			pool: withFirstFactor("WEB_AUTHN"),
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
			get:  &api.GetUserPoolMfaConfigOutput{MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true)},
		},
		"an unknown mode": {
			in:   api.SetUserPoolMfaConfigInput{MfaConfiguration: "X"},
			want: invalid("1 validation error detected: Value 'X' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OPTIONAL, OFF, ON]"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.in.UserPoolId = mustCreate(t, s, tc.pool).Id
			set, err := s.Client.SetUserPoolMfaConfig(t.Context(), &tc.in)
			cognatetest.WantRefusal(t, "SetUserPoolMfaConfig()", err, tc.want)
			if tc.get == nil {
				tc.get = &api.GetUserPoolMfaConfigOutput{MfaConfiguration: off}
			}
			got := getMFA(t, s, tc.in.UserPoolId)
			if diff := cmp.Diff(tc.get, got); diff != "" {
				t.Errorf("GetUserPoolMfaConfig() (-want +got):\n%s", diff)
			}
			if err == nil && !cmp.Equal(api.SetUserPoolMfaConfigOutput(*got), *set) {
				t.Errorf("SetUserPoolMfaConfig() = %+v, want what GetUserPoolMfaConfig() says: %+v", set, got)
			}
			if pool := mustDescribe(t, s, tc.in.UserPoolId); pool.MfaConfiguration != got.MfaConfiguration {
				t.Errorf("DescribeUserPool() says MFA is %s, GetUserPoolMfaConfig() %s", pool.MfaConfiguration, got.MfaConfiguration)
			}
		})
	}
}

func TestSetUserPoolMfaConfigReplacesEverything(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	id := mustCreate(t, s, api.CreateUserPoolInput{EmailConfiguration: developerEmail()}).Id
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(all)", setMFA(t, s, api.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
		SmsMfaConfiguration:   &api.SmsMfaConfigType{SmsConfiguration: sms()},
		EmailMfaConfiguration: new(api.EmailMfaConfigType),
		WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: "example.com"},
	}), nil)
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(only the pool)", setMFA(t, s, api.SetUserPoolMfaConfigInput{UserPoolId: id}), nil)
	if diff := cmp.Diff(&api.GetUserPoolMfaConfigOutput{MfaConfiguration: off}, getMFA(t, s, id)); diff != "" {
		t.Errorf("GetUserPoolMfaConfig() (-want +got):\n%s", diff)
	}
	if got := mustDescribe(t, s, id).SmsConfiguration; got != nil {
		t.Errorf("SmsConfiguration = %v, want none", got)
	}
}

// A pool that verifies phone numbers needs an SMS configuration, and a request without SmsMfaConfiguration removes it.
// Source: docs/behaviour.md §1.5.
func TestSetUserPoolMfaConfigOfPoolThatVerifiesPhones(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	id := mustCreate(t, s, api.CreateUserPoolInput{
		SmsConfiguration: sms(), AutoVerifiedAttributes: []api.VerifiedAttributeType{"phone_number"},
	}).Id
	want := api.InvalidParameterException("SMS configuration is required when phone_number is selected for auto verification")
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(OFF)", setMFA(t, s, api.SetUserPoolMfaConfigInput{UserPoolId: id, MfaConfiguration: off}), want)
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(a software token)", setMFA(t, s, api.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: optional, SoftwareTokenMfaConfiguration: softwareToken(true),
	}), want)
	if got := mustDescribe(t, s, id).SmsConfiguration; !cmp.Equal(got, sms()) {
		t.Errorf("SmsConfiguration after refused requests = %v, want it to stay", got)
	}
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(SMS)", setMFA(t, s, api.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: optional, SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: sms()},
	}), nil)
}

// Required MFA and EMAIL_OTP exclude each other: of two concurrent requests that switch on one of them, one succeeds.
func TestConcurrentExclusiveSettings(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		for range 10 {
			id := mustCreate(t, s, api.CreateUserPoolInput{}).Id
			results := make(chan error, 2)
			go func() {
				_, err := s.Client.SetUserPoolMfaConfig(t.Context(), &api.SetUserPoolMfaConfigInput{
					UserPoolId: id, MfaConfiguration: on, SoftwareTokenMfaConfiguration: softwareToken(true),
				})
				results <- err
			}()
			go func() {
				_, err := s.Client.UpdateUserPool(t.Context(), &api.UpdateUserPoolInput{
					UserPoolId: id, Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
						AllowedFirstAuthFactors: []api.AuthFactorType{"PASSWORD", "EMAIL_OTP"},
					}},
				})
				results <- err
			}()
			first, second := <-results, <-results
			if (first == nil) == (second == nil) {
				t.Errorf("SetUserPoolMfaConfig(ON) and UpdateUserPool(EMAIL_OTP) at once = %v and %v, want one refused", first, second)
			}
		}
	})
}
