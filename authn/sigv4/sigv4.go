// Package sigv4 checks requests that are signed with AWS Signature Version 4 in their Authorization header. SDKs and the
// AWS CLI sign the operations that administer a user pool in this way. The package signs the request again with the secret
// of its access key, by the SDK's own signer, and compares the two signatures.
//
// It does not store access keys, and it does not decide what a caller may do. It rejects presigned URLs and chunked bodies,
// which the user-pools API does not have, and signatures over a header that the SDK never signs (User-Agent).
package sigv4

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	dateLayout = "20060102"
	timeLayout = "20060102T150405Z"
	dateHeader = "X-Amz-Date"

	// targetHeader names the operation. If it were not signed, a signature for one operation would be valid for all.
	targetHeader = "X-Amz-Target"

	// Skew is the allowed difference between a request's time and the server's, in either direction.
	Skew = 5 * time.Minute
)

var (
	// ErrMissing means that the request is not signed.
	ErrMissing = errors.New("sigv4: request is not signed")
	// ErrIncomplete means that the Authorization header is malformed, or it does not sign a header that it must sign: host,
	// x-amz-date, and x-amz-target if the request has one. A missing signature of x-amz-target is found last.
	ErrIncomplete = errors.New("sigv4: incomplete signature")
	// ErrUnknownKey means that the access key does not exist.
	ErrUnknownKey = errors.New("sigv4: unknown access key")
	// ErrExpired means that the request was signed too long ago, or its time is in the future.
	ErrExpired = errors.New("sigv4: signature expired")
	// ErrSignature means that the signature is not the one that the access key gives for this request.
	ErrSignature = errors.New("sigv4: signature does not match")
)

// Scope is the credential scope that a request states. Only Verify proves it.
type Scope struct {
	AccessKeyID string
	Date        string // YYYYMMDD, UTC
	Region      string
	Service     string
}

// Caller says which access key signed a request, and for which region and service.
type Caller struct {
	AccessKeyID string
	Region      string
	Service     string
}

// ParseScope reads the credential scope of a request and does not check its signature. It is for a server that accepts any
// key. Errors: ErrMissing, ErrIncomplete.
func ParseScope(r *http.Request) (Scope, error) {
	authorization, err := parse(r.Header)
	return authorization.scope, err
}

// Verify checks the signature of a request with the given body at now. lookup returns the secret of an access key; Verify
// calls it at most once. Verify does not change the request and does not read its Body.
// Errors, in the order in which they are found: ErrMissing, ErrIncomplete, ErrUnknownKey, ErrExpired, ErrSignature.
// Source: IAM user guide, "Create a signed AWS API request".
func Verify(r *http.Request, body []byte, lookup Lookup, now time.Time) (Caller, error) {
	c, err := readClaim(r, lookup, now)
	if err != nil {
		return Caller{}, err
	}
	// The signer takes the scope's date from signedAt, so a scope with another date fails here.
	want, err := c.sign(r, body, c.secret, c.at)
	if err != nil || !hmac.Equal([]byte(want), []byte(c.signature)) {
		return Caller{}, ErrSignature
	}
	if _, has := r.Header[targetHeader]; has && !c.signs(targetHeader) {
		return Caller{}, ErrIncomplete
	}
	return Caller{AccessKeyID: c.scope.AccessKeyID, Region: c.scope.Region, Service: c.scope.Service}, nil
}

// VerifyHeader returns the errors of Verify that do not depend on the signature: ErrMissing, ErrIncomplete, ErrUnknownKey and
// ErrExpired. It is for a server that does not read the body of such a request. Only Verify proves who sent a request.
func VerifyHeader(r *http.Request, lookup Lookup, now time.Time) error {
	_, err := readClaim(r, lookup, now)
	return err
}

// Lookup returns the secret of an access key.
type Lookup func(accessKeyID string) (secret string, ok bool)

// claim is what a request says about its signature, with the secret of the key that it names. It is not verified.
type claim struct {
	authorization
	secret string
	at     time.Time
}

func readClaim(r *http.Request, lookup Lookup, now time.Time) (claim, error) {
	authorization, err := parse(r.Header)
	if err != nil {
		return claim{}, err
	}
	at, err := authorization.signedAt(r.Header)
	if err != nil {
		return claim{}, err
	}
	secret, ok := lookup(authorization.scope.AccessKeyID)
	if !ok {
		return claim{}, ErrUnknownKey
	}
	if now.Sub(at).Abs() > Skew {
		return claim{}, ErrExpired
	}
	return claim{authorization, secret, at}, nil
}

// authorization is a parsed Authorization header.
type authorization struct {
	scope         Scope
	signedHeaders []string // lower case
	signature     string   // hexadecimal
}

// parse parses "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...".
func parse(header http.Header) (authorization, error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return authorization{}, ErrMissing
	}
	parameters, ok := strings.CutPrefix(values[0], algorithm+" ")
	if !ok || len(values) > 1 {
		return authorization{}, ErrIncomplete
	}
	fields := map[string]string{}
	for parameter := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if _, twice := fields[name]; twice || value == "" {
			return authorization{}, ErrIncomplete
		}
		fields[name] = value
	}
	scope, err := parseCredential(fields["Credential"])
	if err != nil || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return authorization{}, ErrIncomplete
	}
	return authorization{scope, strings.Split(fields["SignedHeaders"], ";"), fields["Signature"]}, nil
}

// parseCredential parses "AKID/20260106/us-east-1/cognito-idp/aws4_request".
func parseCredential(credential string) (Scope, error) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || slices.Contains(parts, "") || parts[4] != terminator {
		return Scope{}, ErrIncomplete
	}
	if _, err := time.Parse(dateLayout, parts[1]); err != nil {
		return Scope{}, ErrIncomplete
	}
	return Scope{AccessKeyID: parts[0], Date: parts[1], Region: parts[2], Service: parts[3]}, nil
}

// signedAt returns the time of signing. The signature must cover the time and the host. Otherwise a signature for one
// server or time would be valid for another.
func (a authorization) signedAt(header http.Header) (time.Time, error) {
	if !a.signs("host") || !a.signs(dateHeader) {
		return time.Time{}, ErrIncomplete
	}
	values := header.Values(dateHeader)
	if len(values) != 1 {
		return time.Time{}, ErrIncomplete
	}
	at, err := time.Parse(timeLayout, values[0])
	if err != nil || at.Format(timeLayout) != values[0] { // Parse accepts fractions of seconds
		return time.Time{}, ErrIncomplete
	}
	return at, nil
}

func (a authorization) signs(name string) bool {
	return slices.Contains(a.signedHeaders, strings.ToLower(name))
}

// sign returns the signature that r should have. It makes a new signer for each request. A shared signer would cache
// signing keys by region, service and access key: the cache would outlive a replaced secret and grow with every scope that
// clients send.
func (a authorization) sign(r *http.Request, body []byte, secret string, at time.Time) (string, error) {
	signed := a.signedPart(r)
	digest := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: a.scope.AccessKeyID, SecretAccessKey: secret}
	err := v4.NewSigner().SignHTTP(context.Background(), credentials, signed, hex.EncodeToString(digest[:]),
		a.scope.Service, a.scope.Region, at)
	if err != nil {
		return "", err
	}
	again, err := parse(signed.Header)
	if err != nil || again.scope != a.scope || !slices.Equal(again.signedHeaders, a.signedHeaders) {
		return "", ErrSignature
	}
	return again.signature, nil
}

// signedPart returns a copy of r with only the headers that its signature covers. The signer changes the copy.
func (a authorization) signedPart(r *http.Request) *http.Request {
	header := http.Header{}
	for _, name := range a.signedHeaders {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if values, ok := r.Header[key]; ok {
			header[key] = slices.Clone(values)
		}
	}
	address := *r.URL
	signed := &http.Request{Method: r.Method, URL: &address, Host: r.Host, Header: header}
	if a.signs("content-length") { // the signer would add the header for any length, and some clients do not sign it
		signed.ContentLength = r.ContentLength
	}
	return signed
}
