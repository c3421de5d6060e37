package signin_test

import (
	"testing"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

func TestTextOfSentCode(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustTrigger(cognate.TriggerCustomMessage)
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailMessage": "Type {####}"}))
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	m, _ := p.Mailbox.Last("ann@example.com")
	if out.ChallengeName != byEmail || m.Body != "Type "+m.Code {
		t.Errorf("USER_AUTH = %s with the message %q, want EMAIL_OTP with the function's text", out.ChallengeName, m.Body)
	}
	if e := p.Triggers.Last(t, cognate.TriggerCustomMessage); e.Source != "CustomMessage_Authentication" || e.Caller.ClientID != p.ClientID {
		t.Errorf("event = %s", e.JSON)
	}
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Answer(map[string]any{"emailMessage": "Welcome back"}))
	cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	if m, _ := p.Mailbox.Last("ann@example.com"); m.Body != "Your sign-in code is "+m.Code+"." {
		t.Errorf("message = %q, want the pool's own text instead of one without a code", m.Body)
	}
	p.Triggers.On(cognate.TriggerCustomMessage, cognatetest.Fail("no words"))
	_, err := userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")
	cognatetest.WantError(t, "a function without words", err, api.UserLambdaValidationException("CustomMessage failed with error no words."))
}

func TestSentCodeByCustomSender(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustTrigger(cognate.TriggerCustomEmailSender)
	out := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	e := p.Triggers.Last(t, cognate.TriggerCustomEmailSender)
	if e.Source != "CustomEmailSender_Authentication" || e.Request.Attributes["email"] != "ann@example.com" || len(p.Mailbox.Messages("")) != 0 {
		t.Errorf("event = %s, with %d messages of our own", e.JSON, len(p.Mailbox.Messages("")))
	}
	code := cognatetest.OpenCode(t, e.Request.Code)
	done := cognatetest.Try(p.Answer(byEmail, out.Session, responses("ann", "EMAIL_OTP_CODE", code))).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("EMAIL_OTP = %+v, want tokens", done)
	}
}

// A client that hides users must not show by the time of a function, or by its failure, which names are known.
func TestSentCodeOfHidingClient(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	p.MustTrigger(cognate.TriggerCustomMessage)
	answered, asked := make(chan struct{}), make(chan struct{})
	p.Triggers.On(cognate.TriggerCustomMessage, func(*cognatetest.TriggerEvent) (any, error) {
		<-answered
		defer close(asked)
		return cognatetest.Fail("no words")(nil)
	})
	for _, name := range []string{"ann", "unknown"} {
		out, err := userAuth(t, p, name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
		if err != nil || out.ChallengeName != byEmail {
			t.Errorf("USER_AUTH of %s = %+v, %v, want EMAIL_OTP", name, out, err)
		}
	}
	close(answered)
	<-asked
}
