package cognate

import (
	"slices"
	"strings"

	"cognate/api"
)

// Allows reports whether the client can start the flow that one of the ALLOW_ values names. A legacy value stands for its
// successors, and an empty list means refresh, SRP and custom (docs/behaviour.md §2.1). A client that rotates refresh tokens
// never allows REFRESH_TOKEN_AUTH, which does not rotate them (docs/behaviour.md §2.7).
func (c *AppClient) Allows(flow api.ExplicitAuthFlowsType) bool {
	if flow == api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth && c.RotatesRefreshTokens() {
		return false
	}
	if len(c.AuthFlows) == 0 {
		return flow == api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth ||
			flow == api.ExplicitAuthFlowsTypeAllowUserSrpAuth ||
			flow == api.ExplicitAuthFlowsTypeAllowCustomAuth
	}
	if slices.Contains(c.AuthFlows, flow) {
		return true
	}
	return c.allowsByLegacy(flow)
}

// allowsByLegacy covers ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH and CUSTOM_AUTH_FLOW_ONLY. A client with one of them also
// allows refresh and custom sign-in, and SRP unless custom is the only flow.
func (c *AppClient) allowsByLegacy(flow api.ExplicitAuthFlowsType) bool {
	has := func(f api.ExplicitAuthFlowsType) bool { return slices.Contains(c.AuthFlows, f) }
	admin, password, customOnly := has(api.ExplicitAuthFlowsTypeAdminNoSrpAuth), has(api.ExplicitAuthFlowsTypeUserPasswordAuth),
		has(api.ExplicitAuthFlowsTypeCustomAuthFlowOnly)
	if !admin && !password && !customOnly {
		return false
	}
	switch flow {
	case api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth:
		return admin
	case api.ExplicitAuthFlowsTypeAllowUserPasswordAuth:
		return password
	case api.ExplicitAuthFlowsTypeAllowUserSrpAuth:
		return !customOnly
	case api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth:
		return true
	default:
		return false
	}
}

// MayRefresh reports whether the client can exchange refresh tokens by GetTokensFromRefreshToken, with or without rotation.
func (c *AppClient) MayRefresh() bool {
	return c.RotatesRefreshTokens() || c.Allows(api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
}

// MayGetClientTokens reports whether the client can get access tokens for itself, without a user, if it has ClientTokenScopes.
// It needs no OAuth 2.0 flow.
// Source: API reference, GetClientToken; docs/behaviour.md §7.8.
func (c *AppClient) MayGetClientTokens() bool {
	return c.HasSecret() && c.Allows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth)
}

// ClientTokenScopes returns the scopes that an access token of the client itself can have: those of its scopes that are custom
// scopes of the pool, and the scope for registrations. A scope whose resource server no longer has it is inactive.
// Source: docs/behaviour.md §7.8.
func (c *AppClient) ClientTokenScopes(custom CustomScopes) []string {
	var scopes []string
	for _, scope := range c.OAuth.Scopes {
		if custom.Has(scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
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

// checkClientTokenFlow checks that a client with ALLOW_CLIENT_TOKEN_AUTH has no other flow.
// Source: API reference, GetClientToken.
// Assumed: the texts about ALLOW_CLIENT_TOKEN_AUTH with other flows or without a client secret.
func (c *AppClient) checkClientTokenFlow() error {
	switch {
	case !slices.Contains(c.AuthFlows, api.ExplicitAuthFlowsTypeAllowClientTokenAuth):
		return nil
	case len(c.AuthFlows) > 1:
		return api.InvalidParameterException("ALLOW_CLIENT_TOKEN_AUTH cannot be used along with other auth flow names.")
	case !c.HasSecret():
		return api.InvalidParameterException("ALLOW_CLIENT_TOKEN_AUTH can not be selected if client does not have a client secret.")
	default:
		return nil
	}
}

// checkLite rejects features that the feature plan LITE does not include.
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
