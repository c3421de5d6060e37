package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"cognate"
	"cognate/audit"
	"cognate/risk"
	"cognate/store"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	maxAssertion  = 8 << 10
	// maxAssertionAge is the longest time until the expiry of an assertion. Until then the server remembers that it was used.
	maxAssertionAge = time.Hour
	// clockSkew is how far the clock of a client may be ahead.
	clockSkew = time.Minute
)

// authenticationOnce are the parameters with which a client authenticates. None may appear twice.
var authenticationOnce = []string{"client_id", "client_secret", "client_assertion", "client_assertion_type"}

// refuseAssertion returns the refusal of an assertion, for the developer of the application.
func refuseAssertion(reason string) *Refusal {
	return refuse(codeInvalidClient, "client_assertion: "+reason)
}

// The refusals of client assertions.
var (
	errNeedsAssertion    = refuseAssertion("the client must use private_key_jwt")
	errInvalidAssertion  = refuseAssertion("it is not a JWT with an asymmetric signature")
	errAssertionType     = refuseAssertion("client_assertion_type is not supported")
	errNoKeysURI         = refuseAssertion("the client has no address of keys")
	errUnreadableKeys    = refuseAssertion("the keys of the client cannot be read")
	errWrongSignature    = refuseAssertion("no key of the client has made the signature")
	errAssertionIssuer   = refuseAssertion("iss and sub must be the client")
	errAssertionAudience = refuseAssertion("aud must be the issuer or the endpoint")
	errAssertionTime     = refuseAssertion("exp must be in the next hour, and nbf and iat in the past")
	errAssertionID       = refuseAssertion("jti is missing")
	errAssertionUsed     = refuseAssertion("it was used")
)

// authenticateByKey returns the client of a request that proves a private key (private_key_jwt). An assertion works once.
// Errors: *Refusal. Source: RFC 7523 sections 2.2 and 3; OpenID Connect Core 1.0 section 9.
func (e *ClientEndpoints) authenticateByKey(r *http.Request, site *Site, form url.Values) (*cognate.AppClient, error) {
	ctx, text := r.Context(), form.Get("client_assertion")
	switch {
	case len(r.Header.Values("Authorization")) > 0, form.Get("client_secret") != "": // a request has one method (RFC 6749 section 2.3)
		return nil, errUnknownClient
	case form.Get("client_assertion_type") != assertionType:
		return nil, errAssertionType
	case len(text) > maxAssertion:
		return nil, errInvalidAssertion
	}
	assertion, err := jwt.ParseSigned(text, asymmetric)
	if err != nil {
		return nil, errInvalidAssertion
	}
	var claims jwt.Claims
	if err := assertion.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return nil, errInvalidAssertion
	}
	id := claims.Subject
	if id == "" || !isText(id) || claims.Issuer != id || form.Get("client_id") != "" && form.Get("client_id") != id {
		return nil, errAssertionIssuer
	}
	client, err := e.Store.AppClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && client.PoolID != site.Pool.ID {
		return nil, errUnknownClient
	}
	if err != nil {
		return nil, err
	}
	audit.SetClient(ctx, site.Pool.ID, client.ID)
	// The keys are read last: only an assertion that can be valid makes the server send a request.
	if err := e.checkAssertion(&claims, r, site); err != nil {
		return nil, err
	}
	if err := e.checkSignature(r, site, client, assertion); err != nil {
		return nil, err
	}
	if err := risk.RequireAllowed(ctx, site.Pool, client); err != nil {
		return nil, refusalOf(err)
	}
	isFirst, err := e.spend(r, spentAssertion(client, &claims))
	if err == nil && !isFirst {
		return nil, errAssertionUsed
	}
	return client, err
}

// spentAssertion returns the ID of an assertion that checkAssertion has accepted.
func spentAssertion(client *cognate.AppClient, claims *jwt.Claims) cognate.SpentID {
	id := cognate.NewSpentID(client.PoolID, cognate.KindClientAssertion, client.ID, claims.ID, claims.Expiry.Time())
	id.Begins = claims.Expiry.Time().Add(-maxAssertionAge)
	if claims.IssuedAt != nil && claims.IssuedAt.Time().Add(-clockSkew).After(id.Begins) {
		id.Begins = claims.IssuedAt.Time().Add(-clockSkew)
	}
	return id
}

// checkAssertion checks the audience and the times of an assertion. Each audience must be this server, so that an assertion for
// several servers is refused: the others could use it here. Errors: *Refusal.
func (e *ClientEndpoints) checkAssertion(claims *jwt.Claims, r *http.Request, site *Site) error {
	own := append(e.addresses(site, pathToken), e.addresses(site, r.URL.Path)...)
	own = append(own, e.Requests.Issuer.Of(site.Pool))
	isForeign := func(audience string) bool { return !slices.Contains(own, audience) }
	now := e.Now()
	switch {
	case len(claims.Audience) == 0 || slices.ContainsFunc(claims.Audience, isForeign):
		return errAssertionAudience
	case claims.Expiry == nil, !now.Before(claims.Expiry.Time()), claims.Expiry.Time().After(now.Add(maxAssertionAge)),
		claims.NotBefore != nil && claims.NotBefore.Time().After(now.Add(clockSkew)),
		claims.IssuedAt != nil && claims.IssuedAt.Time().After(now.Add(clockSkew)):
		return errAssertionTime
	case claims.ID == "":
		return errAssertionID
	}
	return nil
}

// addresses returns the addresses of an endpoint of a site: that of the request, and the public ones. A proxy can hide from the server
// which one the client has used.
func (e *ClientEndpoints) addresses(site *Site, path string) []string {
	public := e.Requests.Issuer.PublicURL
	return []string{site.URL + path, site.Domain.URL(public) + path, public + cognate.DomainsPath + site.Domain.Name + path}
}

// checkSignature checks that one of the client's keys has signed an assertion. Errors: *Refusal.
func (e *ClientEndpoints) checkSignature(r *http.Request, site *Site, client *cognate.AppClient, assertion *jwt.JSONWebToken) error {
	uri, header := site.Pool.KeysURI(client), assertion.Headers[0]
	if uri == "" {
		return errNoKeysURI
	}
	keys, err := e.Keys.find(r.Context(), uri, header.KeyID, jose.SignatureAlgorithm(header.Algorithm))
	if err != nil {
		return errUnreadableKeys
	}
	for i := range keys {
		if assertion.Claims(&keys[i]) == nil {
			return nil
		}
	}
	return errWrongSignature
}

// spend stores that an ID was used. It returns false if it was used before, on any server, or can have been used before the last restore of
// the database, which has lost the records of that time.
func (e *ClientEndpoints) spend(r *http.Request, id cognate.SpentID) (isFirst bool, err error) {
	if id.MayPrecede(e.Store.RestoredAt()) {
		return false, nil
	}
	err = e.Store.Write(r.Context(), func(tx *store.Tx) (err error) {
		isFirst, err = tx.SpendID(r.Context(), id)
		return err
	})
	return isFirst, err
}
