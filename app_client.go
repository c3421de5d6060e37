package cognate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"cognate/api"
)

// AppClient is an application that signs in users of one pool (wire name UserPoolClient). The settings of one concern are in
// one file (client_*.go), with their checks.
type AppClient struct {
	PoolID string
	ID     string // 26 lower-case letters and digits
	Name   string
	// Secrets are the active client secrets, the oldest first: none for a public client, at most MaxClientSecrets.
	Secrets []ClientSecret

	AuthFlows                       []api.ExplicitAuthFlowsType // as in the request; empty means the default flows
	AuthSessionValidity             int                         // minutes, 3 to 15
	PreventUserExistenceErrors      api.PreventUserExistenceErrorTypes
	ReadAttributes, WriteAttributes []string // empty means all that are readable or writable
	ClientTokens

	OAuth                      OAuthSettings
	SupportedIdentityProviders []string
	SSOValidity                *int // minutes, 0 to 129,600; nil means the default

	Risk *RiskConfiguration // nil if it was never set

	Registration *ClientRegistration // nil for a client that an administrator created

	Analytics             *api.AnalyticsConfigurationType
	PropagateUserContext  bool
	CreatedAt, ModifiedAt time.Time
}

// Check returns an error for the first rule that the client's settings break, by themselves or together with those of its
// pool. custom are the custom scopes of the pool, and providers the names of its identity providers. A caller that changes a
// client locks the pool and calls Check before it saves the client. The order of the checks is
// visible to clients.
// Errors: InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException,
// FeatureUnavailableInTierException. Source: docs/behaviour.md §2.1, §3.3, §5.3. The texts were recorded from the service,
// except where a comment says that they are assumed.
func (c *AppClient) Check(p *UserPool, custom CustomScopes, providers []string) error {
	for _, check := range []func() error{
		c.checkDistinct,
		func() error { return c.checkAuthFlows(p) },
		c.checkClientTokenFlow,
		c.checkLifetimes,
		func() error { return c.checkAttributes(p) },
		func() error { return c.checkOAuth(custom) },
		c.OAuth.checkURLs,
		func() error { return c.checkProviders(p, providers) },
		c.checkUserContext,
		c.checkAnalytics,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkDistinct checks that no list has a name twice.
func (c *AppClient) checkDistinct() error {
	return cmp.Or(
		RequireDistinct("ExplicitAuthFlows", c.AuthFlows),
		RequireDistinct("ReadAttributes", c.ReadAttributes),
		RequireDistinct("WriteAttributes", c.WriteAttributes),
		RequireDistinct("AllowedOAuthFlows", c.OAuth.Flows),
		RequireDistinct("AllowedOAuthScopes", c.OAuth.Scopes),
		RequireDistinct("CallbackURLs", c.OAuth.CallbackURLs),
		RequireDistinct("LogoutURLs", c.OAuth.LogoutURLs),
		RequireDistinct("SupportedIdentityProviders", c.SupportedIdentityProviders),
	)
}

// DefaultAuthSessionValidity is the AuthSessionValidity of a client without a setting, in minutes (docs/behaviour.md §3.3).
const DefaultAuthSessionValidity = 3

// AuthSessionTTL returns how long a Session of the client is valid.
func (c *AppClient) AuthSessionTTL() time.Duration {
	return time.Duration(c.AuthSessionValidity) * time.Minute
}

// defaultSSOMinutes is how long a client without a setting reuses a single sign-on session.
// Source: API reference, ClientSSOSessionConfigType.
const defaultSSOMinutes = 60

// SSOSessionMinutes returns for how many minutes after a sign-in the client can sign the user in again without a challenge.
func (c *AppClient) SSOSessionMinutes() int {
	if c.SSOValidity == nil {
		return defaultSSOMinutes
	}
	return *c.SSOValidity
}

// SSOSessionTTL is SSOSessionMinutes as a duration.
func (c *AppClient) SSOSessionTTL() time.Duration {
	return time.Duration(c.SSOSessionMinutes()) * time.Minute
}

// HidesUsers reports whether the client's answers are the same for unknown and known users.
func (c *AppClient) HidesUsers() bool {
	return c.PreventUserExistenceErrors == api.PreventUserExistenceErrorTypesEnabled
}

// SignsInOnPages reports whether users of the pool can sign in to the client on the login pages. A client that names only other identity
// providers does not want their passwords. Source: docs/behaviour.md §5.3.
func (c *AppClient) SignsInOnPages() bool {
	return len(c.SupportedIdentityProviders) == 0 || slices.Contains(c.SupportedIdentityProviders, LocalProvider)
}

// checkProviders checks that the identity providers exist: the pool itself, or one of providers.
func (c *AppClient) checkProviders(p *UserPool, providers []string) error {
	for _, name := range c.SupportedIdentityProviders {
		if name != LocalProvider && !slices.Contains(providers, name) {
			return api.InvalidParameterException(fmt.Sprintf("The provider %s does not exist for User Pool %s.", name, p.ID))
		}
	}
	return nil
}

// checkAnalytics checks which members are together, and their form.
// Assumed: the texts for invalid members of AnalyticsConfiguration.
func (c *AppClient) checkAnalytics() error {
	a := c.Analytics
	if a == nil {
		return nil
	}
	byID := a.ApplicationId != "" && a.RoleArn != "" && a.ExternalId != ""
	if byARN := a.ApplicationArn != ""; byARN == byID || byARN && (a.ApplicationId != "" || a.ExternalId != "") {
		return api.InvalidParameterException("Invalid analytics configuration given, " +
			"either <application arn> or <application id, role arn, external id> are valid")
	}
	if _, err := ParseARN(PinpointAppARN, a.ApplicationArn); a.ApplicationArn != "" && err != nil {
		return api.InvalidParameterException("Invalid ApplicationArn in AnalyticsConfiguration")
	}
	if _, err := ParseARN(RoleARN, a.RoleArn); a.RoleArn != "" && err != nil {
		return api.InvalidParameterException("Invalid RoleArn in AnalyticsConfiguration")
	}
	if a.ExternalId != "" && !isExternalID(a.ExternalId) {
		return api.InvalidParameterException("Invalid ExternalId in AnalyticsConfiguration")
	}
	return nil
}
