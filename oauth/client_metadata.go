package oauth

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cognate"
	"cognate/api"
)

// ClientMetadata is the metadata that a client registers. The server ignores other members.
// Source: RFC 7591 section 2; OpenID Connect RP-Initiated Logout 1.0 section 3.1; RFC 9126 section 6; RFC 9449 section 5.2.
type ClientMetadata struct {
	RedirectURIs  []string `json:"redirect_uris,omitempty"`
	AuthMethod    string   `json:"token_endpoint_auth_method,omitzero"`
	KeysURI       string   `json:"jwks_uri,omitzero"` // only for AuthMethod private_key_jwt
	GrantTypes    []string `json:"grant_types,omitempty"`
	ResponseTypes []string `json:"response_types,omitempty"`
	Name          string   `json:"client_name,omitzero"`
	Scope         string   `json:"scope,omitzero"`
	LogoutURIs    []string `json:"post_logout_redirect_uris,omitempty"`
	RequiresPAR   bool     `json:"require_pushed_authorization_requests,omitzero"`
	RequiresDPoP  bool     `json:"dpop_bound_access_tokens,omitzero"`
}

// Values of token_endpoint_auth_method.
const (
	authNone  = "none"
	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"
	authKey   = "private_key_jwt"
)

// Values of grant_types.
const (
	grantCode        = "authorization_code"
	grantImplicit    = "implicit"
	grantRefresh     = "refresh_token"
	grantCredentials = "client_credentials"
)

// Limits of the metadata. Source: API reference, CreateUserPoolClient.
const (
	maxClientName = 128
	maxURLs       = 100
	maxURL        = 1024
)

// The codes of errors about metadata. Source: RFC 7591 section 3.2.2.
const (
	codeInvalidRedirectURI = "invalid_redirect_uri"
	codeInvalidMetadata    = "invalid_client_metadata"
)

func refuseMetadata(description string) *Refusal { return refuse(codeInvalidMetadata, description) }

// registrar applies metadata to a client.
type registrar struct {
	pool      *cognate.UserPool
	custom    cognate.CustomScopes
	providers []string
}

// apply sets the settings of a client from its metadata, and checks them like those of every client. The client already has its
// Registration, and its secret if it needs one. Errors: *Refusal. Source: docs/behaviour.md §7.7.
func (g *registrar) apply(c *cognate.AppClient, m *ClientMetadata) error {
	flow, err := g.flow(c, m)
	if err != nil {
		return err
	}
	isMachine := flow == api.OAuthFlowTypeClientCredentials
	if err := checkRedirects(m, isMachine); err != nil {
		return err
	}
	scopes, err := g.scopes(m, isMachine)
	if err != nil {
		return err
	}
	c.Name = clientName(c, m.Name)
	c.Registration.RequiresPAR, c.Registration.RequiresDPoP = m.RequiresPAR, m.RequiresDPoP
	c.OAuth = cognate.OAuthSettings{
		Enabled: true, Flows: []api.OAuthFlowType{flow}, Scopes: scopes, CallbackURLs: m.RedirectURIs, LogoutURLs: m.LogoutURIs,
	}
	err = c.Check(g.pool, g.custom, g.providers)
	if refusal, ok := errors.AsType[*api.Error](err); ok {
		return refuseMetadata(refusal.Message)
	}
	return err
}

// flow returns the OAuth 2.0 flow of the grant types. The setting of the pool must have it.
//
// Assumed: a client that registers has the code flow or client credentials, not both, like every app client.
func (g *registrar) flow(c *cognate.AppClient, m *ClientMetadata) (api.OAuthFlowType, error) {
	types := m.GrantTypes
	if len(types) == 0 {
		types = []string{grantCode}
	}
	for _, t := range types {
		if !slices.Contains([]string{grantCode, grantRefresh, grantCredentials}, t) {
			return "", refuseMetadata("grant_types has a grant type that is not supported")
		}
	}
	hasCode, hasCredentials := slices.Contains(types, grantCode), slices.Contains(types, grantCredentials)
	flow, responses := api.OAuthFlowTypeCode, []string{ResponseCode}
	if hasCredentials {
		flow, responses = api.OAuthFlowTypeClientCredentials, nil
	}
	switch {
	case hasCode == hasCredentials:
		return "", refuseMetadata("grant_types needs either authorization_code or client_credentials")
	case !slices.Contains(g.pool.RegistrationFlows(c.Registration.IsOpen), flow):
		return "", refuseMetadata("the user pool does not let clients register for these grant_types")
	case len(m.ResponseTypes) > 0 && !slices.Equal(m.ResponseTypes, responses):
		return "", refuseMetadata("response_types does not fit grant_types")
	case hasCredentials && c.Registration.AuthMethod == authNone:
		return "", refuseMetadata("client_credentials needs a client that authenticates")
	}
	return flow, nil
}

// checkRedirects checks the URIs. Users see their hosts, so they must not have characters that look like other ones.
//
// Assumed: redirect URIs of clients that register have only ASCII characters.
func checkRedirects(m *ClientMetadata, isMachine bool) error {
	if !isMachine && len(m.RedirectURIs) == 0 {
		return refuse(codeInvalidRedirectURI, "redirect_uris is missing")
	}
	if len(m.RedirectURIs) > maxURLs || len(m.LogoutURIs) > maxURLs {
		return refuseMetadata("there are too many URIs")
	}
	isBad := func(u string) bool {
		return len(u) > maxURL || strings.ContainsFunc(u, func(r rune) bool { return r >= utf8.RuneSelf }) || cognate.CheckRedirect(u) != nil
	}
	switch {
	case slices.ContainsFunc(m.RedirectURIs, isBad):
		return refuse(codeInvalidRedirectURI, "")
	case slices.ContainsFunc(m.LogoutURIs, isBad):
		return refuseMetadata("post_logout_redirect_uris is invalid")
	}
	return nil
}

// scopes returns the scopes of the client: those in its metadata, or else all that the pool allows. A client for machines has custom
// scopes only.
func (g *registrar) scopes(m *ClientMetadata, isMachine bool) ([]string, error) {
	var allowed []string
	for _, scope := range g.pool.RegistrationScopes() {
		isOwn := cognate.IsOwnScope(scope)
		if isOwn && !isMachine || !isOwn && g.custom[scope] {
			allowed = append(allowed, scope)
		}
	}
	wanted := strings.Fields(m.Scope)
	for _, scope := range wanted {
		if !slices.Contains(allowed, scope) {
			return nil, refuseMetadata("scope has a scope that the user pool does not allow")
		}
	}
	switch {
	case len(wanted) > 0:
		slices.Sort(wanted)
		return slices.Compact(wanted), nil
	case len(allowed) == 0:
		return nil, refuseMetadata("the user pool allows no scope for client_credentials")
	default:
		return allowed, nil
	}
}

// clientName returns the name of the client, with only the characters that the name of an app client can have. Users see it.
//
// Assumed: characters that the name of an app client cannot have are left out of client_name. A client without a name gets its ID as
// its name.
func clientName(c *cognate.AppClient, name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune(`_+=,.@-`, r):
			return r
		default:
			return ' '
		}
	}, name)
	plain = strings.Join(strings.Fields(plain), " ")
	if runes := []rune(plain); len(runes) > maxClientName {
		plain = strings.TrimSpace(string(runes[:maxClientName]))
	}
	if plain == "" {
		return c.ID
	}
	return plain
}

// metadataOf returns the metadata of a client that registered itself.
func metadataOf(c *cognate.AppClient) ClientMetadata {
	m := ClientMetadata{
		RedirectURIs: c.OAuth.CallbackURLs, AuthMethod: c.Registration.AuthMethod, KeysURI: c.Registration.KeysURI, Name: c.Name, Scope: strings.Join(c.OAuth.Scopes, " "),
		LogoutURIs: c.OAuth.LogoutURLs, RequiresPAR: c.Registration.RequiresPAR, RequiresDPoP: c.Registration.RequiresDPoP,
	}
	if slices.Contains(c.OAuth.Flows, api.OAuthFlowTypeCode) {
		m.GrantTypes, m.ResponseTypes = append(m.GrantTypes, grantCode, grantRefresh), []string{ResponseCode}
	}
	if slices.Contains(c.OAuth.Flows, api.OAuthFlowTypeClientCredentials) {
		m.GrantTypes = append(m.GrantTypes, grantCredentials)
	}
	return m
}
