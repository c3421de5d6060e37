package cognate

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// PushedRequest is an authorization request that an application has sent to the server itself (RFC 9126). The browser brings only
// its request_uri.
type PushedRequest struct {
	PoolID, ClientID string
	Hash             string // PushedRequestHash of the request_uri
	Query            string // the parameters, as a query
	// Browser is the hash of the cookie of the browser that opened the request first; empty before. The request is not valid in
	// another browser.
	Browser string
	Spent   bool      // a code or tokens were issued
	Expires time.Time // PushedRequestTTL after the request was pushed, and OpenRequestTTL after a browser opened it
}

const (
	// PushedRequestTTL is how long the application has for sending the browser to the server.
	PushedRequestTTL = 5 * time.Minute
	// OpenRequestTTL is how long a browser can repeat a request that it has opened. Pages begin a sign-in that took too long again,
	// with the same request.
	OpenRequestTTL = 24 * time.Hour

	// pushedRequestPrefix begins each request_uri. Source: RFC 9126 section 2.2.
	pushedRequestPrefix = "urn:ietf:params:oauth:request_uri:"
)

// NewRequestURI returns a random request_uri.
func NewRequestURI() string { return pushedRequestPrefix + randomText(alphanumerics, 43) }

// IsRequestURI reports whether a text has the form of a request_uri of this server.
func IsRequestURI(text string) bool { return strings.HasPrefix(text, pushedRequestPrefix) }

// PushedRequestHash returns the SHA-256 of a request_uri in hexadecimal, by which a pushed request is stored.
func PushedRequestHash(requestURI string) string {
	sum := sha256.Sum256([]byte(requestURI))
	return hex.EncodeToString(sum[:])
}

// IsUsable reports whether a client can use the request now. The caller compares the browser.
func (r *PushedRequest) IsUsable(client *AppClient, now time.Time) bool {
	return r.PoolID == client.PoolID && r.ClientID == client.ID && !r.Spent && now.Before(r.Expires)
}

// Open binds the request to the browser with a cookie of this hash. It returns false if the request is of another browser.
func (r *PushedRequest) Open(browser string, now time.Time) bool {
	if r.Browser == "" {
		r.Browser, r.Expires = browser, now.Add(OpenRequestTTL)
	}
	return browser != "" && r.Browser == browser
}
