package ses_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/notify/ses"
)

// mustServe answers like SES, with the given error if there is one, and records the last request.
func mustServe(t *testing.T, fault string) (transport *ses.Transport, signed *string, body *map[string]any) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	signed, body = new(string), new(map[string]any)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*signed = r.Header.Get("Authorization")
		if err := json.NewDecoder(r.Body).Decode(body); err != nil || r.URL.Path != "/v2/email/outbound-emails" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		w.Header().Set("Content-Type", "application/json")
		if fault != "" {
			w.Header().Set("X-Amzn-Errortype", fault)
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(`{"MessageId":"1"}`))
	}))
	t.Cleanup(s.Close)
	transport, err := ses.New(t.Context(), ses.Config{Region: "eu-west-1", Endpoint: s.URL, From: "people@example.com", Now: time.Now})
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return transport, signed, body
}

func delivery(own *api.EmailConfigurationType) *notify.Delivery {
	return &notify.Delivery{
		ID: "m1", Pool: &cognate.UserPool{PoolMessages: cognate.PoolMessages{EmailConfiguration: own}},
		Message: notify.Message{Medium: "EMAIL", Destination: "anna@example.com", Subject: "Hello", Body: "123456"},
	}
}

func TestDeliver(t *testing.T) {
	const arn = "arn:aws:ses:us-west-2:123456789012:identity/example.com"
	transport, signed, got := mustServe(t, "")
	want := map[string]any{
		"FromEmailAddress": "people@example.com", "Destination": map[string]any{"ToAddresses": []any{"anna@example.com"}},
		"Content": map[string]any{"Simple": map[string]any{
			"Subject": map[string]any{"Charset": "UTF-8", "Data": "Hello"},
			"Body":    map[string]any{"Html": map[string]any{"Charset": "UTF-8", "Data": "123456"}},
		}},
	}
	if err := transport.Deliver(t.Context(), delivery(nil)); err != nil {
		t.Fatalf("Deliver() = %v", err)
	}
	if diff := cmp.Diff(want, *got); diff != "" || !strings.Contains(*signed, "/eu-west-1/ses/") {
		t.Errorf("request signed %s (-want +got):\n%s", *signed, diff)
	}
	own := &api.EmailConfigurationType{
		From: "Own <own@example.com>", ReplyToEmailAddress: "help@example.com", SourceArn: arn, ConfigurationSet: "codes",
	}
	want["FromEmailAddress"], want["ReplyToAddresses"] = own.From, []any{own.ReplyToEmailAddress}
	want["FromEmailAddressIdentityArn"], want["ConfigurationSetName"] = arn, "codes"
	if err := transport.Deliver(t.Context(), delivery(own)); err != nil {
		t.Fatalf("Deliver(pool's own) = %v", err)
	}
	if diff := cmp.Diff(want, *got); diff != "" || !strings.Contains(*signed, "/us-west-2/ses/") {
		t.Errorf("request of a pool's own signed %s (-want +got):\n%s", *signed, diff)
	}
}

// An email about a risky sign-in has a sender of its own, and a text besides HTML.
func TestTextAndOwnSender(t *testing.T) {
	const arn = "arn:aws:ses:us-west-2:123456789012:identity/shop@example.com"
	transport, signed, got := mustServe(t, "")
	p := delivery(&api.EmailConfigurationType{From: "own@example.com", ConfigurationSet: "codes"})
	p.Text, p.Sender = "text", notify.MessageSender{SourceARN: arn, ReplyTo: "Help <help@example.com>"}
	if err := transport.Deliver(t.Context(), p); err != nil {
		t.Fatalf("Deliver() = %v", err)
	}
	want := map[string]any{
		"FromEmailAddress": "shop@example.com", "FromEmailAddressIdentityArn": arn, "Destination": map[string]any{"ToAddresses": []any{"anna@example.com"}},
		"ReplyToAddresses": []any{"Help <help@example.com>"},
		"Content": map[string]any{"Simple": map[string]any{
			"Subject": map[string]any{"Charset": "UTF-8", "Data": "Hello"},
			"Body": map[string]any{
				"Html": map[string]any{"Charset": "UTF-8", "Data": "123456"}, "Text": map[string]any{"Charset": "UTF-8", "Data": "text"},
			},
		}},
	}
	if diff := cmp.Diff(want, *got); diff != "" || !strings.Contains(*signed, "/us-west-2/ses/") {
		t.Errorf("request signed %s (-want +got):\n%s", *signed, diff)
	}
	p.Sender.ReplyTo = "a@example.com\r\nBcc: b@example.com"
	if err := transport.Deliver(t.Context(), p); !notify.IsRefused(err) {
		t.Errorf("Deliver(hostile ReplyTo) = %v, want Refused", err)
	}
}

func TestFaults(t *testing.T) {
	for fault, refused := range map[string]bool{
		"MessageRejected": true, "BadRequestException": true, "AccountSuspendedException": false, "NotFoundException": false,
	} {
		transport, _, _ := mustServe(t, fault)
		if err := transport.Deliver(t.Context(), delivery(nil)); err == nil || notify.IsRefused(err) != refused {
			t.Errorf("Deliver() after %s = %v, refused: %v, want %v", fault, err, notify.IsRefused(err), refused)
		}
	}
}

// A pool of an earlier version may have stored anything. Nothing is sent then.
func TestHostileSettings(t *testing.T) {
	transport, signed, _ := mustServe(t, "")
	for name, own := range map[string]*api.EmailConfigurationType{
		"From":              {From: "a@example.com\r\nBcc: b@example.com"},
		"ReplyTo":           {ReplyToEmailAddress: "a@example.com\r\nBcc: b@example.com"},
		"SourceArn":         {SourceArn: "arn:aws:ses:@127.0.0.1:123456789012:identity/example.com"},
		"configuration set": {ConfigurationSet: "a/../b"},
	} {
		if err := transport.Deliver(t.Context(), delivery(own)); !notify.IsRefused(err) || *signed != "" {
			t.Errorf("Deliver(hostile %s) = %v, want Refused and no request", name, err)
		}
	}
}
