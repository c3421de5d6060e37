package cognate

import (
	"net/url"
	"slices"
	"strings"

	"cognate/api"
)

// Tags of a pool hold the settings of its app clients for which the API has no member: "cognate:client/" with the ID or the name of
// the client, "/" and the setting. The tag with the ID counts before the one with the name. A tag may come before its client.
const (
	clientTagPrefix      = "cognate:client/"
	tagBackchannelLogout = "/backchannel-logout-uri" // a URL
	tagDeviceGrant       = "/device-grant"           // "on" or "off" (default)
	tagRequire           = "/require"                // words with spaces between them
	tagKeys              = "/jwks-uri"               // a URL

	requirePAR  = "par"
	requireDPoP = "dpop"
)

// requirements are the words of tagRequire.
var requirements = []string{requirePAR, requireDPoP}

// checkClientTag checks the value of a setting of a client.
// Assumed: the texts for a client's tag that is unknown or has an invalid value.
func checkClientTag(key, value string) error {
	client, setting, _ := strings.Cut(strings.TrimPrefix(key, clientTagPrefix), "/")
	check, ok := clientTagChecks["/"+setting]
	if !ok || client == "" {
		return api.InvalidParameterException("Unknown tag " + key + ": tags that begin with " + cognateTagPrefix + " are settings.")
	}
	if isValid, needed := check(value); !isValid {
		return api.InvalidParameterException("Tag " + key + " must be " + needed)
	}
	return nil
}

// clientTagChecks report for each setting whether a value is valid, and what it must be.
var clientTagChecks = map[string]func(value string) (isValid bool, needed string){
	tagBackchannelLogout: checkServerURL,
	tagKeys:              checkServerURL,
	tagDeviceGrant: func(value string) (bool, string) {
		return value == tagOn || value == tagOff, "one of " + tagOn + ", " + tagOff + "."
	},
	tagRequire: func(value string) (bool, string) {
		words := strings.Fields(value)
		isUnknown := func(w string) bool { return !slices.Contains(requirements, w) }
		needed := "a list of " + strings.Join(requirements, ", ") + ", with spaces between them."
		return len(words) > 0 && !slices.ContainsFunc(words, isUnknown), needed
	},
}

func checkServerURL(value string) (isValid bool, needed string) {
	return isServerURL(value), "a URL with https, or with http on this machine."
}

// RequiresPushedRequests reports whether a client of the pool must push its authorization requests (RFC 9126).
func (p *UserPool) RequiresPushedRequests(c *AppClient) bool {
	return p.requires(c, requirePAR) || c.IsRegistered() && c.Registration.RequiresPAR
}

// RequiresDPoP reports whether a client of the pool gets OAuth 2.0 tokens only if it proves a key, to which they are bound (RFC 9449).
func (p *UserPool) RequiresDPoP(c *AppClient) bool {
	return p.requires(c, requireDPoP) || c.IsRegistered() && c.Registration.RequiresDPoP
}

func (p *UserPool) requires(c *AppClient, requirement string) bool {
	return slices.Contains(strings.Fields(p.clientTag(c, tagRequire)), requirement)
}

// CheckKeysURI checks the address of the public keys of a client. Errors: InvalidParameterException.
func CheckKeysURI(address string) error {
	if len(address) > maxKeysURI || !isServerURL(address) {
		return api.InvalidParameterException("The address of the keys must be a URL with https, or with http on this machine.")
	}
	return nil
}

// maxKeysURI is the longest address of keys. It is the longest value of a tag.
const maxKeysURI = 256

// isServerURL reports whether the server can send requests to a URL: by HTTPS, or by HTTP to the machine itself, which only a
// development server does.
func isServerURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Contains(text, "#") || strings.ContainsFunc(text, isSpaceOrControl) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && slices.Contains(loopbackHosts, u.Hostname())
}

// BackchannelLogoutURI returns the address at which a client of the pool learns about logouts; "" if it has none.
func (p *UserPool) BackchannelLogoutURI(c *AppClient) string {
	return p.clientTag(c, tagBackchannelLogout)
}

// KeysURI returns the address of the public keys with which a client of the pool authenticates at the OAuth 2.0 endpoints; "" if it
// does not authenticate with a key. The API does not know these keys.
func (p *UserPool) KeysURI(c *AppClient) string {
	if uri := p.clientTag(c, tagKeys); uri != "" || !c.IsRegistered() {
		return uri
	}
	return c.Registration.KeysURI
}

// IsConfidential reports whether a client of the pool authenticates at the OAuth 2.0 endpoints.
func (p *UserPool) IsConfidential(c *AppClient) bool { return c.HasSecret() || p.KeysURI(c) != "" }

// clientTag returns the value of a setting of a client; "" if it has none. Anyone can choose the name of a client that registers
// itself, so the tags with its name are not for it.
func (p *UserPool) clientTag(c *AppClient, setting string) string {
	value := p.Tags[clientTagPrefix+c.ID+setting]
	if value == "" && !c.IsRegistered() {
		value = p.Tags[clientTagPrefix+c.Name+setting]
	}
	return value
}

// AllowsDeviceGrant reports whether a client can ask for tokens by a code that a user enters on another device. An attacker can send such
// a code to a victim, so only clients that need this grant have it, and never a client that registered itself.
//
// Assumed: an app client can use the device grant if it has the code flow and its tag turns the grant on. A client that registered
// itself cannot.
func (p *UserPool) AllowsDeviceGrant(c *AppClient) bool {
	return c.OAuth.Allows(api.OAuthFlowTypeCode) && !c.IsRegistered() && p.clientTag(c, tagDeviceGrant) == tagOn
}

// HasDeviceGrant reports whether the device grant is on for a client of the pool.
func (p *UserPool) HasDeviceGrant() bool {
	for key, value := range p.Tags {
		if strings.HasPrefix(key, clientTagPrefix) && strings.HasSuffix(key, tagDeviceGrant) && value == tagOn {
			return true
		}
	}
	return false
}

// HasBackchannelLogout reports whether a client of the pool wants to learn about logouts.
func (p *UserPool) HasBackchannelLogout() bool {
	for key := range p.Tags {
		if strings.HasPrefix(key, clientTagPrefix) && strings.HasSuffix(key, tagBackchannelLogout) {
			return true
		}
	}
	return false
}
