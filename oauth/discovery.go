// Package oauth has OAuth 2.0 and OpenID Connect without HTML: the domains of pools, the discovery document and the public keys
// (JWKS) of a pool, the checks of authorization and logout requests, the endpoints that applications call without a browser, and
// the registration of clients.
//
// It does not sign users in and does not store keys; packages signin and tokens do.
package oauth

import (
	"errors"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/store"
	"cognate/tokens"
)

// Discovery serves the documents of every pool: at the pool's issuer under any host name, and at the domains of the pool.
type Discovery struct {
	Store  *store.Store
	Keys   *tokens.Keyring
	Issuer tokens.Issuer
	// Hosts finds the host that a client uses. A client that uses a host name of the server or a loopback address finds the keys
	// there, because it may not reach the public URL.
	Hosts *Hosts
	// Endpoints are the endpoints at the domains. A document names only these.
	Endpoints *Endpoints
	// Languages returns the languages of the pages, as BCP 47 tags. Nil means none.
	Languages func() []string
}

// The paths of the documents. Source: OpenID Connect Discovery 1.0 section 4; RFC 8414 section 3.
const (
	wellKnown         = "/.well-known/"
	pathConfiguration = wellKnown + "openid-configuration"
	pathMetadata      = wellKnown + "oauth-authorization-server"
	pathKeys          = wellKnown + "jwks.json"
)

// Mount adds the documents below the issuers of pools to mux. RFC 8414 puts the name of the document before the path of the
// issuer; OpenID Connect Discovery puts it after it. Clients try both for both documents.
func (d *Discovery) Mount(mux *http.ServeMux) {
	for path, serve := range map[string]http.HandlerFunc{
		"/{pool}" + pathKeys:             d.jwks,
		"/{pool}" + pathConfiguration:    d.ofPool,
		"/{pool}" + pathMetadata:         d.ofPool,
		pathConfiguration + "/{path...}": d.ofPath,
		pathMetadata + "/{path...}":      d.ofPath,
	} {
		mux.HandleFunc("GET "+path, serve)
		mux.HandleFunc("OPTIONS "+path, func(w http.ResponseWriter, r *http.Request) {
			allowBrowsers(w.Header())
			answerPreflight(w, r)
		})
	}
}

// Register adds the documents to the domains of pools.
func (d *Discovery) Register(e *Endpoints) {
	for _, path := range []string{pathConfiguration, pathMetadata} {
		e.Handle("GET "+path, func(w http.ResponseWriter, r *http.Request, site *Site) {
			d.keepPrivate(w, r)
			writeJSON(w, d.document(site.Pool, site.URL, site.URL+pathKeys))
		})
	}
	e.Handle("GET "+pathKeys, func(w http.ResponseWriter, r *http.Request, site *Site) { d.writeKeys(w, r, site.Pool) })
}

func (d *Discovery) ofPool(w http.ResponseWriter, r *http.Request) {
	d.writeOfPool(w, r, r.PathValue("pool"))
}

// ofPath answers with the document of the issuer that ends with the path of the request, or of the domain.
func (d *Discovery) ofPath(w http.ResponseWriter, r *http.Request) {
	parent, name := path.Split(r.PathValue("path"))
	if !strings.HasSuffix("/"+parent, cognate.DomainsPath) {
		d.writeOfPool(w, r, name)
		return
	}
	site, err := d.Hosts.site(r.Context(), name, d.Hosts.baseURL(r)+cognate.DomainsPath+name)
	if err != nil {
		writeError(w, err)
		return
	}
	d.keepPrivate(w, r)
	writeJSON(w, d.document(site.Pool, site.URL, site.URL+pathKeys))
}

func (d *Discovery) writeOfPool(w http.ResponseWriter, r *http.Request, id string) {
	pool, err := d.Store.UserPool(r.Context(), id)
	if err != nil {
		writeError(w, err)
		return
	}
	domain, err := d.Hosts.poolURL(r.Context(), r, pool)
	if err != nil {
		writeError(w, err)
		return
	}
	d.keepPrivate(w, r)
	writeJSON(w, d.document(pool, domain, d.Hosts.baseURL(r)+"/"+pool.ID+pathKeys))
}

// keepPrivate keeps a document that names the host of the request out of shared caches, which would give it to other clients.
func (d *Discovery) keepPrivate(w http.ResponseWriter, r *http.Request) {
	if d.Hosts.baseURL(r) != d.Hosts.PublicURL {
		w.Header().Set("Cache-Control", "no-store")
	}
}

// document returns the discovery document of a pool, which is also its metadata as an authorization server. domain is the URL of a
// domain of the pool; without it the document has no members about endpoints.
// Source: docs/behaviour.md §3.5; OpenID Connect Discovery 1.0 section 3; RFC 8414 section 2; RFC 9126 section 5; RFC 9207 section 3.
func (d *Discovery) document(pool *cognate.UserPool, domain, keys string) map[string]any {
	document := map[string]any{
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"issuer":                                d.Issuer.Of(pool),
		"jwks_uri":                              keys,
		"response_types_supported":              []string{ResponseCode, ResponseToken},
		"scopes_supported":                      cognate.OpenIDScopes(),
		"subject_types_supported":               []string{"public"},
	}
	if domain == "" {
		return document
	}
	for _, endpoint := range endpointMembers {
		if d.Endpoints.has(endpoint.path) && (endpoint.has == nil || endpoint.has(pool)) {
			document[endpoint.name] = domain + endpoint.path
			maps.Copy(document, endpoint.with(d, pool))
		}
	}
	return document
}

// endpointMember is a member of the document that names an endpoint.
type endpointMember struct {
	name, path string
	has        func(*cognate.UserPool) bool                           // reports whether the pool has the endpoint; nil: every pool has it
	with       func(d *Discovery, p *cognate.UserPool) map[string]any // the members that describe the endpoint
}

var endpointMembers = []endpointMember{
	{name: "authorization_endpoint", path: pathAuthorize, with: aboutAuthorization},
	{name: "pushed_authorization_request_endpoint", path: pathPushedRequests, with: func(*Discovery, *cognate.UserPool) map[string]any {
		return map[string]any{"require_pushed_authorization_requests": false} // of all clients; tags require it of single ones
	}},
	{name: "token_endpoint", path: pathToken, with: func(_ *Discovery, pool *cognate.UserPool) map[string]any {
		types := []string{grantCode, grantImplicit, grantRefresh, grantCredentials}
		if pool.HasDeviceGrant() {
			types = append(types, grantDeviceCode)
		}
		return map[string]any{
			"grant_types_supported":                            types,
			"token_endpoint_auth_methods_supported":            append(slices.Clone(confidentialMethods), authNone),
			"token_endpoint_auth_signing_alg_values_supported": asymmetric,
			"dpop_signing_alg_values_supported":                asymmetric,
		}
	}},
	{name: "userinfo_endpoint", path: pathUserInfo, with: nothing},
	{name: "revocation_endpoint", path: pathRevoke, with: func(*Discovery, *cognate.UserPool) map[string]any {
		return map[string]any{
			"revocation_endpoint_auth_methods_supported":            append(slices.Clone(confidentialMethods), authNone),
			"revocation_endpoint_auth_signing_alg_values_supported": asymmetric,
		}
	}},
	{name: "introspection_endpoint", path: pathIntrospect, with: func(*Discovery, *cognate.UserPool) map[string]any {
		return map[string]any{
			"introspection_endpoint_auth_methods_supported":            confidentialMethods,
			"introspection_endpoint_auth_signing_alg_values_supported": asymmetric,
		}
	}},
	{name: "device_authorization_endpoint", path: pathDeviceAuthorization, has: (*cognate.UserPool).HasDeviceGrant, with: nothing},
	{name: "registration_endpoint", path: pathRegister, has: (*cognate.UserPool).RegistersClients, with: nothing},
	{name: "end_session_endpoint", path: "/logout", with: func(*Discovery, *cognate.UserPool) map[string]any {
		return map[string]any{"backchannel_logout_supported": true, "backchannel_logout_session_supported": true}
	}},
}

// confidentialMethods are the ways in which a confidential client authenticates. Source: RFC 7591 section 2.
var confidentialMethods = []string{authBasic, authPost, authKey}

func nothing(*Discovery, *cognate.UserPool) map[string]any { return nil }

// aboutAuthorization describes what an authorization request can contain. The feature plan LITE has no levels of authentication.
func aboutAuthorization(d *Discovery, pool *cognate.UserPool) map[string]any {
	members := map[string]any{
		"authorization_response_iss_parameter_supported": true,
		"claims_parameter_supported":                     true,
		"claims_supported":                               supportedClaims(),
		"code_challenge_methods_supported":               []string{"S256"},
		"display_values_supported":                       displays,
		"prompt_values_supported":                        prompts,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"response_modes_supported":                       responseModes,
	}
	if d.Languages != nil {
		members["ui_locales_supported"] = d.Languages()
	}
	if pool.RequireStepUp() == nil {
		var names []string
		for l := cognate.Level1; l <= cognate.Level4; l++ {
			names = append(names, pool.ACR(l))
		}
		members["acr_values_supported"] = names
	}
	return members
}

// supportedClaims returns the claims that an ID token can have. The custom attributes of a pool are not among them: clients know
// them, and the document is public.
func supportedClaims() []string {
	claims := []string{"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "cognito:username", "cognito:groups"}
	for _, a := range cognate.StandardAttributes() {
		claims = append(claims, a.Name)
	}
	return claims
}

func (d *Discovery) jwks(w http.ResponseWriter, r *http.Request) {
	pool, err := d.Store.UserPool(r.Context(), r.PathValue("pool"))
	if err != nil {
		writeError(w, err)
		return
	}
	d.writeKeys(w, r, pool)
}

func (d *Discovery) writeKeys(w http.ResponseWriter, r *http.Request, pool *cognate.UserPool) {
	set, err := d.Keys.JWKS(r.Context(), pool)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, set)
}

func writeJSON(w http.ResponseWriter, document any) {
	body, err := json.Marshal(document, json.Deterministic(true))
	if err != nil {
		writeError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	allowBrowsers(h)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=60")
	}
	_, _ = w.Write(body) // the client may have closed the connection
}

func writeError(w http.ResponseWriter, err error) {
	allowBrowsers(w.Header())
	status := http.StatusInternalServerError
	if errors.Is(err, store.ErrNotFound) {
		status = http.StatusNotFound
	}
	http.Error(w, http.StatusText(status), status)
}
