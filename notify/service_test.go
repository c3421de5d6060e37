package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
)

// functions are those of a pool, as the test has them answer.
type functions struct {
	texts notify.Texts
	taken bool
	err   error
}

func (f *functions) CustomMessage(context.Context, *notify.Notification) (notify.Texts, error) {
	return f.texts, f.err
}

func (f *functions) SendCustom(context.Context, *notify.Notification) (bool, error) {
	return f.taken, f.err
}

func notification(medium api.DeliveryMediumType) *notify.Notification {
	return &notify.Notification{
		Pool:    &cognate.UserPool{LambdaConfig: &api.LambdaConfigType{CustomMessage: "f"}},
		Message: notify.Message{Username: "<b>{####}", Medium: medium, Destination: "there", Subject: "s", Body: "b", Code: "1&2"},
	}
}

func TestCourier(t *testing.T) {
	t.Parallel()
	refusal := errors.New("no")
	for name, tc := range map[string]struct {
		functions functions
		medium    api.DeliveryMediumType
		subject   string
		body      string // empty: nothing is sent
		err       error
	}{
		"the pool's own texts":    {functions{}, email, "s", "b", nil},
		"another email":           {functions{texts: notify.Texts{Email: "<i>{####}</i> {username}", Subject: "{username}"}}, email, "<b>{####}", "<i>1&amp;2</i> &lt;b&gt;{####}", nil},
		"another SMS":             {functions{texts: notify.Texts{SMS: "{####} {username}", Email: "x", Subject: "y"}}, sms, "s", "1&2 <b>{####}", nil},
		"the other medium's text": {functions{texts: notify.Texts{SMS: "x {####}"}}, email, "s", "b", nil},
		"a sender of its own":     {functions{taken: true}, email, "", "", nil},
		"a refusal":               {functions{err: refusal}, email, "", "", refusal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mailbox := new(notify.Mailbox)
			c := &notify.Service{Sender: mailbox, Functions: &tc.functions}
			if err := c.Send(t.Context(), notification(tc.medium)); !errors.Is(err, tc.err) {
				t.Errorf("Send() = %v, want %v", err, tc.err)
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
	mailbox := new(notify.Mailbox)
	c := &notify.Service{Sender: mailbox, Functions: new(functions), Log: slog.New(slog.DiscardHandler)}
	ctx, leave := context.WithCancel(t.Context())
	c.SendInBackground(ctx, notification(email))
	leave()
	c.Wait()
	if n := len(mailbox.Messages("")); n != 1 {
		t.Errorf("%d messages went out, want one, though the caller has left", n)
	}
	c.Functions = &functions{err: errors.New("no")}
	c.SendInBackground(ctx, notification(email)) // its failure is nobody's to see
	c.Wait()
}
