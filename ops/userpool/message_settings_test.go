package userpool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// Every operation that writes a template or a sender checks it. Source: docs/behaviour.md §5.5, §5.11.
func TestMessageSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	invalid := api.InvalidParameterException
	byLink := func(text string) api.UpdateUserPoolInput {
		return api.UpdateUserPoolInput{VerificationMessageTemplate: &api.VerificationMessageTemplateType{EmailMessageByLink: text}}
	}
	invitation := func(m api.MessageTemplateType) api.UpdateUserPoolInput {
		return api.UpdateUserPoolInput{AdminCreateUserConfig: &api.AdminCreateUserConfigType{InviteMessageTemplate: &m}}
	}
	email := func(c api.EmailConfigurationType) api.UpdateUserPoolInput {
		return api.UpdateUserPoolInput{EmailConfiguration: &c}
	}
	for name, test := range map[string]struct {
		in   api.UpdateUserPoolInput
		want error
	}{
		"link":                            {byLink("Please {##click here##}."), nil},
		"link and code":                   {byLink("Please {##click##} or take {####}."), nil},
		"code instead of a link":          {byLink("Your code is {####}."), invalid("The message is invalid.")},
		"two codes instead of a link":     {byLink("{####}{####}"), invalid("The message is invalid.")},
		"invitation":                      {invitation(api.MessageTemplateType{EmailMessage: "{username} {####}", SMSMessage: "{username} {####}"}), nil},
		"invitation without a username":   {invitation(api.MessageTemplateType{EmailMessage: "Take {####}"}), invalid("The message is invalid.")},
		"text message without username":   {invitation(api.MessageTemplateType{SMSMessage: "Take {####}"}), invalid("The message is invalid.")},
		"From without an identity":        {email(api.EmailConfigurationType{From: "a@example.com"}), invalid("Cannot configure From email address for default email configuration")},
		"From with an identity":           {email(api.EmailConfigurationType{From: "a@example.com", SourceArn: sesIdentity}), nil},
		"ReplyTo without an identity":     {email(api.EmailConfigurationType{ReplyToEmailAddress: "a@example.com"}), nil},
		"SmsConfiguration without a kind": {api.UpdateUserPoolInput{SmsConfiguration: new(api.SmsConfigurationType)}, invalid("SmsConfiguration requires SnsCallerArn or EumsSms")},
		"SmsConfiguration of both kinds": {
			api.UpdateUserPoolInput{SmsConfiguration: &api.SmsConfigurationType{
				SnsCallerArn: smsRole, EumsSms: &api.EumsSmsConfigurationType{CallerArn: smsRole},
			}},
			invalid("SmsConfiguration can't have both SnsCallerArn and EumsSms"),
		},
	} {
		test.in.UserPoolId = mustCreate(t, s, api.CreateUserPoolInput{}).Id
		cognatetest.WantRefusal(t, "UpdateUserPool("+name+")", update(t, s, test.in), test.want)
		_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
			PoolName: "people", VerificationMessageTemplate: test.in.VerificationMessageTemplate,
			AdminCreateUserConfig: test.in.AdminCreateUserConfig, EmailConfiguration: test.in.EmailConfiguration,
			SmsConfiguration: test.in.SmsConfiguration,
		})
		cognatetest.WantRefusal(t, "CreateUserPool("+name+")", err, test.want)
	}
}

// The two kinds of senders of SMS replace each other. Source: docs/behaviour.md §5.11.
func TestKindsOfSMSSenders(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	eums := &api.SmsConfigurationType{EumsSms: &api.EumsSmsConfigurationType{CallerArn: smsRole}}
	id := mustCreate(t, s, api.CreateUserPoolInput{SmsConfiguration: eums}).Id
	shown := func(what string, want *api.SmsConfigurationType) {
		t.Helper()
		if diff := cmp.Diff(want, mustDescribe(t, s, id).SmsConfiguration); diff != "" {
			t.Errorf("SmsConfiguration after %s (-want +got):\n%s", what, diff)
		}
	}
	shown("CreateUserPool(EumsSms)", eums)
	cognatetest.WantRefusal(t, "UpdateUserPool(SNS)", update(t, s, api.UpdateUserPoolInput{UserPoolId: id, SmsConfiguration: sms()}), nil)
	shown("UpdateUserPool(SNS)", sms())
	cognatetest.WantRefusal(t, "SetUserPoolMfaConfig(EumsSms)", setMFA(t, s, api.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: optional, SmsMfaConfiguration: &api.SmsMfaConfigType{SmsConfiguration: eums},
	}), nil)
	shown("SetUserPoolMfaConfig(EumsSms)", eums)
}
