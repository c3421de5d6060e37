package cognate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"cognate/api"
)

// OAuthSettings says which OAuth 2.0 flows a client can use, for which scopes, and where it redirects.
type OAuthSettings struct {
	Enabled                  bool // the flows and scopes apply (wire name AllowedOAuthFlowsUserPoolClient)
	Flows                    []api.OAuthFlowType
	Scopes                   []string
	CallbackURLs, LogoutURLs []string
	DefaultRedirectURI       string // one of CallbackURLs, or empty
}

// Allows reports whether the client can use the flow.
func (o *OAuthSettings) Allows(flow api.OAuthFlowType) bool {
	return o.Enabled && slices.Contains(o.Flows, flow)
}

// HasScopes reports whether the client can ask for all of the scopes, of which there must be one.
func (o *OAuthSettings) HasScopes(scopes []string) bool {
	for _, scope := range scopes {
		if !slices.Contains(o.Scopes, scope) {
			return false
		}
	}
	return len(scopes) > 0
}

func (c *AppClient) checkOAuth(custom CustomScopes) error {
	has := func(f api.OAuthFlowType) bool { return slices.Contains(c.OAuth.Flows, f) }
	redirects := has(api.OAuthFlowTypeCode) || has(api.OAuthFlowTypeImplicit)
	switch {
	case c.OAuth.Enabled && (len(c.OAuth.Flows) == 0 || len(c.OAuth.Scopes) == 0):
		return api.InvalidParameterException(
			"AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	case has(api.OAuthFlowTypeClientCredentials) && redirects:
		return api.InvalidOAuthFlowException(
			"client_credentials flow can not be selected along with code flow or implicit flow.")
	case has(api.OAuthFlowTypeClientCredentials) && !c.HasSecret() && !c.registersKeys():
		return api.InvalidOAuthFlowException("client_credentials flow can not be selected if client does not have a client secret.")
	case c.OAuth.Enabled && redirects && len(c.OAuth.CallbackURLs) == 0:
		return api.InvalidOAuthFlowException("CallbackUrls can not be empty when code flow or implicit flow is selected")
	}
	return c.OAuth.checkScopes(custom)
}

// IsOwnScope reports whether a scope is one that every pool has. Other scopes are those of resource servers.
func IsOwnScope(scope string) bool {
	return scope == ScopeUserAdmin || slices.Contains(OpenIDScopes(), scope)
}

// checkScopes checks that the scopes exist.
func (o *OAuthSettings) checkScopes(custom CustomScopes) error {
	machine := slices.Contains(o.Flows, api.OAuthFlowTypeClientCredentials)
	for _, scope := range o.Scopes {
		own := IsOwnScope(scope)
		if !own && !custom.Has(scope) {
			return api.ScopeDoesNotExistException("Invalid scope requested: " + scope)
		}
		if own && machine {
			return api.InvalidOAuthFlowException(scope + " is not supported with client_credentials flow")
		}
	}
	return nil
}

func (o *OAuthSettings) checkURLs() error {
	for _, u := range slices.Concat(o.CallbackURLs, o.LogoutURLs) {
		if err := CheckRedirect(u); err != nil {
			return err
		}
	}
	if o.DefaultRedirectURI != "" && !slices.Contains(o.CallbackURLs, o.DefaultRedirectURI) {
		return api.InvalidParameterException(
			fmt.Sprintf("The default redirect URI %s is not in the callback URIs list.", o.DefaultRedirectURI))
	}
	return nil
}

// CheckRedirect accepts https, the schemes of applications, and http to the caller's own machine.
// Assumed: the text for an invalid redirect URL. URLs without a host, with a user name, or of a scheme that browsers
// interpret themselves are invalid.
func CheckRedirect(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return api.InvalidParameterException(address + " is not a valid URL")
	}
	if strings.Contains(address, "#") {
		return api.InvalidParameterException(address + " cannot use fragment")
	}
	if u.Scheme == "http" && !slices.Contains(loopbackHosts, u.Hostname()) {
		return api.InvalidParameterException(address + " cannot use the HTTP protocol.")
	}
	if web := u.Scheme == "http" || u.Scheme == "https"; web && (u.Hostname() == "" || u.User != nil) ||
		strings.ContainsFunc(address, isSpaceOrControl) || slices.Contains(browserSchemes, u.Scheme) {
		return api.InvalidParameterException(address + " is not a valid URL")
	}
	return nil
}

// loopbackHosts are the hosts that are always the machine of the user.
var loopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

// browserSchemes are the schemes whose URLs a browser runs or reads itself.
var browserSchemes = []string{"javascript", "data", "vbscript", "file", "blob", "about", "view-source"}

// isSpaceOrControl reports whether r cannot be in a Location header. Browsers read a backslash in a URL as a slash.
func isSpaceOrControl(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' }
