package appclient

import (
	"cmp"
	"slices"
	"time"

	"cognate"
	"cognate/api"
)

// configure sets the settings of a request, and the defaults for missing members. Source: docs/behaviour.md §3.3, §5.3.
func configure(c *cognate.AppClient, in *api.UpdateUserPoolClientInput) {
	c.AuthFlows = in.ExplicitAuthFlows
	c.Units = unitsFromWire(in.TokenValidityUnits)
	c.AccessTokenValidity = valueOr(in.AccessTokenValidity, 0)
	c.IDTokenValidity = valueOr(in.IdTokenValidity, 0)
	c.RefreshTokenValidity = valueOr(in.RefreshTokenValidity, 0)
	if c.RefreshTokenValidity == 0 {
		c.RefreshTokenValidity = defaultRefreshTokenValidity(c.Units)
	}
	c.AuthSessionValidity = valueOr(in.AuthSessionValidity, cognate.DefaultAuthSessionValidity)
	c.PreventUserExistenceErrors = in.PreventUserExistenceErrors
	c.TokenRevocation = in.EnableTokenRevocation == nil || *in.EnableTokenRevocation
	c.ReadAttributes = in.ReadAttributes
	c.WriteAttributes = in.WriteAttributes
	c.RefreshRotation = rotationFromWire(in.RefreshTokenRotation, c.RefreshRotation)
	c.OAuth = cognate.OAuthSettings{
		Enabled: api.IsTrue(in.AllowedOAuthFlowsUserPoolClient), Flows: in.AllowedOAuthFlows, Scopes: in.AllowedOAuthScopes,
		CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs, DefaultRedirectURI: in.DefaultRedirectURI,
	}
	c.SupportedIdentityProviders = in.SupportedIdentityProviders
	c.Analytics = in.AnalyticsConfiguration
	c.PropagateUserContext = api.IsTrue(in.EnablePropagateAdditionalUserContextData)
}

// rotationFromWire returns a complete setting. before is the client's setting. The grace period is 0 if it is missing or if
// rotation is off. A request without the setting switches rotation off in a client that had the setting, and leaves a client
// without it. Source: docs/behaviour.md §2.7.
func rotationFromWire(in, before *api.RefreshTokenRotationType) *api.RefreshTokenRotationType {
	switch {
	case in == nil && before == nil:
		return nil
	case in == nil || in.Feature == api.FeatureTypeDisabled:
		return &api.RefreshTokenRotationType{Feature: api.FeatureTypeDisabled, RetryGracePeriodSeconds: new(0)}
	default:
		return &api.RefreshTokenRotationType{Feature: in.Feature, RetryGracePeriodSeconds: new(valueOr(in.RetryGracePeriodSeconds, 0))}
	}
}

// unitsFromWire fills in the missing units if the request contains at least one.
func unitsFromWire(in *api.TokenValidityUnitsType) *api.TokenValidityUnitsType {
	if in == nil || *in == (api.TokenValidityUnitsType{}) {
		return nil
	}
	return &api.TokenValidityUnitsType{
		AccessToken:  cmp.Or(in.AccessToken, api.TimeUnitsTypeHours),
		IdToken:      cmp.Or(in.IdToken, api.TimeUnitsTypeHours),
		RefreshToken: cmp.Or(in.RefreshToken, api.TimeUnitsTypeDays),
	}
}

// defaultRefreshTokenValidity returns 30 days in the client's unit for refresh tokens.
// Assumed: a RefreshTokenValidity of 0 means 30 days in whatever unit the client has. The API reference says 30 days.
func defaultRefreshTokenValidity(units *api.TokenValidityUnitsType) int {
	const days = cognate.DefaultRefreshTokenDays
	if units == nil {
		return days
	}
	const whole = days * 24 * time.Hour
	switch units.RefreshToken {
	case api.TimeUnitsTypeSeconds:
		return int(whole / time.Second)
	case api.TimeUnitsTypeMinutes:
		return int(whole / time.Minute)
	case api.TimeUnitsTypeHours:
		return int(whole / time.Hour)
	default:
		return days
	}
}

// toWire returns a client in the shape of the API, with the secret that answers show.
func toWire(c *cognate.AppClient) *api.UserPoolClientType {
	units := c.Units
	if units == nil {
		units = new(api.TokenValidityUnitsType)
	}
	return &api.UserPoolClientType{
		UserPoolId:                               c.PoolID,
		ClientName:                               c.Name,
		ClientId:                                 c.ID,
		ClientSecret:                             c.ShownSecret(),
		LastModifiedDate:                         api.EpochOf(c.ModifiedAt),
		CreationDate:                             api.EpochOf(c.CreatedAt),
		RefreshTokenValidity:                     new(c.RefreshTokenValidity),
		AccessTokenValidity:                      orNil(c.AccessTokenValidity),
		IdTokenValidity:                          orNil(c.IDTokenValidity),
		TokenValidityUnits:                       units,
		ReadAttributes:                           sorted(c.ReadAttributes),
		WriteAttributes:                          sorted(c.WriteAttributes),
		ExplicitAuthFlows:                        sorted(c.AuthFlows),
		SupportedIdentityProviders:               sorted(c.SupportedIdentityProviders),
		CallbackURLs:                             sorted(c.OAuth.CallbackURLs),
		LogoutURLs:                               sorted(c.OAuth.LogoutURLs),
		DefaultRedirectURI:                       c.OAuth.DefaultRedirectURI,
		AllowedOAuthFlows:                        sorted(c.OAuth.Flows),
		AllowedOAuthScopes:                       sorted(c.OAuth.Scopes),
		AllowedOAuthFlowsUserPoolClient:          new(c.OAuth.Enabled),
		AnalyticsConfiguration:                   c.Analytics,
		PreventUserExistenceErrors:               c.PreventUserExistenceErrors,
		EnableTokenRevocation:                    new(c.TokenRevocation),
		EnablePropagateAdditionalUserContextData: new(c.PropagateUserContext),
		AuthSessionValidity:                      new(c.AuthSessionValidity),
		RefreshTokenRotation:                     c.RefreshRotation,
		ClientType:                               c.Type(),
	}
}

// sorted returns a list in alphabetical order, as the service does; nil for an empty list.
func sorted[T cmp.Ordered](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return slices.Sorted(slices.Values(list))
}

func valueOr(n *int, unset int) int {
	if n == nil {
		return unset
	}
	return *n
}

// orNil returns nil for a number that is not set, so that the answer does not contain it.
func orNil(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
