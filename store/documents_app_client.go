package store

import (
	"cognate"
	"cognate/api"
)

// appClientDocument is the stored form of an app client, without what the columns of its row hold.
type appClientDocument struct {
	form
	AuthFlows                  []api.ExplicitAuthFlowsType        `json:"AuthFlows"`
	RefreshTokenValidity       int                                `json:"RefreshTokenValidity"`
	AccessTokenValidity        int                                `json:"AccessTokenValidity"`
	IDTokenValidity            int                                `json:"IDTokenValidity"`
	Units                      *api.TokenValidityUnitsType        `json:"Units"`
	AuthSessionValidity        int                                `json:"AuthSessionValidity"`
	PreventUserExistenceErrors api.PreventUserExistenceErrorTypes `json:"PreventUserExistenceErrors"`
	TokenRevocation            bool                               `json:"TokenRevocation"`
	ReadAttributes             []string                           `json:"ReadAttributes"`
	WriteAttributes            []string                           `json:"WriteAttributes"`
	RefreshRotation            *api.RefreshTokenRotationType      `json:"RefreshRotation"`
	SSOValidity                *int                               `json:"SSOValidity"`
	OAuth                      oauthDocument                      `json:"OAuth"`
	Risk                       *riskDocument                      `json:"Risk,omitzero"`
	Registration               *registrationDocument              `json:"Registration,omitzero"`
	Carried                    carriedClientDocument              `json:"Carried"`
}

// registrationDocument is the stored form of what a client has that registered itself.
type registrationDocument struct {
	TokenHash    []byte `json:"TokenHash"`
	AuthMethod   string `json:"AuthMethod"`
	KeysURI      string `json:"KeysURI,omitzero"`
	RequiresPAR  bool   `json:"RequiresPAR,omitzero"`
	RequiresDPoP bool   `json:"RequiresDPoP,omitzero"`
	IsOpen       bool   `json:"IsOpen"`
	IsUsed       bool   `json:"IsUsed"`
}

type oauthDocument struct {
	Enabled bool                `json:"Enabled"`
	Flows   []api.OAuthFlowType `json:"Flows"`
	Scopes  []string            `json:"Scopes"`
}

// carriedClientDocument holds settings that are together for historical reasons only.
type carriedClientDocument struct {
	SupportedIdentityProviders []string                        `json:"SupportedIdentityProviders"`
	CallbackURLs               []string                        `json:"CallbackURLs"`
	LogoutURLs                 []string                        `json:"LogoutURLs"`
	DefaultRedirectURI         string                          `json:"DefaultRedirectURI"`
	Analytics                  *api.AnalyticsConfigurationType `json:"Analytics"`
	PropagateUserContext       bool                            `json:"PropagateUserContext"`

	// The OAuth settings are read only: the first builds stored them here.
	AllowedOAuthFlowsUserPoolClient bool                `json:"AllowedOAuthFlowsUserPoolClient,omitzero"`
	AllowedOAuthFlows               []api.OAuthFlowType `json:"AllowedOAuthFlows,omitzero"`
	AllowedOAuthScopes              []string            `json:"AllowedOAuthScopes,omitzero"`
}

func fromAppClient(c *cognate.AppClient) *appClientDocument {
	return &appClientDocument{
		AuthFlows:                  c.AuthFlows,
		RefreshTokenValidity:       c.RefreshTokenValidity,
		AccessTokenValidity:        c.AccessTokenValidity,
		IDTokenValidity:            c.IDTokenValidity,
		Units:                      c.Units,
		AuthSessionValidity:        c.AuthSessionValidity,
		PreventUserExistenceErrors: c.PreventUserExistenceErrors,
		TokenRevocation:            c.TokenRevocation,
		ReadAttributes:             c.ReadAttributes,
		WriteAttributes:            c.WriteAttributes,
		RefreshRotation:            c.RefreshRotation,
		SSOValidity:                c.SSOValidity,
		OAuth:                      oauthDocument{Enabled: c.OAuth.Enabled, Flows: c.OAuth.Flows, Scopes: c.OAuth.Scopes},
		Risk:                       fromRisk(c.Risk),
		Registration:               (*registrationDocument)(c.Registration),
		Carried: carriedClientDocument{
			SupportedIdentityProviders: c.SupportedIdentityProviders,
			CallbackURLs:               c.OAuth.CallbackURLs,
			LogoutURLs:                 c.OAuth.LogoutURLs,
			DefaultRedirectURI:         c.OAuth.DefaultRedirectURI,
			Analytics:                  c.Analytics,
			PropagateUserContext:       c.PropagateUserContext,
		},
	}
}

// toAppClient sets the fields of a client that a document holds.
func (d *appClientDocument) toAppClient(c *cognate.AppClient) {
	c.AuthFlows = d.AuthFlows
	c.RefreshTokenValidity = d.RefreshTokenValidity
	c.AccessTokenValidity = d.AccessTokenValidity
	c.IDTokenValidity = d.IDTokenValidity
	c.Units = d.Units
	c.AuthSessionValidity = d.AuthSessionValidity
	c.PreventUserExistenceErrors = d.PreventUserExistenceErrors
	c.TokenRevocation = d.TokenRevocation
	c.ReadAttributes = d.ReadAttributes
	c.WriteAttributes = d.WriteAttributes
	c.RefreshRotation = d.RefreshRotation
	c.SSOValidity = d.SSOValidity
	c.OAuth = d.toOAuthSettings()
	c.Risk = d.Risk.toRisk()
	c.Registration = (*cognate.ClientRegistration)(d.Registration)
	c.SupportedIdentityProviders = d.Carried.SupportedIdentityProviders
	c.Analytics = d.Carried.Analytics
	c.PropagateUserContext = d.Carried.PropagateUserContext
}

func (d *appClientDocument) toOAuthSettings() cognate.OAuthSettings {
	settings := cognate.OAuthSettings{
		Enabled: d.OAuth.Enabled, Flows: d.OAuth.Flows, Scopes: d.OAuth.Scopes, CallbackURLs: d.Carried.CallbackURLs,
		LogoutURLs: d.Carried.LogoutURLs, DefaultRedirectURI: d.Carried.DefaultRedirectURI,
	}
	if !d.OAuth.Enabled && len(d.OAuth.Flows)+len(d.OAuth.Scopes) == 0 {
		settings.Enabled = d.Carried.AllowedOAuthFlowsUserPoolClient
		settings.Flows, settings.Scopes = d.Carried.AllowedOAuthFlows, d.Carried.AllowedOAuthScopes
	}
	return settings
}
