package sigv4_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"cognate/authn/sigv4"
)

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	region = "eu-central-1"
)

var (
	now    = time.Date(2026, time.January, 6, 23, 59, 30, 0, time.UTC)
	body   = []byte(`{"UserPoolId":"eu-central-1_Ab1Cd2Ef3","Username":"alice"}`)
	caller = sigv4.Caller{AccessKeyID: keyID, Region: region, Service: "cognito-idp"}
)

func lookup(accessKeyID string) (string, bool) { return secret, accessKeyID == keyID }

// signed returns a request that is signed at a time, as an SDK signs it.
func signed(t testing.TB, at time.Time, change ...func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8229/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminGetUser")
	for _, c := range change {
		c(r)
	}
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: "a session"}
	err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, hex.EncodeToString(sum[:]), "cognito-idp", region, at)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "added by a proxy") // and is not signed
	return r
}

func TestVerify(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request){
		"as it is":                  func(*http.Request) {},
		"without content-length":    func(r *http.Request) { r.ContentLength = -1 },
		"with a path and a query":   func(r *http.Request) { r.URL.Path, r.URL.RawQuery = "/a b/ü", "z=1&a=%20&a=2" },
		"with spaces in a header":   func(r *http.Request) { r.Header.Set("X-Amz-Meta", "  two   spaces ") },
		"with a header given twice": func(r *http.Request) { r.Header["X-Twice"] = []string{"1", "2"} },
	}
	for name, change := range tests {
		r := signed(t, now, change)
		before := r.Clone(t.Context())
		got, err := sigv4.Verify(r, body, lookup, now)
		if err != nil || got != caller {
			t.Errorf("Verify(%s) = %+v, %v, want %+v", name, got, err, caller)
		}
		if diff := cmp.Diff(before.Header, r.Header); diff != "" || *before.URL != *r.URL {
			t.Errorf("Verify(%s) changed the request:\n%s", name, diff)
		}
	}
}

// TestSuite runs the cases of the AWS Signature Version 4 test suite that apply to GET and POST requests.
func TestSuite(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, method, signature string }{
		{"get-vanilla", http.MethodGet, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"post-vanilla", http.MethodPost, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, "http://example.amazonaws.com/", http.NoBody)
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+
			"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature="+tt.signature)

		at := time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC)
		if _, err := sigv4.Verify(r, nil, lookup, at); err != nil {
			t.Errorf("Verify(%s) = %v", tt.name, err)
		}
	}
}

// Clients such as the AWS CLI send content-length but do not sign it.
func TestVerifyUnsignedLength(t *testing.T) {
	t.Parallel()
	r := signed(t, now, func(r *http.Request) { r.ContentLength = 0 })
	r.ContentLength = int64(len(body))
	if _, err := sigv4.Verify(r, body, lookup, now); err != nil {
		t.Errorf("Verify(content-length not signed) = %v", err)
	}
}

func TestVerifyOverTheNetwork(t *testing.T) {
	t.Parallel()
	results := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = sigv4.Verify(r, received, lookup, now)
		}
		results <- err
	}))
	defer server.Close()
	r := signed(t, now, func(r *http.Request) {
		r.RequestURI, r.Host = "", ""
		r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	})
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := <-results; err != nil {
		t.Errorf("Verify(request received) = %v", err)
	}
}

func TestVerifyTampered(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request){
		"method": func(r *http.Request) { r.Method = http.MethodPut },
		"path":   func(r *http.Request) { r.URL.Path = "/x" },
		"query":  func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"host":   func(r *http.Request) { r.Host = "example.com" },
		"target": func(r *http.Request) {
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminDeleteUser")
		},
		"target twice":       func(r *http.Request) { r.Header.Add("X-Amz-Target", "x") },
		"header gone":        func(r *http.Request) { r.Header.Del("Content-Type") },
		"time":               func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260106T235931Z") },
		"session token":      func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "another") },
		"length":             func(r *http.Request) { r.ContentLength++ },
		"region":             replace("eu-central-1", "us-east-1"),
		"service":            replace("cognito-idp", "iam"),
		"date of scope":      replace("/20260106/", "/20260107/"),
		"header list":        replace("content-type;", ""),
		"header order":       replace("content-length;content-type;", "content-type;content-length;"),
		"header twice":       replace("host;", "host;host;"),
		"header in capitals": replace(";x-amz-target", ";X-Amz-Target"),
		"header not there":   replace("host;", "host;nothing;"),
		"last digit":         func(r *http.Request) { replace(signatureOf(r), signatureOf(r)[:63]+"x")(r) },
		"signature's case":   func(r *http.Request) { replace(signatureOf(r), strings.ToUpper(signatureOf(r)))(r) },
		"cut signature":      func(r *http.Request) { replace(signatureOf(r), signatureOf(r)[:32])(r) },
	}
	for name, change := range tests {
		r := signed(t, now)
		change(r)
		if got, err := sigv4.Verify(r, body, lookup, now); !errors.Is(err, sigv4.ErrSignature) || got != (sigv4.Caller{}) {
			t.Errorf("Verify(another %s) = %+v, %v, want ErrSignature", name, got, err)
		}
	}
	other := append([]byte(" "), body...)
	if _, err := sigv4.Verify(signed(t, now), other, lookup, now); !errors.Is(err, sigv4.ErrSignature) {
		t.Errorf("Verify(another body) = %v, want ErrSignature", err)
	}
	wrong := func(string) (string, bool) { return secret + "x", true }
	if _, err := sigv4.Verify(signed(t, now), body, wrong, now); !errors.Is(err, sigv4.ErrSignature) {
		t.Errorf("Verify(another secret) = %v, want ErrSignature", err)
	}
}

func TestVerifyRejects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*http.Request)
		want   error
	}{
		{"not signed", func(r *http.Request) { r.Header.Del("Authorization") }, sigv4.ErrMissing},
		{"signed twice", func(r *http.Request) { r.Header.Add("Authorization", "x") }, sigv4.ErrIncomplete},
		{"bearer token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, sigv4.ErrIncomplete},
		{"empty", func(r *http.Request) { r.Header.Set("Authorization", "") }, sigv4.ErrIncomplete},
		{"algorithm", replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), sigv4.ErrIncomplete},
		{"no credential", replace("Credential=", "Credentials="), sigv4.ErrIncomplete},
		{"no headers", replace("SignedHeaders=", "Headers="), sigv4.ErrIncomplete},
		{"no signature", replace("Signature=", "Signatures="), sigv4.ErrIncomplete},
		{"credential twice", replace("Credential=", "Credential=x, Credential="), sigv4.ErrIncomplete},
		{"no region", replace("/"+region+"/", "//"), sigv4.ErrIncomplete},
		{"short scope", replace("/"+region+"/", "/"), sigv4.ErrIncomplete},
		{"terminator", replace("aws4_request", "aws5_request"), sigv4.ErrIncomplete},
		{"scope's date", replace("/20260106/", "/20261306/"), sigv4.ErrIncomplete},
		{"host not signed", replace("host;", ""), sigv4.ErrIncomplete},
		{"time not signed", replace("x-amz-date;", ""), sigv4.ErrIncomplete},
		{"no time", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, sigv4.ErrIncomplete},
		{"two times", func(r *http.Request) { r.Header.Add("X-Amz-Date", "20260106T235930Z") }, sigv4.ErrIncomplete},
		{"time's form", func(r *http.Request) { r.Header.Set("X-Amz-Date", "2026-01-06T23:59:30Z") }, sigv4.ErrIncomplete},
		{"time's fraction", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260106T235930.5Z") }, sigv4.ErrIncomplete},
		{"unknown key", replace(keyID, "AKIDOTHER"), sigv4.ErrUnknownKey},
	}
	for _, tt := range tests {
		r := signed(t, now)
		tt.change(r)
		if got, err := sigv4.Verify(r, body, lookup, now); !errors.Is(err, tt.want) || got != (sigv4.Caller{}) {
			t.Errorf("Verify(%s) = %+v, %v, want %v", tt.name, got, err, tt.want)
		}
		if err := sigv4.VerifyHeader(r, lookup, now); !errors.Is(err, tt.want) {
			t.Errorf("VerifyHeader(%s) = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestVerifySkew(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]error{
		0: nil, 5 * time.Minute: nil, -5 * time.Minute: nil,
		5*time.Minute + time.Second: sigv4.ErrExpired, -5*time.Minute - time.Second: sigv4.ErrExpired,
		-24 * time.Hour: sigv4.ErrExpired, 24 * time.Hour: sigv4.ErrExpired,
	} {
		// now is half a minute before midnight, so some of these requests are signed on another date.
		if _, err := sigv4.Verify(signed(t, now.Add(skew)), body, lookup, now); !errors.Is(err, want) {
			t.Errorf("Verify(signed %v from now) = %v, want %v", skew, err, want)
		}
	}
}

func TestParseScope(t *testing.T) {
	t.Parallel()
	r := signed(t, now)
	want := sigv4.Scope{AccessKeyID: keyID, Date: "20260106", Region: region, Service: "cognito-idp"}
	if got, err := sigv4.ParseScope(r); err != nil || got != want {
		t.Errorf("ParseScope = %+v, %v, want %+v", got, err, want)
	}
	// Some signers omit the space after the comma.
	replace(", ", ",")(r)
	if got, err := sigv4.ParseScope(r); err != nil || got != want {
		t.Errorf("ParseScope(no spaces) = %+v, %v, want %+v", got, err, want)
	}
	r.Header.Del("Authorization")
	if got, err := sigv4.ParseScope(r); !errors.Is(err, sigv4.ErrMissing) || got != (sigv4.Scope{}) {
		t.Errorf("ParseScope(not signed) = %+v, %v, want ErrMissing", got, err)
	}
}

func FuzzVerify(f *testing.F) {
	r := signed(f, now)
	authorization := r.Header.Get("Authorization")
	f.Add(authorization, "20260106T235930Z")
	const minimal = "Credential=AKIDEXAMPLE/20260106/r/s/aws4_request,SignedHeaders=host;x-amz-date,Signature=0"
	f.Add("AWS4-HMAC-SHA256 "+minimal, "20260106T235930Z")
	f.Add("AWS4-HMAC-SHA256 ,=,;", "")
	f.Fuzz(func(t *testing.T, header, date string) {
		r := signed(t, now)
		r.Header.Set("Authorization", header)
		r.Header.Set("X-Amz-Date", date)
		got, err := sigv4.Verify(r, body, lookup, now)
		if err != nil && got != (sigv4.Caller{}) {
			t.Fatalf("Verify(%q, %q) = %+v with %v", header, date, got, err)
		}
		if err == nil && (date != "20260106T235930Z" || got != caller || !strings.Contains(header, signatureIn(authorization))) {
			t.Fatalf("Verify(%q, %q) = %+v", header, date, got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	r := signed(b, now)
	for b.Loop() {
		if _, err := sigv4.Verify(r, body, lookup, now); err != nil {
			b.Fatal(err)
		}
	}
}

// replace replaces text in the Authorization header.
func replace(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

func signatureOf(r *http.Request) string { return signatureIn(r.Header.Get("Authorization")) }

func signatureIn(authorization string) string {
	_, signature, _ := strings.Cut(authorization, "Signature=")
	return signature
}
