package oauth

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"cognate"
)

const (
	headerDPoP       = "DPoP"
	schemeDPoP       = "DPoP" // of the Authorization header; also the token type
	typeDPoP         = "dpop+jwt"
	maxProof         = 8 << 10
	codeInvalidProof = "invalid_dpop_proof"
	// proofWindow is how far the time of a proof may differ from that of the server, in both directions. The server remembers a proof
	// until it is too old, so a proof works once without a nonce of the server.
	proofWindow = 2 * time.Minute
)

// refuseProof returns the refusal of a DPoP proof, for the developer of the application.
func refuseProof(reason string) *Refusal { return refuse(codeInvalidProof, reason) }

// The refusals of DPoP proofs. Source: RFC 9449 section 4.3.
var (
	errProofMissing   = refuseProof("the client must send a DPoP proof")
	errProofTwice     = refuseProof("there are two DPoP headers")
	errProofInvalid   = refuseProof("it is not a JWT of the type dpop+jwt with an asymmetric signature and its public key")
	errProofSignature = refuseProof("the signature is wrong")
	errProofTarget    = refuseProof("htm and htu must be the method and the address of the request")
	errProofTime      = refuseProof("iat differs too much from the time of the server")
	errProofID        = refuseProof("jti is missing")
	errProofToken     = refuseProof("ath must be the hash of the access token")
	errProofUsed      = refuseProof("it was used")
)

// proof is a valid DPoP proof. It is not yet used up.
type proof struct {
	key string // thumbprint
	id  cognate.SpentID
}

// provenKey returns the thumbprint of the key that a request proves; "" without a proof. A proof works once. Errors: *Refusal.
// Source: RFC 9449 sections 4.3 and 5.
func (e *ClientEndpoints) provenKey(r *http.Request, site *Site) (string, error) {
	p, err := e.readProof(r, site, "")
	if err != nil || p == nil {
		return "", err
	}
	return p.key, e.spendProof(r, p)
}

// spendProof uses up a proof. Errors: *Refusal if it was used before, on any server.
func (e *ClientEndpoints) spendProof(r *http.Request, p *proof) error {
	isFirst, err := e.spend(r, p.id)
	if err == nil && !isFirst {
		return errProofUsed
	}
	return err
}

// proofClaims are the claims of a proof. Source: RFC 9449 section 4.2.
type proofClaims struct {
	ID        string           `json:"jti"`
	Method    string           `json:"htm"`
	URL       string           `json:"htu"`
	Issued    *jwt.NumericDate `json:"iat"`
	TokenHash string           `json:"ath"`
}

// readProof checks the proof of a request; nil without one. With an access token, the proof must be for the token. Errors: *Refusal.
func (e *ClientEndpoints) readProof(r *http.Request, site *Site, accessToken string) (*proof, error) {
	headers := r.Header.Values(headerDPoP)
	switch {
	case len(headers) == 0:
		return nil, nil
	case len(headers) > 1:
		return nil, errProofTwice
	case len(headers[0]) > maxProof:
		return nil, errProofInvalid
	}
	signed, err := jwt.ParseSigned(headers[0], asymmetric)
	if err != nil {
		return nil, errProofInvalid
	}
	header := signed.Headers[0]
	key := header.JSONWebKey // public, or ParseSigned would refuse it
	if header.ExtraHeaders[jose.HeaderType] != typeDPoP || key == nil || !isSignatureKey(key) ||
		key.Algorithm != "" && key.Algorithm != header.Algorithm {
		return nil, errProofInvalid
	}
	var claims proofClaims
	if err := signed.Claims(key, &claims); err != nil {
		return nil, errProofSignature
	}
	if refusal := e.checkProof(&claims, r, site, accessToken); refusal != nil {
		return nil, refusal
	}
	hash, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, errProofInvalid
	}
	name := base64.RawURLEncoding.EncodeToString(hash)
	until := claims.Issued.Time().Add(proofWindow + time.Second)
	id := cognate.NewSpentID(site.Pool.ID, cognate.KindDPoPProof, name, claims.ID, until)
	id.Begins = claims.Issued.Time().Add(-proofWindow)
	return &proof{name, id}, nil
}

func (e *ClientEndpoints) checkProof(claims *proofClaims, r *http.Request, site *Site, accessToken string) *Refusal {
	target := func(own string) bool { return sameAddress(own, claims.URL) }
	switch {
	case claims.Method != r.Method || !slices.ContainsFunc(e.addresses(site, r.URL.Path), target):
		return errProofTarget
	case claims.Issued == nil || e.Now().Sub(claims.Issued.Time()).Abs() > proofWindow:
		return errProofTime
	case claims.ID == "":
		return errProofID
	case accessToken != "" && claims.TokenHash != tokenHash(accessToken):
		return errProofToken
	}
	return nil
}

// tokenHash returns the ath of an access token. Source: RFC 9449 section 4.2.
func tokenHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sameAddress compares the address of an endpoint with one that a client sends, without its query and fragment. Source: RFC 9449
// section 4.3; RFC 3986 section 6.2.
func sameAddress(own, sent string) bool {
	a, err := url.Parse(own)
	if err != nil {
		return false
	}
	b, err := url.Parse(sent)
	return err == nil && b.User == nil && strings.EqualFold(a.Scheme, b.Scheme) && authority(a) == authority(b) && a.EscapedPath() == b.EscapedPath()
}

// authority returns the host of a URL in lower case, without the default port of its scheme.
func authority(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch strings.ToLower(u.Scheme) {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	default:
		return host
	}
}
