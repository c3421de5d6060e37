package cognate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
)

func TestAppClientCheck(t *testing.T) {
	t.Parallel()
	invalid, flow := api.InvalidParameterException, api.InvalidOAuthFlowException
	rotation := &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled}
	flows := func(f ...api.ExplicitAuthFlowsType) []api.ExplicitAuthFlowsType { return f }
	oauth := func(c *cognate.AppClient, scopes []string, flows ...api.OAuthFlowType) {
		c.OAuth = cognate.OAuthSettings{Enabled: true, Flows: flows, Scopes: scopes}
		c.OAuth.CallbackURLs = []string{"https://app.example.com"}
	}
	for name, tc := range map[string]struct {
		change func(*cognate.AppClient, *cognate.UserPool)
		want   error
	}{
		"a minimal client": {change: func(*cognate.AppClient, *cognate.UserPool) {}},
		"old and new flow names": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.AuthFlows = flows("ALLOW_REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH")
			},
			invalid("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."),
		},
		"old flow names": {change: func(c *cognate.AppClient, _ *cognate.UserPool) { c.AuthFlows = flows("ADMIN_NO_SRP_AUTH") }},
		"no refresh": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.AuthFlows = flows("ALLOW_USER_SRP_AUTH") },
			invalid("REFRESH_TOKEN_AUTH should always be allowed."),
		},
		"no refresh with rotation": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.AuthFlows, c.RefreshRotation = flows("ALLOW_USER_SRP_AUTH"), rotation
		}},
		"refresh with rotation": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.AuthFlows, c.RefreshRotation = flows("ALLOW_REFRESH_TOKEN_AUTH"), rotation
			},
			invalid("ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled."),
		},
		"choice on LITE": {
			func(c *cognate.AppClient, p *cognate.UserPool) {
				c.AuthFlows, p.Tier = flows("ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"), api.UserPoolTierTypeLite
			},
			api.FeatureUnavailableInTierException("The following features need to be disabled for the LITE pricing tier configured: Choice-Based Sign-In"),
		},
		"rotation on LITE": {
			func(c *cognate.AppClient, p *cognate.UserPool) {
				c.RefreshRotation, p.Tier = rotation, api.UserPoolTierTypeLite
			},
			api.FeatureUnavailableInTierException("The following features need to be disabled for the LITE pricing tier configured: Refresh Token Rotation"),
		},
		"access tokens of 25 hours": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.AccessTokenValidity = 25 },
			invalid("Invalid range for token validity."),
		},
		"ID tokens of 4 minutes": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.IDTokenValidity, c.Units = 4, &api.TokenValidityUnitsType{IdToken: api.TimeUnitsTypeMinutes}
			},
			invalid("Invalid range for token validity."),
		},
		"refresh tokens of 3,650 days": {change: func(c *cognate.AppClient, _ *cognate.UserPool) { c.RefreshTokenValidity = 3650 }},
		"refresh tokens of more days than a duration holds": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.RefreshTokenValidity = 315360000 },
			invalid("Invalid range for token validity."),
		},
		"refresh tokens of an hour": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.RefreshTokenValidity, c.Units = 60, &api.TokenValidityUnitsType{RefreshToken: api.TimeUnitsTypeMinutes}
		}},
		"refresh tokens shorter than access tokens": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.AccessTokenValidity, c.RefreshTokenValidity = 2, 1
				c.Units = &api.TokenValidityUnitsType{RefreshToken: api.TimeUnitsTypeHours}
			},
			invalid("Access and Id Token expiration times must be less than or equal to refresh token expiration times."),
		},
		"readable attributes of the pool": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.ReadAttributes = []string{"email", "email_verified", "sub"}
		}},
		"readable attribute missing in the pool": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.ReadAttributes = []string{"custom:x"} },
			invalid("Invalid read attributes specified while creating a client"),
		},
		"writable attribute of the service": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.WriteAttributes = []string{"email", "email_verified"}
			},
			invalid("Invalid write attributes specified while creating a client"),
		},
		"writable attributes without a required one": {
			func(c *cognate.AppClient, p *cognate.UserPool) {
				c.WriteAttributes = []string{"name"}
				_ = p.DefineSchema([]api.SchemaAttributeType{{Name: "email", Required: new(true)}})
			},
			invalid("Invalid write attributes specified while creating a client"),
		},
		"OAuth without flows": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.OAuth.Enabled = true },
			invalid("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."),
		},
		"OAuth by code": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			oauth(c, []string{"openid", "email"}, api.OAuthFlowTypeCode)
		}},
		"OAuth by code without a callback": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				oauth(c, []string{"openid"}, api.OAuthFlowTypeCode)
				c.OAuth.CallbackURLs = nil
			},
			flow("CallbackUrls can not be empty when code flow or implicit flow is selected"),
		},
		"client credentials with code": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				oauth(c, []string{"openid"}, api.OAuthFlowTypeCode, api.OAuthFlowTypeClientCredentials)
			},
			flow("client_credentials flow can not be selected along with code flow or implicit flow."),
		},
		"client credentials without a secret": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				oauth(c, []string{"openid"}, api.OAuthFlowTypeClientCredentials)
			},
			flow("client_credentials flow can not be selected if client does not have a client secret."),
		},
		"client credentials with scopes of users": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.Secrets = []cognate.ClientSecret{{Value: "s"}}
				oauth(c, []string{"openid"}, api.OAuthFlowTypeClientCredentials)
			},
			flow("openid is not supported with client_credentials flow"),
		},
		"an unknown scope": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				oauth(c, []string{"read"}, api.OAuthFlowTypeCode)
			},
			api.ScopeDoesNotExistException("Invalid scope requested: read"),
		},
		"a scope that no resource server has": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				oauth(c, []string{"api/write"}, api.OAuthFlowTypeCode)
			},
			api.ScopeDoesNotExistException("Invalid scope requested: api/write"),
		},
		"scopes of resource servers": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.Secrets, c.AuthFlows = []cognate.ClientSecret{{Value: "s"}}, flows("ALLOW_CLIENT_TOKEN_AUTH")
			oauth(c, []string{"api/read", "https://api.example.com/v1/write"}, api.OAuthFlowTypeClientCredentials)
		}},
		"client tokens with other flows": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.Secrets, c.AuthFlows = []cognate.ClientSecret{{Value: "s"}}, flows("ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
			},
			invalid("ALLOW_CLIENT_TOKEN_AUTH cannot be used along with other auth flow names."),
		},
		"tokens for a client without a secret": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.AuthFlows = flows("ALLOW_CLIENT_TOKEN_AUTH") },
			invalid("ALLOW_CLIENT_TOKEN_AUTH can not be selected if client does not have a client secret."),
		},
		"callbacks of applications and of localhost": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.OAuth.CallbackURLs = []string{"myapp://signed-in", "http://localhost:3000/cb", "http://127.0.0.1", "http://[::1]:8080/"}
		}},
		"a callback without TLS": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.OAuth.CallbackURLs = []string{"http://app.example.com"}
			},
			invalid("http://app.example.com cannot use the HTTP protocol."),
		},
		"a sign-out URL without TLS": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.OAuth.LogoutURLs = []string{"http://localhost.example.com"}
			},
			invalid("http://localhost.example.com cannot use the HTTP protocol."),
		},
		"a callback with a fragment": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.OAuth.CallbackURLs = []string{"https://a.example.com/#x"}
			},
			invalid("https://a.example.com/#x cannot use fragment"),
		},
		"a callback that is not a URL": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.OAuth.CallbackURLs = []string{"/signed-in"} },
			invalid("/signed-in is not a valid URL"),
		},
		"a default that is not a callback": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.OAuth.DefaultRedirectURI = "https://b.example.com"
			},
			invalid("The default redirect URI https://b.example.com is not in the callback URIs list."),
		},
		"an unknown provider": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.SupportedIdentityProviders = []string{"COGNITO", "Google"}
			},
			invalid("The provider Google does not exist for User Pool us-east-1_abcdefghi."),
		},
		"the pool and one of its providers": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.SupportedIdentityProviders = []string{"COGNITO", "Okta"}
		}},
		"a provider in another case": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.SupportedIdentityProviders = []string{"okta"} },
			invalid("The provider okta does not exist for User Pool us-east-1_abcdefghi."),
		},
		"context without a secret": {
			func(c *cognate.AppClient, _ *cognate.UserPool) { c.PropagateUserContext = true },
			invalid("Client Secret is required to set EnablePropagateAdditionalUserContextData as true"),
		},
		"half an analytics configuration": {
			func(c *cognate.AppClient, _ *cognate.UserPool) {
				c.Analytics = &api.AnalyticsConfigurationType{ApplicationId: "x"}
			},
			invalid("Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid"),
		},
		"an analytics configuration": {change: func(c *cognate.AppClient, _ *cognate.UserPool) {
			c.Analytics = &api.AnalyticsConfigurationType{
				ApplicationId: "x", RoleArn: "arn:aws:iam::123456789012:role/analytics", ExternalId: "external",
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, p := new(cognate.AppClient), validPool()
			tc.change(c, p)
			wantRefusal(t, "Check()", c.Check(p, cognate.CustomScopes{"api/read": true, "https://api.example.com/v1/write": true}, []string{"Okta"}), tc.want)
		})
	}
}

func TestAppClientListsAreDistinct(t *testing.T) {
	t.Parallel()
	twice := []string{"a", "b", "a"}
	for member, c := range map[string]*cognate.AppClient{
		"ExplicitAuthFlows":          {AuthFlows: []api.ExplicitAuthFlowsType{"a", "b", "a"}},
		"ReadAttributes":             {ReadAttributes: twice},
		"WriteAttributes":            {WriteAttributes: twice},
		"AllowedOAuthFlows":          {OAuth: cognate.OAuthSettings{Flows: []api.OAuthFlowType{"a", "b", "a"}}},
		"AllowedOAuthScopes":         {OAuth: cognate.OAuthSettings{Scopes: twice}},
		"CallbackURLs":               {OAuth: cognate.OAuthSettings{CallbackURLs: twice}},
		"LogoutURLs":                 {OAuth: cognate.OAuthSettings{LogoutURLs: twice}},
		"SupportedIdentityProviders": {SupportedIdentityProviders: twice},
	} {
		wantRefusal(t, "Check(a name twice in "+member+")", c.Check(&cognate.UserPool{}, nil, nil),
			api.InvalidParameterException("a appears more than once in "+member+"."))
	}
}

// Source of the rows: docs/behaviour.md §2.1, §2.7.
func TestAppClientAllows(t *testing.T) {
	t.Parallel()
	type flows = []api.ExplicitAuthFlowsType
	all := flows{
		"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH",
		"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH",
	}
	for what, c := range map[string]struct {
		client cognate.AppClient
		want   flows // in the order of all
	}{
		"no flows": {want: flows{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}},
		"refresh only": {
			cognate.AppClient{AuthFlows: flows{"ALLOW_REFRESH_TOKEN_AUTH"}}, flows{"ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"ADMIN_NO_SRP_AUTH": {
			cognate.AppClient{AuthFlows: flows{"ADMIN_NO_SRP_AUTH"}},
			flows{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"USER_PASSWORD_AUTH": {
			cognate.AppClient{AuthFlows: flows{"USER_PASSWORD_AUTH"}},
			flows{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"CUSTOM_AUTH_FLOW_ONLY": {
			cognate.AppClient{AuthFlows: flows{"CUSTOM_AUTH_FLOW_ONLY"}}, flows{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"CUSTOM_AUTH_FLOW_ONLY and ADMIN_NO_SRP_AUTH": {
			cognate.AppClient{AuthFlows: flows{"CUSTOM_AUTH_FLOW_ONLY", "ADMIN_NO_SRP_AUTH"}},
			flows{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"no flows, rotation": {
			cognate.AppClient{ClientTokens: cognate.ClientTokens{RefreshRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled}}},
			flows{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"},
		},
	} {
		var got flows
		for _, flow := range all {
			if c.client.Allows(flow) {
				got = append(got, flow)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: allowed flows (-want +got):\n%s", what, diff)
		}
	}
}
