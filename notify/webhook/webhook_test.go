package webhook_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/notify/webhook"
)

const secret = "a secret of some size"

func delivery(medium api.DeliveryMediumType) *notify.Delivery {
	return &notify.Delivery{
		ID: "m1", Pool: &cognate.UserPool{}, Message: notify.Message{
			PoolID: "eu-west-1_A", Sub: "1", Kind: notify.KindSignUp, Medium: medium, Destination: "+15555559934",
			Body: "Your code is 123456", Code: "123456", Expires: time.Unix(1795000000, 0),
		},
	}
}

func mustServe(t *testing.T, handler http.HandlerFunc) *webhook.Transport {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	return webhook.New(webhook.Config{
		URL: s.URL + "/send", Secret: []byte(secret), From: "people@example.com", Client: s.Client(),
		Now: func() time.Time { return time.Unix(1795000000, 0) },
	})
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	common := map[string]any{
		"ID": "m1", "UserPoolID": "eu-west-1_A", "Sub": "1", "Kind": "SignUp", "Destination": "+15555559934",
		"Body": "Your code is 123456", "Code": "123456", "Expires": float64(1795000000),
	}
	for medium, more := range map[api.DeliveryMediumType]map[string]any{
		"SMS":   {"Medium": "SMS"},
		"EMAIL": {"Medium": "EMAIL", "From": "people@example.com"},
	} {
		maps.Copy(more, common)
		var got map[string]any
		transport := mustServe(t, func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("read: %v", err)
			}
			timestamp := r.Header.Get(webhook.HeaderTimestamp)
			if r.Header.Get(webhook.HeaderSignature) != webhook.Sign([]byte(secret), timestamp, body) || timestamp != "1795000000" ||
				r.Header.Get(webhook.HeaderID) != "m1" || r.Method != http.MethodPost || r.URL.Path != "/send" {
				t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Errorf("body %s: %v", body, err)
			}
		})
		if err := transport.Deliver(t.Context(), delivery(medium)); err != nil {
			t.Errorf("Deliver() = %v", err)
		}
		if diff := cmp.Diff(more, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", medium, diff)
		}
	}
}

// Anyone can compute the signature with: printf '1795000000.{}' | openssl dgst -sha256 -hmac 'a secret of some size'.
func TestSign(t *testing.T) {
	t.Parallel()
	const want = "v1=e96a36c2e148e77f17708103ebdb8de6a12b306c16af7b8760bef978daf72522"
	if got := webhook.Sign([]byte(secret), "1795000000", []byte("{}")); got != want {
		t.Errorf("Sign() = %s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "accepted", 204: "accepted", 302: "again", 400: "rejected", 401: "rejected", 408: "again", 422: "rejected", 425: "again",
		429: "again", 500: "again", 503: "again",
	} {
		calls := 0
		transport := mustServe(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		err := transport.Deliver(t.Context(), delivery("SMS"))
		got := "again"
		if err == nil {
			got = "accepted"
		} else if notify.IsRefused(err) {
			got = "rejected"
		}
		if got != want || calls != 1 {
			t.Errorf("Deliver() after status %d = %v after %d requests, want the message %s", status, err, calls, want)
		}
	}
}

// A pool of an earlier version may have stored anything. Nothing is sent then.
func TestHostileSettings(t *testing.T) {
	t.Parallel()
	transport := mustServe(t, func(http.ResponseWriter, *http.Request) { t.Error("the message was sent") })
	for _, own := range []*api.EmailConfigurationType{
		{From: "a@example.com\nBcc: b@example.com"}, {ReplyToEmailAddress: "a@example.com\nBcc: b@example.com"}, {SourceArn: "identity/a@example.com"},
	} {
		p := delivery("EMAIL")
		p.Pool.EmailConfiguration = own
		if err := transport.Deliver(t.Context(), p); !notify.IsRefused(err) {
			t.Errorf("Deliver(%+v) = %v, want Refused", own, err)
		}
	}
}
