package sns_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/notify"
	"cognate/notify/sns"
)

// cloud answers like SNS and STS, and records the requests.
type cloud struct {
	t        *testing.T
	fault    string
	requests []request
}

type request struct {
	form   url.Values
	signed string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.t.Errorf("request: %v", err)
	}
	c.requests = append(c.requests, request{r.PostForm, r.Header.Get("Authorization")})
	w.Header().Set("Content-Type", "text/xml")
	switch {
	case r.PostForm.Get("Action") == "AssumeRole":
		_, _ = w.Write([]byte(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>` +
			`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>` +
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`))
	case c.fault != "":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, c.fault)
	default:
		_, _ = w.Write([]byte(`<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`))
	}
}

func mustServe(t *testing.T, fault string, assumeRoles bool) (*sns.Transport, *cloud) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "OWNKEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	c := &cloud{t: t, fault: fault}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	transport, err := sns.New(t.Context(), sns.Config{Region: "eu-west-1", Endpoint: s.URL, STSEndpoint: s.URL, AssumeRoles: assumeRoles, Now: time.Now})
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return transport, c
}

func delivery(own *api.SmsConfigurationType) *notify.Delivery {
	return &notify.Delivery{
		ID: "m1", Pool: &cognate.UserPool{PoolMessages: cognate.PoolMessages{SMSConfiguration: own}},
		Message: notify.Message{Medium: "SMS", Destination: "+15555559934", Body: "Your code is 123456"},
	}
}

var own = &api.SmsConfigurationType{
	SnsCallerArn: "arn:aws:iam::123456789012:role/sms", ExternalId: "shared", SnsRegion: "us-west-2",
}

func TestDeliver(t *testing.T) {
	transport, c := mustServe(t, "", false)
	for _, p := range []*notify.Delivery{delivery(nil), delivery(own)} {
		if err := transport.Deliver(t.Context(), p); err != nil {
			t.Fatalf("Deliver() = %v", err)
		}
	}
	want := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "PhoneNumber": {"+15555559934"}, "Message": {"Your code is 123456"},
		"MessageAttributes.entry.1.Name":              {"AWS.SNS.SMS.SMSType"},
		"MessageAttributes.entry.1.Value.DataType":    {"String"},
		"MessageAttributes.entry.1.Value.StringValue": {"Transactional"},
	}
	if diff := cmp.Diff(want, c.requests[0].form); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	wantSigned(t, c.requests[0], "OWNKEY", "eu-west-1")
	wantSigned(t, c.requests[1], "OWNKEY", "us-west-2")
}

func TestRoles(t *testing.T) {
	transport, c := mustServe(t, "", true)
	for range 2 {
		if err := transport.Deliver(t.Context(), delivery(own)); err != nil {
			t.Fatalf("Deliver() = %v", err)
		}
	}
	if len(c.requests) != 3 { // one request for the role, two for the message
		t.Fatalf("%d requests, want 3", len(c.requests))
	}
	asked := c.requests[0].form
	if asked.Get("RoleArn") != own.SnsCallerArn || asked.Get("ExternalId") != own.ExternalId {
		t.Errorf("asked for the role by %v", asked)
	}
	wantSigned(t, c.requests[1], "ROLEKEY", "us-west-2")
	wantSigned(t, c.requests[2], "ROLEKEY", "us-west-2")
}

func wantSigned(t *testing.T, r request, key, region string) {
	t.Helper()
	if !strings.Contains(r.signed, "Credential="+key+"/") || !strings.Contains(r.signed, "/"+region+"/sns/") {
		t.Errorf("signed %s, want by %s for %s", r.signed, key, region)
	}
}

func TestFaults(t *testing.T) {
	for fault, refused := range map[string]bool{"InvalidParameter": true, "AuthorizationError": false, "OptedOut": false} {
		transport, _ := mustServe(t, fault, false)
		if err := transport.Deliver(t.Context(), delivery(nil)); err == nil || notify.IsRefused(err) != refused {
			t.Errorf("Deliver() after %s = %v, refused: %v, want %v", fault, err, notify.IsRefused(err), refused)
		}
	}
}

// A pool of an earlier version may name anything. Nothing is sent then, not even a request for the role.
func TestHostileSettings(t *testing.T) {
	transport, c := mustServe(t, "", true)
	for name, own := range map[string]*api.SmsConfigurationType{
		"region":      {SnsCallerArn: own.SnsCallerArn, SnsRegion: "@127.0.0.1:8229/"},
		"region, dot": {SnsCallerArn: own.SnsCallerArn, SnsRegion: "us-east-1.evil.example.com"},
		"role":        {SnsCallerArn: "arn:aws:iam::123456789012:user/a"},
		"external ID": {SnsCallerArn: own.SnsCallerArn, ExternalId: "a&b"},
	} {
		if err := transport.Deliver(t.Context(), delivery(own)); !notify.IsRefused(err) {
			t.Errorf("Deliver(hostile %s) = %v, want Refused", name, err)
		}
	}
	if len(c.requests) != 0 {
		t.Errorf("%d requests, want none", len(c.requests))
	}
}
