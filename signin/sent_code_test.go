package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A sign-in with a code does not take an alias from the user who has verified it. It succeeds, and the contact of the user
// who signed in stays unverified. A contact that is no user's alias becomes verified.
func TestSentCodeTakesNoAlias(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		attribute, value, free string
		challenge              api.ChallengeNameType
		code                   string
		recovery               api.RecoveryOptionNameType // the other medium: the first one is no second factor
	}{
		{"phone_number", "+15555550100", "+15555550101", api.ChallengeNameTypeSmsMfa, "SMS_MFA_CODE", api.RecoveryOptionNameTypeVerifiedEmail},
		{"email", "ann@example.com", "bob@example.com", api.ChallengeNameTypeEmailOtp, "EMAIL_OTP_CODE", api.RecoveryOptionNameTypeVerifiedPhoneNumber},
	} {
		t.Run(tt.attribute, func(t *testing.T) {
			t.Parallel()
			cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
				p := aliasesWithMFA(t, s, tt.recovery)
				p.MustUser("ann", cognatetest.Attributes(tt.attribute, tt.value, tt.attribute+"_verified", "true")...)
				p.MustUser("eve", cognatetest.Attributes(tt.attribute, tt.value)...)
				p.MustUser("bob", cognatetest.Attributes(tt.attribute, tt.free)...)
				for name, destination := range map[string]string{"eve": tt.value, "bob": tt.free} {
					in := p.MustSignIn(name, tt.challenge)
					out := cognatetest.Try(p.Answer(tt.challenge, in.Session, responses(name, tt.code, mustCode(t, s, destination)))).Of(t)
					if out.AuthenticationResult == nil {
						t.Errorf("sign-in of %s = %+v, want tokens", name, out)
					}
				}
				for name, want := range map[string]string{"ann": "true", "eve": "", "bob": "true"} {
					if got := verifiedFlag(t, p, name, tt.attribute); got != want {
						t.Errorf("%s_verified of %s = %q, want %q", tt.attribute, name, got, want)
					}
				}
				for alias, want := range map[string]string{tt.value: "ann", tt.free: "bob"} {
					if got := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: alias}).Username; got != want {
						t.Errorf("AdminGetUser(%s) = %s, want %s", alias, got, want)
					}
				}
			})
		})
	}
}

// aliasesWithMFA returns a pool in which verified contacts are aliases, and sent codes are the second factor.
func aliasesWithMFA(t *testing.T, s *cognatetest.Server, recovery api.RecoveryOptionNameType) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t, cognatetest.Recovery(recovery), cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
		in.AliasAttributes = []api.AliasAttributeType{api.AliasAttributeTypeEmail, api.AliasAttributeTypePhoneNumber}
		in.EmailConfiguration = &api.EmailConfigurationType{
			EmailSendingAccount: api.EmailSendingAccountTypeDeveloper, SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/example.com",
		}
	}))
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: api.UserPoolMfaTypeOn,
		SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: &api.SmsConfigurationType{
			SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external",
		}},
		EmailMfaConfiguration: &api.EmailMfaConfigType{},
	})
	return p
}

func verifiedFlag(t *testing.T, p *cognatetest.UserPool, username, attribute string) string {
	t.Helper()
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: username})
	for _, a := range user.UserAttributes {
		if a.Name == attribute+"_verified" {
			return a.Value
		}
	}
	return ""
}
