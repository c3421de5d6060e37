package cognate

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// AppClient is an application that may sign users of one pool in (wire name UserPoolClient).
type AppClient struct {
	PoolID string
	ID     string // 26 lower-case letters and digits
	Name   string
	Secret string // empty for a public client

	AuthFlows []api.ExplicitAuthFlowsType // as sent; empty means the default set
	// Validity of the tokens, in Units; 0 means the default.
	RefreshTokenValidity, AccessTokenValidity, IDTokenValidity int
	Units                                                      *api.TokenValidityUnitsType
	AuthSessionValidity                                        int // minutes, 3 to 15
	PreventUserExistenceErrors                                 api.PreventUserExistenceErrorTypes
	TokenRevocation                                            bool
	ReadAttributes, WriteAttributes                            []string // nil means all that are readable or writable
	RefreshRotation                                            *api.RefreshTokenRotationType
	SSOValidity                                                *int // minutes, 0 to 129,600; nil means the default

	OAuth                      OAuthSettings
	CallbackURLs, LogoutURLs   []string
	DefaultRedirectURI         string // one of CallbackURLs, or empty
	SupportedIdentityProviders []string

	Analytics             *api.AnalyticsConfigurationType
	PropagateUserContext  bool
	CreatedAt, ModifiedAt time.Time
}

// OAuthSettings are what a client may do by OAuth 2.0, and which scopes its tokens may get by it.
type OAuthSettings struct {
	Enabled bool // the rest acts (wire name AllowedOAuthFlowsUserPoolClient)
	Flows   []api.OAuthFlowType
	Scopes  []string
}

// Token lifetimes without a setting (docs/behaviour.md §3.3).
const (
	DefaultTokenTTL            = time.Hour
	DefaultRefreshTokenDays    = 30
	DefaultAuthSessionValidity = 3 // minutes
)

// defaultSSOMinutes is for how long a client reuses a single sign-on session when its owner named no time. Source: API
// reference, ClientSSOSessionConfigType.
const defaultSSOMinutes = 60

// SSOSessionMinutes returns for how many minutes after a user has proved who they are the client signs them in anew
// without asking. This version has no single sign-on sessions to which it applies.
func (c *AppClient) SSOSessionMinutes() int {
	if c.SSOValidity == nil {
		return defaultSSOMinutes
	}
	return *c.SSOValidity
}

// AccessTokenTTL returns how long an access token of the client lives.
func (c *AppClient) AccessTokenTTL() time.Duration {
	return tokenTTL(c.AccessTokenValidity, c.units().AccessToken, api.TimeUnitsTypeHours, DefaultTokenTTL)
}

// IDTokenTTL returns how long an ID token of the client lives.
func (c *AppClient) IDTokenTTL() time.Duration {
	return tokenTTL(c.IDTokenValidity, c.units().IdToken, api.TimeUnitsTypeHours, DefaultTokenTTL)
}

// RefreshTokenTTL returns how long a refresh token of the client lives.
func (c *AppClient) RefreshTokenTTL() time.Duration {
	return tokenTTL(c.RefreshTokenValidity, c.units().RefreshToken, api.TimeUnitsTypeDays, DefaultRefreshTokenDays*24*time.Hour)
}

// AuthSessionTTL returns how long a challenge Session of the client lives.
func (c *AppClient) AuthSessionTTL() time.Duration {
	return time.Duration(c.AuthSessionValidity) * time.Minute
}

func (c *AppClient) units() api.TokenValidityUnitsType {
	if c.Units == nil {
		return api.TokenValidityUnitsType{}
	}
	return *c.Units
}

func tokenTTL(n int, unit, defaultUnit api.TimeUnitsType, unset time.Duration) time.Duration {
	if n == 0 {
		return unset
	}
	if unit == "" {
		unit = defaultUnit
	}
	return time.Duration(n) * unitLength(unit)
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

// RotatesRefreshTokens reports whether each use of a refresh token replaces it by a new one.
func (c *AppClient) RotatesRefreshTokens() bool {
	return c.RefreshRotation != nil && c.RefreshRotation.Feature == api.FeatureTypeEnabled
}

// MaxRetryGracePeriod is the longest RetryGracePeriod of any client.
const MaxRetryGracePeriod = time.Minute

// RetryGracePeriod returns how long a refresh token that was replaced may still be used, for a client that tries again
// because it never saw the answer.
func (c *AppClient) RetryGracePeriod() time.Duration {
	if !c.RotatesRefreshTokens() || c.RefreshRotation.RetryGracePeriodSeconds == nil {
		return 0
	}
	return time.Duration(*c.RefreshRotation.RetryGracePeriodSeconds) * time.Second
}

// MayRefresh reports whether the client may trade refresh tokens for new tokens by GetTokensFromRefreshToken: with rotation
// or without.
func (c *AppClient) MayRefresh() bool {
	return c.RotatesRefreshTokens() || c.Allows(api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
}

// MayGetClientTokens reports whether the client may get tokens in its own name, as a machine, which no user signs in to.
// Source: API reference, GetClientToken.
// Assumed: GetClientToken also needs the OAuth 2.0 flow client_credentials. The example of the developer guide sets it.
func (c *AppClient) MayGetClientTokens() bool {
	return c.Secret != "" && c.Allows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth) && c.OAuth.Enabled &&
		slices.Contains(c.OAuth.Flows, api.OAuthFlowTypeClientCredentials)
}

// Allows reports whether the client may start the flow named by one of the ALLOW_ values. Legacy values stand for their
// successors, and no value at all means refresh, SRP and custom (docs/behaviour.md §2.1). A client that rotates refresh tokens
// can't have the flow that doesn't, whatever else is said (docs/behaviour.md §2.7).
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

// allowsByLegacy covers ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH and CUSTOM_AUTH_FLOW_ONLY. They add to what a client could
// do before the ALLOW_ values came: refresh always, SRP and custom sign-in unless custom is the only flow.
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

// MayRead reports whether the client shows an attribute to its user, in tokens and in answers. The sub is always shown,
// developer-only attributes are for no client, and a client that names none shows all others (docs/behaviour.md §4.7).
func (c *AppClient) MayRead(attribute string) bool {
	switch {
	case attribute == AttributeSub:
		return true
	case strings.HasPrefix(attribute, DeveloperPrefix):
		return false
	default:
		return len(c.ReadAttributes) == 0 || slices.Contains(c.ReadAttributes, attribute)
	}
}

// HidesUsers reports whether the client asked that unknown users can't be told from known ones.
func (c *AppClient) HidesUsers() bool {
	return c.PreventUserExistenceErrors == api.PreventUserExistenceErrorTypesEnabled
}

// SecretHash returns Base64(HMAC-SHA256(client secret, username + client id)), which a client with a secret sends along
// with every username (docs/behaviour.md §2.3).
func (c *AppClient) SecretHash(username string) string {
	mac := hmac.New(sha256.New, []byte(c.Secret))
	mac.Write([]byte(username + c.ID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// RequireSecret checks, in constant time, the secret that a client with one sends in clear to operations without a
// username; a public client sends none. refuse makes the refusal, of the type that the operation declares, from its text.
// Source: docs/behaviour.md §2.3 for the first text.
// Assumed: the text for a wrong client secret. It follows the text for a wrong secret hash.
func (c *AppClient) RequireSecret(secret string, refuse func(text string) *api.Error) error {
	switch {
	case c.Secret == "":
		return nil
	case secret == "":
		return refuse("Client " + c.ID + " is configured for secret but secret was not received")
	case subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1:
		return refuse("Unable to verify secret for client " + c.ID)
	default:
		return nil
	}
}

// RequireSecretHash checks, in constant time, the hash that a client with a secret must send along with username; a public
// client sends none. Errors: NotAuthorizedException when it is missing or wrong (docs/behaviour.md §2.3).
func (c *AppClient) RequireSecretHash(username, hash string) error {
	switch {
	case c.Secret == "":
		return nil
	case hash == "":
		return api.NotAuthorizedException("Client " + c.ID + " is configured with secret but SECRET_HASH was not received")
	case !hmac.Equal([]byte(c.SecretHash(username)), []byte(hash)):
		return api.NotAuthorizedException("Unable to verify secret hash for client " + c.ID)
	default:
		return nil
	}
}
