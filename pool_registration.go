package cognate

import (
	"strings"

	"cognate/api"
)

const (
	scopeAdmin        = "aws.cognito.signin.user.admin"
	scopeRegistration = "aws.cognito/dcr/register"
)

// checkRegistration checks the setting for dynamic client registration. AllowedScopes may contain custom scopes and the scope
// for the user's own profile. Source: docs/behaviour.md §7.7.
// Assumed: the text for a scope that is not allowed.
func (p *UserPool) checkRegistration() error {
	c := p.DCRConfiguration
	if c == nil {
		return nil
	}
	for _, err := range []error{
		RequireDistinct("AuthenticatedGrantTypes", c.AuthenticatedGrantTypes),
		RequireDistinct("OpenDcrGrantTypes", c.OpenDcrGrantTypes),
		RequireDistinct("AllowedScopes", c.AllowedScopes),
	} {
		if err != nil {
			return err
		}
	}
	for _, scope := range c.AllowedScopes {
		if isCustom := strings.Contains(scope, "/"); scope == scopeRegistration || !isCustom && scope != scopeAdmin {
			return api.InvalidParameterException("Invalid scope in AllowedScopes: " + scope)
		}
	}
	return nil
}

// RegistersClients reports whether applications can register app clients.
func (p *UserPool) RegistersClients() bool {
	return p.DCRConfiguration != nil && p.DCRConfiguration.EnableStatus != api.StatusTypeDisabled
}
