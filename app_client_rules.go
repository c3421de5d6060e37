package cognate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cognate/api"
)

// Bounds of the tokens' lifetimes, in seconds (docs/behaviour.md §3.3).
const (
	minTokenSeconds        = 5 * 60
	maxTokenSeconds        = 24 * 60 * 60
	minRefreshTokenSeconds = 60 * 60
	maxRefreshTokenSeconds = 3650 * 24 * 60 * 60
)

// Check reports the first rule that the client's settings break, together or with those of its pool. Whoever changes a
// client calls it before the client is saved, with the pool locked. Errors: InvalidParameterException,
// InvalidOAuthFlowException, ScopeDoesNotExistException, FeatureUnavailableInTierException. Source: docs/behaviour.md §2.1, §3.3,
// §5.3; the texts without a mark of their own were recorded from the service.
func (c *AppClient) Check(p *UserPool) error {
	for _, check := range []func(*UserPool) error{
		c.checkAuthFlows, c.checkClientTokenFlow, c.checkLifetimes, c.checkAttributes, c.checkOAuth, c.checkURLs,
		c.checkProviders, c.checkUserContext, c.checkAnalytics,
	} {
		if err := check(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *AppClient) checkAuthFlows(p *UserPool) error {
	var current, legacy bool
	for _, f := range c.AuthFlows {
		if strings.HasPrefix(string(f), "ALLOW_") {
			current = true
		} else {
			legacy = true
		}
	}
	refresh := slices.Contains(c.AuthFlows, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
	machine := slices.Contains(c.AuthFlows, api.ExplicitAuthFlowsTypeAllowClientTokenAuth) // no user signs in to
	switch {
	case current && legacy:
		return api.InvalidParameterException("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.")
	case refresh && c.RotatesRefreshTokens():
		return api.InvalidParameterException(
			"ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.")
	case current && !refresh && !machine && !c.RotatesRefreshTokens():
		return api.InvalidParameterException("REFRESH_TOKEN_AUTH should always be allowed.")
	case p.Tier == api.UserPoolTierTypeLite:
		return c.checkLite()
	}
	return nil
}

// checkClientTokenFlow keeps machines apart from applications that users sign in to. Source: API reference, GetClientToken.
// Assumed: the texts about ALLOW_CLIENT_TOKEN_AUTH with other flows or without a client secret.
func (c *AppClient) checkClientTokenFlow(*UserPool) error {
	switch {
	case !slices.Contains(c.AuthFlows, api.ExplicitAuthFlowsTypeAllowClientTokenAuth):
		return nil
	case len(c.AuthFlows) > 1:
		return api.InvalidParameterException("ALLOW_CLIENT_TOKEN_AUTH cannot be used along with other auth flow names.")
	case c.Secret == "":
		return api.InvalidParameterException("ALLOW_CLIENT_TOKEN_AUTH can not be selected if client does not have a client secret.")
	default:
		return nil
	}
}

// checkLite refuses what begins with the feature plan ESSENTIALS.
// Assumed: the names of features of an app client in the error. The guide says which features LITE does not have.
func (c *AppClient) checkLite() error {
	var features []string
	if slices.Contains(c.AuthFlows, api.ExplicitAuthFlowsTypeAllowUserAuth) {
		features = append(features, "Choice-Based Sign-In")
	}
	if c.RotatesRefreshTokens() {
		features = append(features, "Refresh Token Rotation")
	}
	if len(features) == 0 {
		return nil
	}
	return errUnavailableInTier(api.UserPoolTierTypeLite, features)
}

func (c *AppClient) checkLifetimes(*UserPool) error {
	access := inSeconds(c.AccessTokenValidity, c.units().AccessToken, api.TimeUnitsTypeHours, int64(DefaultTokenTTL.Seconds()))
	id := inSeconds(c.IDTokenValidity, c.units().IdToken, api.TimeUnitsTypeHours, int64(DefaultTokenTTL.Seconds()))
	refresh := inSeconds(c.RefreshTokenValidity, c.units().RefreshToken, api.TimeUnitsTypeDays, DefaultRefreshTokenDays*24*60*60)
	within := func(n, low, high int64) bool { return low <= n && n <= high }
	if !within(access, minTokenSeconds, maxTokenSeconds) || !within(id, minTokenSeconds, maxTokenSeconds) ||
		!within(refresh, minRefreshTokenSeconds, maxRefreshTokenSeconds) {
		return api.InvalidParameterException("Invalid range for token validity.")
	}
	if access > refresh || id > refresh {
		return api.InvalidParameterException(
			"Access and Id Token expiration times must be less than or equal to refresh token expiration times.")
	}
	return nil
}

// inSeconds returns n units, or unset for 0. It counts in seconds because the shape allows more days than a
// time.Duration holds.
func inSeconds(n int, unit, defaultUnit api.TimeUnitsType, unset int64) int64 {
	if n == 0 {
		return unset
	}
	if unit == "" {
		unit = defaultUnit
	}
	return int64(n) * int64(unitLength(unit).Seconds())
}

// checkAttributes checks that the client's lists name attributes of the pool. What a client may write includes all that
// the pool requires of a user, and nothing that the service says of itself.
func (c *AppClient) checkAttributes(p *UserPool) error {
	for _, name := range c.ReadAttributes {
		if _, ok := p.Attribute(name); !ok {
			return api.InvalidParameterException("Invalid read attributes specified while creating a client")
		}
	}
	if len(c.WriteAttributes) == 0 {
		return nil
	}
	refused := api.InvalidParameterException("Invalid write attributes specified while creating a client")
	for _, name := range c.WriteAttributes {
		if a, ok := p.Attribute(name); !ok || api.IsTrue(a.DeveloperOnlyAttribute) || isServiceOwned(name) {
			return refused
		}
	}
	for _, a := range p.Schema {
		if api.IsTrue(a.Required) && !isServiceOwned(a.Name) && !slices.Contains(c.WriteAttributes, a.Name) {
			return refused
		}
	}
	return nil
}

// isServiceOwned reports whether no client may write the attribute.
func isServiceOwned(attribute string) bool {
	return attribute == "sub" || attribute == AttributeEmailVerified || attribute == AttributePhoneVerified
}

func (c *AppClient) checkOAuth(*UserPool) error {
	has := func(f api.OAuthFlowType) bool { return slices.Contains(c.OAuth.Flows, f) }
	redirects := has(api.OAuthFlowTypeCode) || has(api.OAuthFlowTypeImplicit)
	switch {
	case c.OAuth.Enabled && (len(c.OAuth.Flows) == 0 || len(c.OAuth.Scopes) == 0):
		return api.InvalidParameterException(
			"AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	case has(api.OAuthFlowTypeClientCredentials) && redirects:
		return api.InvalidOAuthFlowException(
			"client_credentials flow can not be selected along with code flow or implicit flow.")
	case has(api.OAuthFlowTypeClientCredentials) && c.Secret == "":
		return api.InvalidOAuthFlowException("client_credentials flow can not be selected if client does not have a client secret.")
	case c.OAuth.Enabled && redirects && len(c.CallbackURLs) == 0:
		return api.InvalidOAuthFlowException("CallbackUrls can not be empty when code flow or implicit flow is selected")
	}
	return c.checkScopes()
}

// checkScopes checks that the scopes exist. This version has no resource servers, so any name is one of theirs that has
// their form.
func (c *AppClient) checkScopes() error {
	machine := slices.Contains(c.OAuth.Flows, api.OAuthFlowTypeClientCredentials)
	for _, scope := range c.OAuth.Scopes {
		own := slices.Contains([]string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}, scope)
		if !own && !isCustomScope(scope) {
			return api.ScopeDoesNotExistException("Invalid scope requested: " + scope)
		}
		if own && machine {
			return api.InvalidOAuthFlowException(scope + " is not supported with client_credentials flow")
		}
	}
	return nil
}

// isCustomScope reports whether a scope has the form of a resource server's: its identifier, which may hold slashes, "/"
// and the scope's name (docs/behaviour.md §5.8).
func isCustomScope(scope string) bool {
	slash := strings.LastIndexByte(scope, '/')
	return slash > 0 && slash < len(scope)-1
}

func (c *AppClient) checkURLs(*UserPool) error {
	for _, u := range slices.Concat(c.CallbackURLs, c.LogoutURLs) {
		if err := checkRedirect(u); err != nil {
			return err
		}
	}
	if c.DefaultRedirectURI != "" && !slices.Contains(c.CallbackURLs, c.DefaultRedirectURI) {
		return api.InvalidParameterException(
			fmt.Sprintf("The default redirect URI %s is not in the callback URIs list.", c.DefaultRedirectURI))
	}
	return nil
}

// checkRedirect lets https and the schemes of applications pass, and http to the caller's own machine only.
func checkRedirect(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return api.InvalidParameterException(address + " is not a valid URL") // Assumed: the text for an invalid redirect URL.
	}
	if strings.Contains(address, "#") {
		return api.InvalidParameterException(address + " cannot use fragment")
	}
	if u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
		return api.InvalidParameterException(address + " cannot use the HTTP protocol.")
	}
	return nil
}

// checkProviders checks that the identity providers exist. This version has the pool's own users only.
func (c *AppClient) checkProviders(p *UserPool) error {
	for _, name := range c.SupportedIdentityProviders {
		if name != "COGNITO" {
			return api.InvalidParameterException(fmt.Sprintf("The provider %s does not exist for User Pool %s.", name, p.ID))
		}
	}
	return nil
}

func (c *AppClient) checkUserContext(*UserPool) error {
	if c.PropagateUserContext && c.Secret == "" {
		return api.InvalidParameterException(
			"Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	return nil
}

func (c *AppClient) checkAnalytics(*UserPool) error {
	a := c.Analytics
	if a == nil {
		return nil
	}
	byID := a.ApplicationId != "" && a.RoleArn != "" && a.ExternalId != ""
	if byARN := a.ApplicationArn != ""; byARN == byID || byARN && (a.ApplicationId != "" || a.ExternalId != "") {
		return api.InvalidParameterException("Invalid analytics configuration given, " +
			"either <application arn> or <application id, role arn, external id> are valid")
	}
	return nil
}
