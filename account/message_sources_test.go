package account_test

import (
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// Each operation that sends a message has its trigger source, and its metadata is in the event (docs/behaviour.md §6.1, §6.2).
func TestSourcesOfMessages(t *testing.T) {
	t.Parallel()
	metadata := map[string]string{"from": "test"}
	for _, medium := range []struct {
		attribute api.VerifiedAttributeType
		value     string
		next      string
		sender    cognate.Trigger
	}{
		{api.VerifiedAttributeTypeEmail, "a@example.com", "b@example.com", cognate.TriggerCustomEmailSender},
		{api.VerifiedAttributeTypePhoneNumber, "+15550001", "+15550002", cognate.TriggerCustomSMSSender},
	} {
		for _, of := range []cognate.Trigger{cognate.TriggerCustomMessage, medium.sender} {
			p := cognatetest.Pool(t, cognatetest.AutoVerify(medium.attribute), cognatetest.WithTriggers(of), cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) {
				in.SmsConfiguration = &api.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "external"}
			}))
			name := string(medium.attribute)
			access := func(username string) string { return p.MustSignIn(username, "").AuthenticationResult.AccessToken }
			verified := func(value string) []api.AttributeType {
				return cognatetest.Attributes(name, value, name+"_verified", "true")
			}
			p.MustUser("known", verified(medium.value)...)
			p.MustUser("changed", verified(medium.value)...)
			token := access("known")
			for _, tt := range []struct {
				operation, kind string
				isAdmin         bool
				run             func() error
			}{
				{"SignUp", "SignUp", false, func() error {
					_, err := p.Client.SignUp(t.Context(), &api.SignUpInput{
						ClientId: p.ClientID, Username: "new", Password: cognatetest.Password,
						UserAttributes: cognatetest.Attributes(name, medium.next), ClientMetadata: metadata,
					})
					return err
				}},
				{"ResendConfirmationCode", "ResendCode", false, func() error {
					_, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: "new", ClientMetadata: metadata})
					return err
				}},
				{"ForgotPassword", "ForgotPassword", false, func() error {
					_, err := p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: p.ClientID, Username: "known", ClientMetadata: metadata})
					return err
				}},
				{"GetUserAttributeVerificationCode", "VerifyUserAttribute", false, func() error {
					_, err := p.Client.GetUserAttributeVerificationCode(t.Context(), &api.GetUserAttributeVerificationCodeInput{
						AccessToken: token, AttributeName: name, ClientMetadata: metadata,
					})
					return err
				}},
				{"UpdateUserAttributes", "UpdateUserAttribute", false, func() error {
					_, err := p.Client.UpdateUserAttributes(t.Context(), &api.UpdateUserAttributesInput{
						AccessToken: token, UserAttributes: cognatetest.Attributes(name, medium.next), ClientMetadata: metadata,
					})
					return err
				}},
				{"AdminUpdateUserAttributes", "UpdateUserAttribute", true, func() error {
					_, err := p.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
						UserPoolId: p.PoolID, Username: "known", UserAttributes: cognatetest.Attributes(name, medium.value), ClientMetadata: metadata,
					})
					return err
				}},
				{"AdminResetUserPassword", "ForgotPassword", true, func() error {
					_, err := p.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "changed", ClientMetadata: metadata})
					return err
				}},
				{"AdminCreateUser", "AdminCreateUser", true, func() error {
					_, err := p.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
						UserPoolId: p.PoolID, Username: "invited", UserAttributes: cognatetest.Attributes(name, medium.value), ClientMetadata: metadata,
					})
					return err
				}},
			} {
				p.Triggers.Sources()
				if err := tt.run(); err != nil {
					t.Errorf("%s for %s = %v", tt.operation, of, err)
				}
				client := p.ClientID
				if tt.isAdmin {
					client = "CLIENT_ID_NOT_APPLICABLE"
				}
				events := p.Triggers.Events()
				if len(events) != 1 || events[0].Source != string(of)+"_"+tt.kind || events[0].Request.ClientMetadata["from"] != "test" || events[0].Caller.ClientID != client {
					t.Errorf("events of %s for %s: %d, want one %s of %s with the metadata", tt.operation, of, len(events), tt.kind, client)
					for _, e := range events {
						t.Logf("%s", e.JSON)
					}
				}
			}
		}
	}
}
