package cognate

import (
	"time"

	"cognate/api"
)

// ClientTokens says how long the tokens of a client are valid, and how they are refreshed and revoked.
type ClientTokens struct {
	// The lifetimes of the tokens, in Units; 0 means the default.
	RefreshTokenValidity, AccessTokenValidity, IDTokenValidity int
	Units                                                      *api.TokenValidityUnitsType
	TokenRevocation                                            bool
	RefreshRotation                                            *api.RefreshTokenRotationType
}

// Token lifetimes without a setting (docs/behaviour.md §3.3).
const (
	defaultTokenSeconds     = 60 * 60
	DefaultRefreshTokenDays = 30
)

// Bounds of the tokens' lifetimes, in seconds (docs/behaviour.md §3.3).
const (
	minTokenSeconds        = 5 * 60
	maxTokenSeconds        = 24 * 60 * 60
	minRefreshTokenSeconds = 60 * 60
	maxRefreshTokenSeconds = 3650 * 24 * 60 * 60
)

// MaxTokenTTL is the longest lifetime of an ID or access token of any client.
const MaxTokenTTL = maxTokenSeconds * time.Second

// AccessTokenTTL returns how long an access token is valid.
func (c *ClientTokens) AccessTokenTTL() time.Duration {
	return time.Duration(c.accessTokenSeconds()) * time.Second
}

// IDTokenTTL returns how long an ID token is valid.
func (c *ClientTokens) IDTokenTTL() time.Duration {
	return time.Duration(c.idTokenSeconds()) * time.Second
}

// RefreshTokenTTL returns how long a refresh token is valid.
func (c *ClientTokens) RefreshTokenTTL() time.Duration {
	return time.Duration(c.refreshTokenSeconds()) * time.Second
}

// The lifetimes are counted in seconds too. Until checkLifetimes refuses it, a client can have more days than a time.Duration can hold.

func (c *ClientTokens) accessTokenSeconds() int64 {
	return inSeconds(c.AccessTokenValidity, c.units().AccessToken, api.TimeUnitsTypeHours, defaultTokenSeconds)
}

func (c *ClientTokens) idTokenSeconds() int64 {
	return inSeconds(c.IDTokenValidity, c.units().IdToken, api.TimeUnitsTypeHours, defaultTokenSeconds)
}

func (c *ClientTokens) refreshTokenSeconds() int64 {
	return inSeconds(c.RefreshTokenValidity, c.units().RefreshToken, api.TimeUnitsTypeDays, DefaultRefreshTokenDays*24*60*60)
}

func (c *ClientTokens) units() api.TokenValidityUnitsType {
	if c.Units == nil {
		return api.TokenValidityUnitsType{}
	}
	return *c.Units
}

func unitLength(unit api.TimeUnitsType) time.Duration {
	switch unit {
	case api.TimeUnitsTypeMinutes:
		return time.Minute
	case api.TimeUnitsTypeHours:
		return time.Hour
	case api.TimeUnitsTypeDays:
		return 24 * time.Hour
	default:
		return time.Second
	}
}

// RotatesRefreshTokens reports whether each use of a refresh token replaces it with a new one.
func (c *ClientTokens) RotatesRefreshTokens() bool {
	return c.RefreshRotation != nil && c.RefreshRotation.Feature == api.FeatureTypeEnabled
}

// MaxRetryGracePeriod is the longest RetryGracePeriod of any client.
const MaxRetryGracePeriod = time.Minute

// RetryGracePeriod returns how long a refresh token stays valid after it was replaced. In this time a client that did not
// receive the answer can try again.
func (c *ClientTokens) RetryGracePeriod() time.Duration {
	if !c.RotatesRefreshTokens() || c.RefreshRotation.RetryGracePeriodSeconds == nil {
		return 0
	}
	return time.Duration(*c.RefreshRotation.RetryGracePeriodSeconds) * time.Second
}

func (c *ClientTokens) checkLifetimes() error {
	access, id, refresh := c.accessTokenSeconds(), c.idTokenSeconds(), c.refreshTokenSeconds()
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

// inSeconds returns n units in seconds, or unset for 0.
func inSeconds(n int, unit, defaultUnit api.TimeUnitsType, unset int64) int64 {
	if n == 0 {
		return unset
	}
	if unit == "" {
		unit = defaultUnit
	}
	return int64(n) * int64(unitLength(unit).Seconds())
}
