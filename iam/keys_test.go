package iam_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/sigv4"
	"cognate/cognatetest"
	"cognate/iam"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const body = `{"MaxResults":1}`

// request returns a request that is signed with the key at the time.
func request(t *testing.T, key aws.Credentials, at time.Time) *http.Request {
	t.Helper()
	return requestFor(t, "cognito-idp", key, at)
}

// requestFor returns a request that is signed for the service.
func requestFor(t *testing.T, service string, key aws.Credentials, at time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools")
	if err := sigv4.Sign(r, []byte(body), key, "eu-west-1", service, at); err != nil {
		t.Fatalf("Sign() = %v", err)
	}
	return r
}

// configured returns keys with one of the settings.
func configured() *iam.Keys {
	keys := &iam.Keys{Now: func() time.Time { return now }}
	keys.SetConfigured(map[string]iam.AccessKey{"ADMIN": {AccountID: "123456789012", Name: "boss", Secret: "hush", Policy: iam.Everything()}})
	return keys
}

func TestKeys(t *testing.T) {
	t.Parallel()
	access := configured()
	right := aws.Credentials{AccessKeyID: "ADMIN", SecretAccessKey: "hush"}
	unsigned := request(t, right, now)
	unsigned.Header.Del("Authorization")
	cut := request(t, right, now)
	cut.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=ADMIN")
	for _, c := range []struct {
		what string
		r    *http.Request
		body string
		want string
		// inHeader reports that the headers show the error.
		inHeader bool
	}{
		{"a right signature", request(t, right, now), body, "", false},
		{"no signature", unsigned, body, "MissingAuthenticationTokenException", true},
		{"half a signature", cut, body, "IncompleteSignatureException", true},
		{"an unknown key", request(t, aws.Credentials{AccessKeyID: "OTHER", SecretAccessKey: "hush"}, now), body, "UnrecognizedClientException", true},
		{"an old signature", request(t, right, now.Add(-time.Hour)), body, "InvalidSignatureException", true},
		{"a wrong secret", request(t, aws.Credentials{AccessKeyID: "ADMIN", SecretAccessKey: "guess"}, now), body, "InvalidSignatureException", false},
		{"another service", requestFor(t, "execute-api", right, now), body, "InvalidSignatureException", false},
		{"another body", request(t, right, now), body + " ", "InvalidSignatureException", false},
	} {
		caller, policy, err := access.Caller(c.r, []byte(c.body))
		want := cognate.Caller{}
		if c.want == "" {
			want = cognate.Caller{AccountID: "123456789012", Region: "eu-west-1", KeyID: "ADMIN", KeyName: "boss"}
		} else {
			cognatetest.WantCode(t, "Caller("+c.what+")", err, c.want)
		}
		if c.want == "" && err != nil {
			t.Errorf("Caller(%s) = %v", c.what, err)
		}
		if err := access.CheckHeader(c.r); (err != nil) != c.inHeader {
			t.Errorf("CheckHeader(%s) = %v, want an error: %t", c.what, err, c.inHeader)
		} else if err != nil {
			cognatetest.WantCode(t, "CheckHeader("+c.what+")", err, c.want)
		}
		if policy.IsAdministrator() != (c.want == "") {
			t.Errorf("Caller(%s) has the policy %s", c.what, policy.Text())
		}
		if diff := cmp.Diff(want, caller); diff != "" {
			t.Errorf("Caller(%s) (-want +got):\n%s", c.what, diff)
		}
	}
}

// A region becomes part of IDs, ARNs and host names.
func TestRegions(t *testing.T) {
	t.Parallel()
	key := aws.Credentials{AccessKeyID: "ADMIN", SecretAccessKey: "hush"}
	access := &iam.Keys{Now: func() time.Time { return now }}
	access.SetConfigured(map[string]iam.AccessKey{"ADMIN": {AccountID: "123456789012", Secret: "hush"}})
	for region, valid := range map[string]bool{
		"us-east-1": true, "us-gov-west-1": true, "eusc-de-east-1": true,
		"local": false, "us-east-1.evil.example": false, "us-east-1@": false, "US-EAST-1": false, "us-east": false, "..": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://id.example.com/", strings.NewReader(body))
		if err := sigv4.Sign(r, []byte(body), key, region, "cognito-idp", now); err != nil {
			t.Fatal(err)
		}
		if _, _, err := access.Caller(r, []byte(body)); (err == nil) != valid {
			t.Errorf("Caller(signed for %s) = %v, want valid %v", region, err, valid)
		} else if !valid {
			cognatetest.WantError(t, "Caller(signed for "+region+")", err, api.ErrCredentialRegion)
		}
	}
}

func TestNoKeysRejectEveryRequest(t *testing.T) {
	t.Parallel()
	access := &iam.Keys{Now: func() time.Time { return now }}
	for _, key := range []aws.Credentials{{AccessKeyID: "ADMIN", SecretAccessKey: "hush"}, {AccessKeyID: "ADMIN", SecretAccessKey: " "}} {
		_, _, err := access.Caller(request(t, key, now), []byte(body))
		cognatetest.WantCode(t, "Caller()", err, api.UnrecognizedClientException().Code)
	}
}

func TestAnotherService(t *testing.T) {
	t.Parallel()
	key := aws.Credentials{AccessKeyID: "ADMIN", SecretAccessKey: "hush"}
	access := configured()
	for _, service := range []string{"execute-api", "cognito-identity", "Cognito-idp"} {
		_, _, err := access.Caller(requestFor(t, service, key, now), []byte(body))
		cognatetest.WantError(t, "Caller(signed for "+service+")", err,
			api.InvalidSignatureException("Credential should be scoped to correct service: 'cognito-idp'. "))
	}
}
