package eums_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"cognate/notify/eums"
)

// cloud answers like AWS End User Messaging SMS and STS, and records the requests.
type cloud struct {
	t        *testing.T
	fault    string
	requests []request
}

type request struct {
	header http.Header
	body   string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Errorf("request: %v", err)
	}
	c.requests = append(c.requests, request{r.Header, string(body)})
	switch {
	case strings.Contains(string(body), "Action=AssumeRole"):
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>` +
			`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>` +
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`))
	case c.fault != "":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":"com.amazonaws.pinpointsmsvoicev2#%s","Message":"no"}`, c.fault)
	default:
		_, _ = w.Write([]byte(`{"MessageId":"1"}`))
	}
}

func mustServe(t *testing.T, fault string, assumeRoles bool) (*eums.Transport, *cloud) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "OWNKEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_REGION", "eu-west-1")
	c := &cloud{t: t, fault: fault}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	transport, err := eums.New(t.Context(), eums.Config{Endpoint: s.URL, STSEndpoint: s.URL, AssumeRoles: assumeRoles, Now: time.Now})
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return transport, c
}

func delivery(own api.EumsSmsConfigurationType) *notify.Delivery {
	return &notify.Delivery{
		ID: "m1", Pool: &cognate.UserPool{
			ID: "us-west-2_A", PoolMessages: cognate.PoolMessages{SMSConfiguration: &api.SmsConfigurationType{EumsSms: &own}},
		},
		Message: notify.Message{Medium: "SMS", Destination: "+15555559934", Body: "Your code is 123456"},
	}
}

const roleARN = "arn:aws:iam::123456789012:role/sms"

func TestDeliver(t *testing.T) {
	transport, c := mustServe(t, "", false)
	for _, own := range []api.EumsSmsConfigurationType{
		{CallerArn: roleARN},
		{
			CallerArn: roleARN, OriginationIdentity: "+15555550100", ConfigurationSetName: "set", InEntityId: "entity", InTemplateId: "template",
			Region: "us-west-2",
		},
	} {
		if err := transport.Deliver(t.Context(), delivery(own)); err != nil {
			t.Fatalf("Deliver() = %v", err)
		}
	}
	for i, want := range []string{
		`{"DestinationPhoneNumber":"+15555559934","MessageBody":"Your code is 123456","MessageType":"TRANSACTIONAL"}`,
		`{"DestinationPhoneNumber":"+15555559934","MessageBody":"Your code is 123456","MessageType":"TRANSACTIONAL",` +
			`"OriginationIdentity":"+15555550100","ConfigurationSetName":"set",` +
			`"DestinationCountryParameters":{"IN_ENTITY_ID":"entity","IN_TEMPLATE_ID":"template"}}`,
	} {
		if diff := cmp.Diff(decoded(t, want), decoded(t, c.requests[i].body)); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		header := c.requests[i].header
		if header.Get("X-Amz-Target") != "PinpointSMSVoiceV2.SendTextMessage" || header.Get("Content-Type") != "application/x-amz-json-1.0" {
			t.Errorf("header = %v", header)
		}
		wantSigned(t, c.requests[i], "OWNKEY")
	}
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func wantSigned(t *testing.T, r request, key string) {
	t.Helper()
	signed := r.header.Get("Authorization")
	for _, part := range []string{"Credential=" + key + "/", "/us-west-2/sms-voice/", "x-amz-target"} {
		if !strings.Contains(signed, part) {
			t.Errorf("signed %s, want %s in it", signed, part)
		}
	}
}

func TestRoles(t *testing.T) {
	transport, c := mustServe(t, "", true)
	for range 2 {
		if err := transport.Deliver(t.Context(), delivery(api.EumsSmsConfigurationType{CallerArn: roleARN, ExternalId: "shared"})); err != nil {
			t.Fatalf("Deliver() = %v", err)
		}
	}
	if len(c.requests) != 3 { // one request for the role, two for the message
		t.Fatalf("%d requests, want 3", len(c.requests))
	}
	if asked, err := url.ParseQuery(c.requests[0].body); err != nil || asked.Get("RoleArn") != roleARN || asked.Get("ExternalId") != "shared" {
		t.Errorf("asked for the role by %v, %v", asked, err)
	}
	wantSigned(t, c.requests[1], "ROLEKEY")
	wantSigned(t, c.requests[2], "ROLEKEY")
}

func TestFaults(t *testing.T) {
	for fault, refused := range map[string]bool{"ValidationException": true, "ThrottlingException": false, "AccessDeniedException": false} {
		transport, _ := mustServe(t, fault, false)
		err := transport.Deliver(t.Context(), delivery(api.EumsSmsConfigurationType{CallerArn: roleARN}))
		if err == nil || notify.IsRefused(err) != refused {
			t.Errorf("Deliver() after %s = %v, refused: %v, want %v", fault, err, notify.IsRefused(err), refused)
		}
	}
}

// A pool of an earlier version may name anything. Nothing is sent then, not even a request for the role.
func TestHostileSettings(t *testing.T) {
	transport, c := mustServe(t, "", true)
	for name, own := range map[string]api.EumsSmsConfigurationType{
		"role": {CallerArn: "arn:aws:iam::123456789012:user/a"}, "external ID": {CallerArn: roleARN, ExternalId: "a&b"},
		"region": {CallerArn: roleARN, Region: "eu-west-1"}, "origination": {CallerArn: roleARN, OriginationIdentity: "a b"},
	} {
		if err := transport.Deliver(t.Context(), delivery(own)); !notify.IsRefused(err) {
			t.Errorf("Deliver(hostile %s) = %v, want Refused", name, err)
		}
	}
	none := delivery(api.EumsSmsConfigurationType{})
	none.Pool.SMSConfiguration = nil
	if err := transport.Deliver(t.Context(), none); !notify.IsRefused(err) {
		t.Errorf("Deliver(no EumsSms) = %v, want Refused", err)
	}
	if len(c.requests) != 0 {
		t.Errorf("%d requests, want none", len(c.requests))
	}
}

// transportFunc is a transport that is a function.
type transportFunc func() error

func (f transportFunc) Deliver(context.Context, *notify.Delivery) error { return f() }

// The pool names the service.
func TestPoolsNameTheService(t *testing.T) {
	t.Parallel()
	simple, endUser := errors.New("SNS"), errors.New("End User Messaging")
	transports := &notify.SMSTransports{
		SNS: transportFunc(func() error { return simple }), EndUserMessaging: transportFunc(func() error { return endUser }),
	}
	p := delivery(api.EumsSmsConfigurationType{CallerArn: roleARN})
	if err := transports.Deliver(t.Context(), p); !errors.Is(err, endUser) {
		t.Errorf("Deliver(EumsSms) = %v, want %v", err, endUser)
	}
	for _, own := range []*api.SmsConfigurationType{nil, {SnsCallerArn: roleARN}} {
		p.Pool.SMSConfiguration = own
		if err := transports.Deliver(t.Context(), p); !errors.Is(err, simple) {
			t.Errorf("Deliver(%v) = %v, want %v", own, err, simple)
		}
	}
}
