package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/trigger"
)

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:f"

// functions answer the triggers of a pool.
type functions struct {
	texts         trigger.Texts
	customSenders bool // the pool has custom senders
	err           error
}

func (f *functions) Invoke(context.Context, string, []byte) ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	return json.Marshal(map[string]any{"response": map[string]string{
		"smsMessage": f.texts.SMS, "emailMessage": f.texts.Email, "emailSubject": f.texts.Subject,
	}})
}

func (f *functions) Start(context.Context, string, []byte) error { return f.err }

func (f *functions) SealCode(context.Context, *cognate.UserPool, string) (string, error) {
	return "sealed", nil
}

func (f *functions) triggers() *trigger.Service {
	return &trigger.Service{Invoker: f, Sealer: f, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

func (f *functions) pool() *cognate.UserPool {
	config := &api.LambdaConfigType{CustomMessage: functionARN}
	if f.customSenders {
		config.CustomEmailSender = &api.CustomEmailLambdaVersionConfigType{LambdaArn: functionARN}
	}
	return &cognate.UserPool{LambdaConfig: config}
}

func (f *functions) notification(medium api.DeliveryMediumType) *notify.Notification {
	return &notify.Notification{
		ClientRequest: cognate.ClientRequest{Pool: f.pool()},
		User:          new(cognate.User),
		Message:       notify.Message{Username: "<b>{####}", Medium: medium, Destination: "there", Subject: "s", Body: "b", Code: "1&2"},
	}
}

func TestCourier(t *testing.T) {
	t.Parallel()
	refusal := api.UserLambdaValidationException("CustomMessage failed with error no.")
	for name, tc := range map[string]struct {
		functions functions
		medium    api.DeliveryMediumType
		subject   string
		body      string // empty: nothing is sent
		err       error
	}{
		"the pool's own texts":    {functions{}, email, "s", "b", nil},
		"another email":           {functions{texts: trigger.Texts{Email: "<i>{####}</i> {username}", Subject: "{username}"}}, email, "<b>{####}", "<i>1&amp;2</i> &lt;b&gt;{####}", nil},
		"another SMS":             {functions{texts: trigger.Texts{SMS: "{####} {username}", Email: "x {####}", Subject: "y"}}, sms, "s", "1&2 <b>{####}", nil},
		"the other medium's text": {functions{texts: trigger.Texts{SMS: "x {####}"}}, email, "s", "b", nil},
		"a sender of its own":     {functions{customSenders: true}, email, "", "", nil},
		"a refusal":               {functions{err: &trigger.FunctionError{Message: "no"}}, email, "", "", refusal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mailbox := new(notify.Mailbox)
			var reported []string
			c := &notify.Service{
				Sender: mailbox, Triggers: tc.functions.triggers(),
				Sent: func(_ context.Context, m notify.Message) { reported = append(reported, m.Code) },
			}
			if err := c.Send(t.Context(), tc.functions.notification(tc.medium)); !errors.Is(err, tc.err) {
				t.Errorf("Send() = %v, want %v", err, tc.err)
			}
			if sent := len(reported) == 1 && reported[0] == "1&2"; sent != (tc.err == nil) {
				t.Errorf("Sent got the codes %q, want those of accepted messages", reported)
			}
			var want []string
			if tc.body != "" {
				want = []string{tc.subject, tc.body}
			}
			var got []string
			for _, m := range mailbox.Messages("there") {
				got = append(got, m.Subject, m.Body)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("subject and body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCourierUnseen(t *testing.T) {
	t.Parallel()
	mailbox, answering := new(notify.Mailbox), new(functions)
	c := &notify.Service{Sender: mailbox, Triggers: answering.triggers(), Log: slog.New(slog.DiscardHandler)}
	ctx, leave := context.WithCancel(t.Context())
	c.SendInBackground(ctx, answering.notification(email))
	leave()
	c.Wait()
	if n := len(mailbox.Messages("")); n != 1 {
		t.Errorf("%d messages went out, want one, though the caller has left", n)
	}
	failing := &functions{err: errors.New("no")}
	c.Triggers = failing.triggers()
	c.SendInBackground(ctx, failing.notification(email)) // the caller does not see the failure
	c.Wait()
}
