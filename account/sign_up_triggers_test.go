package account_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
	"cognate/trigger"
)

func signUp(t *testing.T, p *cognatetest.UserPool, list ...string) (*api.SignUpOutput, error) {
	t.Helper()
	return p.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: p.ClientID, Username: "anna", Password: cognatetest.Password, UserAttributes: cognatetest.Attributes(list...),
		ValidationData: cognatetest.Attributes("invite", "7"), ClientMetadata: map[string]string{"from": "test"},
	})
}

func shown(t *testing.T, p *cognatetest.UserPool) *api.AdminGetUserOutput {
	t.Helper()
	return p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "anna"})
}

func TestPreSignUpRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer cognatetest.TriggerFunc
		want   error
	}{
		"the function fails": {
			cognatetest.Fail("Email address exists and UNCONFIRMED"),
			api.UserLambdaValidationException("PreSignUp failed with error Email address exists and UNCONFIRMED."),
		},
		"the function hangs": {
			func(*cognatetest.TriggerEvent) (any, error) { return nil, trigger.ErrTimedOut },
			api.UnexpectedLambdaException("PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."),
		},
		"the function is not there": {
			func(*cognatetest.TriggerEvent) (any, error) { return nil, errors.New("dial tcp 10.0.0.1:443: refused") },
			api.UnexpectedLambdaException("PreSignUp invocation failed due to error The function could not be invoked."),
		},
		"nonsense": {cognatetest.Answer("yes"), api.InvalidLambdaResponseException("Unrecognizable lambda output")},
		"the wrong type": {
			cognatetest.Answer(map[string]any{"autoConfirmUser": "yes"}), api.InvalidLambdaResponseException("Unrecognizable lambda output"),
		},
		"verifies what is not there": {
			cognatetest.Answer(map[string]any{"autoVerifyPhone": true}), api.InvalidLambdaResponseException("The user has no phone_number to verify."),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerPreSignUp, cognate.TriggerPostConfirmation, cognate.TriggerCustomMessage))
			p.Triggers.On(cognate.TriggerPreSignUp, tc.answer)
			_, err := signUp(t, p, "email", "a@example.com")
			cognatetest.WantRefusal(t, "SignUp()", err, tc.want)
			if list := p.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: p.PoolID}); len(list.Users) != 0 {
				t.Errorf("users after a refused sign-up = %v, want none", list.Users)
			}
			if diff := cmp.Diff([]string{"PreSignUp_SignUp"}, slices.Compact(p.Triggers.Sources())); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if sent := p.Mailbox.Messages(""); len(sent) != 0 {
				t.Errorf("%d messages went out, want none", len(sent))
			}
			p.Triggers.On(cognate.TriggerPreSignUp, nil)
			_, err = signUp(t, p, "email", "a@example.com")
			cognatetest.WantRefusal(t, "SignUp(again, when the function accepts all users)", err, nil)
		})
	}
}

func TestPreSignUpEvent(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerPreSignUp))
	cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	e := p.Triggers.Last(t, cognate.TriggerPreSignUp)
	if e.UserName != "anna" || e.Caller.ClientID != p.ClientID {
		t.Errorf("the event is about %s at %s, want anna at %s", e.UserName, e.Caller.ClientID, p.ClientID)
	}
	for what, maps := range map[string][2]map[string]string{
		"attributes":     {e.Request.Attributes, {"email": "a@example.com"}},
		"validationData": {e.Request.ValidationData, {"invite": "7"}},
		"clientMetadata": {e.Request.ClientMetadata, {"from": "test"}},
	} {
		if diff := cmp.Diff(maps[1], maps[0]); diff != "" {
			t.Errorf("%s of the event (-want +got):\n%s", what, diff)
		}
	}
}

func TestPreSignUpConfirms(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerPreSignUp, cognate.TriggerPostConfirmation))
	p.Triggers.On(cognate.TriggerPreSignUp, cognatetest.Answer(map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true}))
	out := cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	if !api.IsTrue(out.UserConfirmed) || out.CodeDeliveryDetails != nil || len(p.Mailbox.Messages("")) != 0 {
		t.Errorf("SignUp() = %+v with %d messages, want a confirmed user and none", out, len(p.Mailbox.Messages("")))
	}
	user := shown(t, p)
	want := cognatetest.Attributes("sub", out.UserSub, "email", "a@example.com", "email_verified", "true")
	if diff := cmp.Diff(want, user.UserAttributes); diff != "" || user.UserStatus != api.UserStatusTypeConfirmed {
		t.Errorf("user is %s, attributes (-want +got):\n%s", user.UserStatus, diff)
	}
	if diff := cmp.Diff([]string{"PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"}, p.Triggers.Sources()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	p.MustSignIn("anna", "")
}

func TestPostConfirmationFails(t *testing.T) {
	t.Parallel()
	refusal := api.UserLambdaValidationException("PostConfirmation failed with error no.")
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerPostConfirmation))
	p.Triggers.On(cognate.TriggerPostConfirmation, cognatetest.Fail("no"))
	cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	message, _ := p.Mailbox.Last("a@example.com")
	_, err := p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
		ClientId: p.ClientID, Username: "anna", ConfirmationCode: message.Code, ClientMetadata: map[string]string{"from": "test"},
	})
	cognatetest.WantRefusal(t, "ConfirmSignUp()", err, refusal)
	if status := shown(t, p).UserStatus; status != api.UserStatusTypeConfirmed {
		t.Errorf("status = %s, want CONFIRMED whatever the function says", status)
	}
	e := p.Triggers.Last(t, cognate.TriggerPostConfirmation)
	if a := e.Request.Attributes; a["cognito:user_status"] != "CONFIRMED" || a["email_verified"] != "true" || e.Request.ClientMetadata["from"] != "test" {
		t.Errorf("event = %s, want the confirmed user and the metadata", e.JSON)
	}
	_, err = p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{ClientId: p.ClientID, Username: "anna", ConfirmationCode: message.Code})
	cognatetest.WantRefusal(t, "ConfirmSignUp(again)", err, errConfirmed)
}

func TestCustomMessage(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerCustomMessage))
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailSubject": "Hi", "emailMessage": "<i>{####}</i>"}))
	cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	m, _ := p.Mailbox.Last("a@example.com")
	if m.Subject != "Hi" || m.Body != "<i>"+m.Code+"</i>" {
		t.Errorf("message = %q, %q, want the function's texts", m.Subject, m.Body)
	}
	e := p.Triggers.Last(t, cognate.TriggerCustomMessage)
	if e.Source != "CustomMessage_SignUp" || e.Request.Attributes["cognito:user_status"] != "UNCONFIRMED" {
		t.Errorf("event = %s, want CustomMessage_SignUp of the unconfirmed user", e.JSON)
	}
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailMessage": "there is no code"}))
	p.Must(t).ResendConfirmationCode(&api.ResendConfirmationCodeInput{ClientId: p.ClientID, Username: "anna"})
	if e := p.Triggers.Last(t, cognate.TriggerCustomMessage); e.Source != "CustomMessage_ResendCode" {
		t.Errorf("source = %s, want CustomMessage_ResendCode", e.Source)
	}
	if m, _ := p.Mailbox.Last("a@example.com"); m.Kind != notify.KindResendCode || m.Body != "Your confirmation code is "+m.Code+"." {
		t.Errorf("message = %q with the code %s, want the pool's own text", m.Body, m.Code)
	}
}

func TestCustomEmailSender(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerCustomEmailSender, cognate.TriggerCustomMessage))
	out := cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	if out.CodeDeliveryDetails == nil || len(p.Mailbox.Messages("")) != 0 {
		t.Errorf("SignUp() = %+v with %d messages, want delivery details and none", out, len(p.Mailbox.Messages("")))
	}
	e := p.Triggers.Last(t, cognate.TriggerCustomEmailSender)
	if e.Source != "CustomEmailSender_SignUp" || e.Request.Type != "customEmailSenderRequestV1" || e.Request.Attributes["email"] != "a@example.com" {
		t.Errorf("event = %s", e.JSON)
	}
	_, err := p.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
		ClientId: p.ClientID, Username: "anna", ConfirmationCode: cognatetest.OpenCode(t, e.Request.Code),
	})
	cognatetest.WantRefusal(t, "ConfirmSignUp(the code that the function got)", err, nil)
	if diff := cmp.Diff([]string{"CustomEmailSender_SignUp"}, p.Triggers.Sources()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestHidingClientsWaitForNoFunction(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, byEmail, cognatetest.WithTriggers(cognate.TriggerCustomMessage))
	cognatetest.Try(signUp(t, p, "email", "a@example.com")).Of(t)
	client := p.MustClient(cognatetest.HideUsers())
	answered := make(chan struct{})
	sent := make(chan struct{})
	p.Triggers.On(cognate.TriggerCustomMessage, func(*cognatetest.TriggerEvent) (any, error) {
		<-answered
		defer close(sent)
		return nil, nil
	})
	_, err := p.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: client.ClientId, Username: "anna"})
	cognatetest.WantRefusal(t, "ResendConfirmationCode(while the function thinks)", err, nil)
	close(answered)
	<-sent
}
