package cognate

import (
	"strings"

	"cognate/api"
)

// ScopeRegistration is the scope of the access tokens that let an application register an app client. Every pool has it
// (docs/behaviour.md §7.7).
const ScopeRegistration = "aws.cognito/dcr/register"

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
		if isCustom := strings.Contains(scope, "/"); scope == ScopeRegistration || !isCustom && scope != ScopeUserAdmin {
			return api.InvalidParameterException("Invalid scope in AllowedScopes: " + scope)
		}
	}
	return nil
}

// RegistersClients reports whether applications can register app clients.
func (p *UserPool) RegistersClients() bool {
	return p.DCRConfiguration != nil && p.DCRConfiguration.EnableStatus != api.StatusTypeDisabled
}

// RegistrationFlows returns the OAuth 2.0 flows for which clients can register, openly or with an access token.
// Source: docs/behaviour.md §7.7.
func (p *UserPool) RegistrationFlows(isOpen bool) []api.OAuthFlowType {
	switch {
	case !p.RegistersClients():
		return nil
	case isOpen:
		return p.DCRConfiguration.OpenDcrGrantTypes
	default:
		return p.DCRConfiguration.AuthenticatedGrantTypes
	}
}

// RegistrationScopes returns the scopes that clients can register for. Source: docs/behaviour.md §7.7.
func (p *UserPool) RegistrationScopes() []string {
	if !p.RegistersClients() {
		return nil
	}
	return append(OpenIDScopes(), p.DCRConfiguration.AllowedScopes...)
}
