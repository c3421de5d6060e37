package cognate

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate/api"
)

// ClientRegistration is what an app client has that registered itself at /oauth2/register. Its name is not verified, so users
// are asked before it gets access. Source: RFC 7591; RFC 7592; docs/behaviour.md §7.7.
type ClientRegistration struct {
	// TokenHash is the RegistrationTokenHash of the token with which the client reads, changes and deletes its registration.
	TokenHash []byte
	// AuthMethod is how the client authenticates: "none", "client_secret_basic", "client_secret_post" or "private_key_jwt".
	AuthMethod string
	// KeysURI is the address of its public keys; empty unless AuthMethod is "private_key_jwt".
	KeysURI string
	// RequiresPAR and RequiresDPoP are what the client asked of itself: see UserPool.RequiresPushedRequests and RequiresDPoP.
	RequiresPAR, RequiresDPoP bool
	IsOpen                    bool // the client registered without an access token
	IsUsed                    bool // the client has got tokens
}

// UnusedRegistrationLifetime is how long a registration stays that was never used.
const UnusedRegistrationLifetime = 30 * 24 * time.Hour

// NewRegistrationToken returns the random token of a registration.
func NewRegistrationToken() string { return randomText(lowerAlphanumerics, 52) }

// RegistrationTokenHash returns the stored form of the token of a registration. A copy of the client in another pool has another ID,
// so the token is not valid there.
func RegistrationTokenHash(clientID, token string) []byte {
	hash := sha256.Sum256([]byte(clientID + "/" + token))
	return hash[:]
}

// IsRegistered reports whether the client registered itself.
func (c *AppClient) IsRegistered() bool { return c.Registration != nil }

// IsOpenlyRegistered reports whether the client registered itself without an access token. Anyone can get the secret of such a client, so the
// secret does not identify the sender of a request.
func (c *AppClient) IsOpenlyRegistered() bool { return c.IsRegistered() && c.Registration.IsOpen }

// registersKeys reports whether the client has registered keys, with which it authenticates.
func (c *AppClient) registersKeys() bool { return c.IsRegistered() && c.Registration.KeysURI != "" }

// IsRegistrationToken reports whether a text is the token of the client's registration.
func (c *AppClient) IsRegistrationToken(token string) bool {
	return c.IsRegistered() && subtle.ConstantTimeCompare(c.Registration.TokenHash, RegistrationTokenHash(c.ID, token)) == 1
}

// IsAbandoned reports whether the client registered itself and was not used in time.
func (c *AppClient) IsAbandoned(now time.Time) bool {
	return c.IsRegistered() && !c.Registration.IsUsed && now.Sub(c.CreatedAt) >= UnusedRegistrationLifetime
}

// Type returns the type of the client as the API names it.
func (c *AppClient) Type() api.ClientTypeType {
	if c.IsRegistered() {
		return api.ClientTypeTypeDcr
	}
	return api.ClientTypeTypeRegular
}

// AllowsRedirect reports whether the browser may be sent to a redirect URI. It is exactly one of the client's. If the client
// registered itself, the port of a loopback address may differ: an application on a desktop gets a free port from its system.
// Source: RFC 8252 section 7.3; docs/behaviour.md §7.1.
func (c *AppClient) AllowsRedirect(address string) bool {
	if slices.Contains(c.OAuth.CallbackURLs, address) {
		return true
	}
	if !c.IsRegistered() || CheckRedirect(address) != nil {
		return false
	}
	wanted, isLoopback := withoutLoopbackPort(address)
	return isLoopback && slices.ContainsFunc(c.OAuth.CallbackURLs, func(registered string) bool {
		other, isLoopback := withoutLoopbackPort(registered)
		return isLoopback && other == wanted
	})
}

// withoutLoopbackPort returns a URL without its port; false unless it leads by HTTP to the machine of the user.
func withoutLoopbackPort(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || !slices.Contains(loopbackHosts, u.Hostname()) {
		return "", false
	}
	host := u.Hostname()
	_, rest, _ := strings.Cut(address, u.Host)
	return host + rest, true
}
