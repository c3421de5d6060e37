package notify_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/trigger"
)

func takeover(pool *cognate.UserPool) *notify.Notification {
	pool.ID = "us-east-1_A"
	user := &cognate.User{Sub: "1", Username: "ann", Attributes: map[string]string{"email": "ann@example.com", "email_verified": "true"}}
	return notify.AccountTakeover(cognate.ClientRequest{Pool: pool}, user, notify.Takeover{
		Event: &cognate.AuthEvent{
			ID: "e1", Created: time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC), IPAddress: "203.0.113.9", DeviceName: "<b>{event-id}",
			Place: cognate.Place{Country: "Germany"},
		},
		Reaction: notify.Blocked, Token: "t1", Domain: "https://login.example.com",
	})
}

// The HTML of an email shows values as text, and its own links can be clicked.
func TestAccountTakeoverHTML(t *testing.T) {
	t.Parallel()
	const link = "https://login.example.com/feedback?event_id=e1&amp;feedback_token=t1&amp;feedback_value=Valid&amp;user_name=ann"
	m := takeover(new(cognate.UserPool)).Message
	for _, part := range []string{"Device: &lt;b&gt;{event-id}<br>\n", "Place: unknown, Germany<br>\n", `<a href="` + link + `">` + link + `</a>`} {
		if !strings.Contains(m.Body, part) {
			t.Errorf("Body = %s\nwant %q in it", m.Body, part)
		}
	}
	pool := new(cognate.UserPool)
	pool.Risk = &cognate.RiskConfiguration{Takeover: &api.AccountTakeoverRiskConfigurationType{
		NotifyConfiguration: &api.NotifyConfigurationType{BlockEmail: &api.NotifyEmailType{Subject: "s", TextBody: "<i>\n{device-name}"}},
	}}
	if m := takeover(pool).Message; m.Body != "&lt;i&gt;<br>\n&lt;b&gt;{event-id}" || m.Text != "<i>\n<b>{event-id}" {
		t.Errorf("an email with a TextBody only = %q, %q", m.Body, m.Text)
	}
}

// started keeps the events that the functions of a pool get without an answer.
type started struct {
	functions
	events [][]byte
}

func (s *started) Start(_ context.Context, _ string, event []byte) error {
	s.events = append(s.events, event)
	return nil
}

func TestCustomSenderOfAccountTakeover(t *testing.T) {
	t.Parallel()
	f := &started{functions: functions{customSenders: true}}
	c := &notify.Service{Sender: new(notify.Mailbox), Triggers: &trigger.Service{Invoker: f, Sealer: f, Log: slog.New(slog.DiscardHandler), Now: time.Now}}
	if err := c.Send(t.Context(), takeover(f.pool())); err != nil || len(f.events) != 1 {
		t.Fatalf("Send() = %v, %d events, want one", err, len(f.events))
	}
	var got struct {
		TriggerSource string
		Request       struct {
			Type, Code     any
			UserAttributes map[string]string
		}
	}
	if err := json.Unmarshal(f.events[0], &got); err != nil {
		t.Fatal(err)
	}
	const link = "https://login.example.com/feedback?event_id=e1&feedback_token=t1&feedback_value="
	want := map[string]string{
		"sub": "1", "email": "ann@example.com", "email_verified": "true", "cognito:user_status": "", "EVENT_ID": "e1", "USER_NAME": "ann",
		"IP_ADDRESS": "203.0.113.9", "ACCOUNT_TAKE_OVER_ACTION": "BLOCK", "LOGIN_TIME": "Fri, 27 Nov 2026 09:30:00 UTC", "FEEDBACK_TOKEN": "t1", "COUNTRY": "Germany",
		"DEVICE_NAME": "<b>{event-id}", "ONE_CLICK_LINK_VALID": link + "Valid&user_name=ann", "ONE_CLICK_LINK_INVALID": link + "Invalid&user_name=ann",
	}
	if diff := cmp.Diff(want, got.Request.UserAttributes); diff != "" {
		t.Errorf("userAttributes (-want +got):\n%s", diff)
	}
	if got.TriggerSource != "CustomEmailSender_AccountTakeOverNotification" || got.Request.Type != "customEmailSenderRequestV1" || got.Request.Code != nil {
		t.Errorf("event = %s, want another trigger source, type or code", f.events[0])
	}
}
