package federation

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"cognate"
	"cognate/api"
	"cognate/internal/lazyregexp"
)

// The keys of ProviderDetails.
const (
	keyClientID         = "client_id"
	keyClientSecret     = "client_secret"
	keyScopes           = "authorize_scopes"
	keyAPIVersion       = "api_version"
	keyTeamID           = "team_id"
	keyKeyID            = "key_id"
	keyPrivateKey       = "private_key"
	keyIssuer           = "oidc_issuer"
	keyAuthorizeURL     = "authorize_url"
	keyTokenURL         = "token_url"
	keyAttributesURL    = "attributes_url"
	keyJWKSURI          = "jwks_uri"
	keyAddAttributes    = "attributes_url_add_attributes"
	keyAttributesMethod = "attributes_request_method"
	keyTokenMethod      = "token_request_method"
	keyMetadataURL      = "MetadataURL"
	keyMetadataFile     = "MetadataFile"
	keySignout          = "IDPSignout"
	keyInit             = "IDPInit"
	keyEncrypted        = "EncryptedResponses"
	keyAlgorithm        = "RequestSigningAlgorithm"
	keySSORedirect      = "SSORedirectBindingURI"
	keySLORedirect      = "SLORedirectBindingURI"
	keyCertificate      = "ActiveEncryptionCertificate"
)

// providerType says which details a type of provider has.
type providerType struct {
	required, optional []string
	// defaults returns the details that an answer adds if the caller did not give them; nil adds none.
	defaults func(details map[string]string) map[string]string
	// username is the claim that a provider without an AttributeMapping maps to the username; empty for none.
	username string
}

// The keys of each type and their defaults. Source: docs/behaviour.md §5.9.
var providerTypes = map[api.IdentityProviderTypeType]providerType{
	api.IdentityProviderTypeTypeGoogle: {
		required: []string{keyClientID, keyClientSecret, keyScopes},
		optional: []string{keyIssuer, keyAuthorizeURL, keyTokenURL, keyAttributesURL, keyAddAttributes, keyTokenMethod},
		defaults: fixed(map[string]string{
			keyAuthorizeURL:  "https://accounts.google.com/o/oauth2/v2/auth",
			keyTokenURL:      "https://www.googleapis.com/oauth2/v4/token",
			keyAttributesURL: "https://people.googleapis.com/v1/people/me?personFields=",
			keyAddAttributes: "true",
			keyIssuer:        "https://accounts.google.com",
			keyTokenMethod:   "POST",
		}),
		username: "sub",
	},
	api.IdentityProviderTypeTypeFacebook: {
		required: []string{keyClientID, keyClientSecret, keyScopes},
		optional: []string{keyAPIVersion, keyAuthorizeURL, keyTokenURL, keyAttributesURL, keyAddAttributes, keyTokenMethod},
		defaults: facebookDefaults,
		username: "id",
	},
	api.IdentityProviderTypeTypeLoginWithAmazon: {
		required: []string{keyClientID, keyClientSecret, keyScopes},
		optional: []string{keyAuthorizeURL, keyTokenURL, keyAttributesURL, keyAddAttributes, keyTokenMethod},
		defaults: fixed(map[string]string{
			keyAuthorizeURL:  "https://www.amazon.com/ap/oa",
			keyTokenURL:      "https://api.amazon.com/auth/o2/token",
			keyAttributesURL: "https://api.amazon.com/user/profile",
			keyAddAttributes: "false",
			keyTokenMethod:   "POST",
		}),
		username: "user_id",
	},
	api.IdentityProviderTypeTypeSignInWithApple: {
		required: []string{keyClientID, keyTeamID, keyKeyID, keyPrivateKey, keyScopes},
		optional: []string{keyIssuer, keyAuthorizeURL, keyTokenURL, keyAddAttributes, keyTokenMethod},
		defaults: fixed(map[string]string{
			keyAuthorizeURL:  "https://appleid.apple.com/auth/authorize",
			keyTokenURL:      "https://appleid.apple.com/auth/token",
			keyAddAttributes: "false",
			keyIssuer:        "https://appleid.apple.com",
			keyTokenMethod:   "POST",
		}),
		username: "sub",
	},
	// Assumed: an OIDC provider needs no client_secret, because a public client of the provider has none.
	api.IdentityProviderTypeTypeOidc: {
		required: []string{keyClientID, keyAttributesMethod, keyIssuer, keyScopes},
		optional: append([]string{keyClientSecret, keyAddAttributes}, endpointKeys...),
		defaults: fixed(map[string]string{keyAddAttributes: "false"}),
		username: "sub",
	},
	api.IdentityProviderTypeTypeSaml: {
		optional: []string{
			keyMetadataURL, keyMetadataFile, keySignout, keyInit, keyEncrypted, keyAlgorithm, keySSORedirect, keySLORedirect,
		},
	},
}

// endpointKeys are the details that replace the discovery document of an OIDC provider.
var endpointKeys = []string{keyAuthorizeURL, keyTokenURL, keyAttributesURL, keyJWKSURI}

func fixed(defaults map[string]string) func(map[string]string) map[string]string {
	return func(map[string]string) map[string]string { return defaults }
}

func facebookDefaults(details map[string]string) map[string]string {
	version := cmp.Or(details[keyAPIVersion], "v17.0")
	return map[string]string{
		keyAuthorizeURL:  "https://www.facebook.com/" + version + "/dialog/oauth",
		keyTokenURL:      "https://graph.facebook.com/" + version + "/oauth/access_token",
		keyAttributesURL: "https://graph.facebook.com/" + version + "/me?fields=",
		keyAddAttributes: "true",
		keyTokenMethod:   "GET",
	}
}

// merged returns the details of a provider after a change. Details that the change leaves out stay (docs/behaviour.md §5.9).
//
// Assumed: an empty value removes a detail. A new MetadataURL replaces a MetadataFile, and the reverse. The two redirect URLs
// that a caller sends for a SAML provider are not used: they come from the metadata.
func merged(kind api.IdentityProviderTypeType, old, change map[string]string) map[string]string {
	details := maps.Clone(old)
	if details == nil {
		details = make(map[string]string)
	}
	if kind == api.IdentityProviderTypeTypeSaml && (change[keyMetadataURL] != "" || change[keyMetadataFile] != "") {
		delete(details, keyMetadataURL)
		delete(details, keyMetadataFile)
	}
	maps.Copy(details, change)
	maps.DeleteFunc(details, func(key, value string) bool {
		return value == "" || kind == api.IdentityProviderTypeTypeSaml && (key == keySSORedirect || key == keySLORedirect)
	})
	return details
}

// checkDetails checks the details of a provider. plainHTTP also allows URLs without TLS.
// Errors: InvalidParameterException. Source: docs/behaviour.md §5.9.
func checkDetails(kind api.IdentityProviderTypeType, details map[string]string, plainHTTP bool) error {
	t, known := providerTypes[kind]
	if !known {
		return api.InvalidParameterException("Unknown provider type " + string(kind))
	}
	if err := checkRequired(kind, t.required, details); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(details)) {
		if !slices.Contains(t.required, key) && !slices.Contains(t.optional, key) {
			return api.InvalidParameterException(key + " is not a valid key for " + string(kind) + " identity provider details.")
		}
		if !isDetail(key, details[key], plainHTTP) {
			return api.InvalidParameterException("Invalid value of " + key + " in ProviderDetails.") // no value: it can be secret
		}
	}
	return nil
}

// checkRequired checks that all required details are there.
// Assumed: the texts for missing details of Sign in with Apple and OIDC.
func checkRequired(kind api.IdentityProviderTypeType, required []string, details map[string]string) error {
	if kind == api.IdentityProviderTypeTypeSaml {
		if details[keyMetadataURL] == "" && details[keyMetadataFile] == "" {
			return api.InvalidParameterException("At least one of the MetadataURL or MetadataFile should be provided.")
		}
		return nil
	}
	for _, key := range required {
		if details[key] == "" && (key != keyIssuer || !hasEndpoints(details)) {
			last := len(required) - 1
			return api.InvalidParameterException(
				strings.Join(required[:last], ", ") + " and " + required[last] + " are all required idp details")
		}
	}
	return nil
}

// hasEndpoints reports whether the details have all endpoints of an OIDC provider.
func hasEndpoints(details map[string]string) bool {
	return !slices.ContainsFunc(endpointKeys, func(key string) bool { return details[key] == "" })
}

// apiVersion is the form of a version of Facebook's API: "v17.0".
var apiVersion = lazyregexp.New(`^v[0-9]{1,4}\.[0-9]{1,4}$`)

// isDetail reports whether a value has the form of its detail.
// Assumed: which values of ProviderDetails are invalid: other methods than GET and POST, flags other than true and false, URLs
// without HTTPS or with a username, and signature algorithms other than rsa-sha256. The private key of Sign in with Apple is
// not checked before a sign-in uses it.
func isDetail(key, value string, plainHTTP bool) bool {
	switch key {
	case keyIssuer, keyAuthorizeURL, keyTokenURL, keyAttributesURL, keyJWKSURI, keyMetadataURL:
		return isURL(value, plainHTTP)
	case keyAttributesMethod, keyTokenMethod:
		return value == "GET" || value == "POST"
	case keyAddAttributes, keySignout, keyInit, keyEncrypted:
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case keyAlgorithm:
		return value == "rsa-sha256"
	case keyAPIVersion:
		return apiVersion.MatchString(value)
	case keyMetadataFile:
		return true
	default:
		return key == keyPrivateKey || !strings.ContainsFunc(value, unicode.IsControl)
	}
}

// isURL reports whether address is an absolute URL to a host.
func isURL(address string, plainHTTP bool) bool {
	if strings.ContainsFunc(address, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || plainHTTP && u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		u.Fragment == ""
}

// ShownDetails returns the details of a provider as answers show them: with the defaults and what the metadata says, without
// private keys. certificate is the encryption certificate of the pool (DER, in base64); only SAML providers show it.
func ShownDetails(p *cognate.IdentityProvider, certificate string) map[string]string {
	shown := make(map[string]string)
	if defaults := providerTypes[p.Type].defaults; defaults != nil {
		maps.Copy(shown, defaults(p.Details))
	}
	maps.Copy(shown, p.Details)
	delete(shown, keyPrivateKey)
	if p.Type == api.IdentityProviderTypeTypeSaml {
		shown[keyCertificate] = certificate
		shown[keySSORedirect] = p.SAML.SSORedirect
		if p.SAML.SLORedirect != "" {
			shown[keySLORedirect] = p.SAML.SLORedirect
		}
	}
	return shown
}
