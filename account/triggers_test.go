package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

func invite(t *testing.T, p *cognatetest.UserPool, action api.MessageActionType) error {
	t.Helper()
	_, err := p.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: "anna", MessageAction: action, TemporaryPassword: cognatetest.Password,
		UserAttributes: cognatetest.Attributes("email", "a@example.com", "email_verified", "true"),
		ValidationData: cognatetest.Attributes("invite", "7"), ClientMetadata: map[string]string{"from": "test"},
	})
	return err
}

func TestAdminCreateUserAsksPreSignUp(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, beforeUpdate, cognatetest.WithTriggers(cognate.TriggerPreSignUp, cognate.TriggerPostConfirmation, cognate.TriggerCustomMessage))
	p.Triggers.On(cognate.TriggerPreSignUp, cognatetest.Fail("not him"))
	cognatetest.WantRefusal(t, "AdminCreateUser()", invite(t, p, ""), api.UserLambdaValidationException("PreSignUp failed with error not him."))
	e := p.Triggers.Last(t, cognate.TriggerPreSignUp)
	if e.Source != "PreSignUp_AdminCreateUser" || e.Caller.ClientID != "CLIENT_ID_NOT_APPLICABLE" || e.Request.ValidationData["invite"] != "7" {
		t.Errorf("event = %s", e.JSON)
	}
	_, err := p.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "anna"})
	cognatetest.WantRefusal(t, "AdminGetUser(refused)", err, api.ErrUserDoesNotExist)

	p.Triggers.Sources()
	p.Triggers.On(cognate.TriggerPreSignUp, cognatetest.Answer(map[string]any{"autoConfirmUser": true}))
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailMessage": "Be {username} with {####}"}))
	cognatetest.WantRefusal(t, "AdminCreateUser()", invite(t, p, ""), nil)
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "anna"})
	if user.UserStatus != api.UserStatusTypeForceChangePassword {
		t.Errorf("status = %s, want FORCE_CHANGE_PASSWORD whatever the function says", user.UserStatus)
	}
	if m, _ := p.Mailbox.Last("a@example.com"); m.Body != "Be anna with "+cognatetest.Password {
		t.Errorf("message = %q, want the function's text", m.Body)
	}
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailMessage": "Use {####}", "emailSubject": "Hi"}))
	cognatetest.WantRefusal(t, "AdminCreateUser(RESEND)", invite(t, p, api.MessageActionTypeResend), nil)
	own := "An account was made for you. Username: anna Temporary password: " + cognatetest.Password
	if m, _ := p.Mailbox.Last("a@example.com"); m.Subject != "Your new account" || m.Body != own {
		t.Errorf("message without {username} = %q, %q, want the pool's own", m.Subject, m.Body)
	}
	want := []string{"PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser", "CustomMessage_AdminCreateUser"}
	if diff := cmp.Diff(want, p.Triggers.Sources()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAdminConfirmSignUpTellsPostConfirmation(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, beforeUpdate, cognatetest.WithTriggers(cognate.TriggerPostConfirmation))
	p.Must(t).SignUp(&api.SignUpInput{ClientId: p.ClientID, Username: "anna", Password: cognatetest.Password})
	p.Must(t).AdminConfirmSignUp(&api.AdminConfirmSignUpInput{
		UserPoolId: p.PoolID, Username: "anna", ClientMetadata: map[string]string{"from": "test"},
	})
	e := p.Triggers.Last(t, cognate.TriggerPostConfirmation)
	if e.Source != "PostConfirmation_ConfirmSignUp" || e.Request.ClientMetadata["from"] != "test" || e.Request.Attributes["cognito:user_status"] != "CONFIRMED" {
		t.Errorf("event = %s", e.JSON)
	}
}

func TestAttributeMessagesAskTheirFunctions(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, beforeUpdate, cognatetest.WithTriggers(cognate.TriggerCustomEmailSender))
	p.MustUser("anna", cognatetest.Attributes("email", "a@example.com", "email_verified", "true")...)
	access := p.MustSignIn("anna", "").AuthenticationResult.AccessToken
	p.Must(t).UpdateUserAttributes(&api.UpdateUserAttributesInput{
		AccessToken: access, UserAttributes: cognatetest.Attributes("email", "new@example.com"), ClientMetadata: map[string]string{"from": "test"},
	})
	e := p.Triggers.Last(t, cognate.TriggerCustomEmailSender)
	if e.Source != "CustomEmailSender_UpdateUserAttribute" || e.Caller.ClientID != p.ClientID || e.Request.ClientMetadata["from"] != "test" {
		t.Errorf("event = %s", e.JSON)
	}
	if got := e.Request.Attributes["email"]; got != "new@example.com" {
		t.Errorf("the function would write to %s, want the address that is to be verified", got)
	}
	p.Must(t).GetUserAttributeVerificationCode(&api.GetUserAttributeVerificationCodeInput{
		AccessToken: access, AttributeName: "email",
	})
	e = p.Triggers.Last(t, cognate.TriggerCustomEmailSender)
	if e.Source != "CustomEmailSender_VerifyUserAttribute" || e.Request.Attributes["email"] != "new@example.com" {
		t.Errorf("event = %s", e.JSON)
	}
	p.Must(t).VerifyUserAttribute(&api.VerifyUserAttributeInput{
		AccessToken: access, AttributeName: "email", Code: cognatetest.OpenCode(t, e.Request.Code),
	})
}
