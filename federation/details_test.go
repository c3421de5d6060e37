package federation_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/federation"
)

const (
	google   = api.IdentityProviderTypeTypeGoogle
	facebook = api.IdentityProviderTypeTypeFacebook
	amazon   = api.IdentityProviderTypeTypeLoginWithAmazon
	apple    = api.IdentityProviderTypeTypeSignInWithApple
	oidc     = api.IdentityProviderTypeTypeOidc
	saml     = api.IdentityProviderTypeTypeSaml
)

// complete has the required details of each type.
var complete = map[api.IdentityProviderTypeType]map[string]string{
	google:   {"client_id": "id", "client_secret": "s", "authorize_scopes": "openid"},
	facebook: {"client_id": "id", "client_secret": "s", "authorize_scopes": "public_profile"},
	amazon:   {"client_id": "id", "client_secret": "s", "authorize_scopes": "profile"},
	apple:    {"client_id": "id", "team_id": "t", "key_id": "k", "private_key": "-----BEGIN PRIVATE KEY-----\nAA==", "authorize_scopes": "email"},
	oidc:     {"client_id": "id", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid"},
	saml:     {"MetadataFile": "<a/>"},
}

func TestShownDetails(t *testing.T) {
	t.Parallel()
	for kind, added := range map[api.IdentityProviderTypeType]map[string]string{
		google: {
			"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com",
			"token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
		},
		facebook: {
			"attributes_url": "https://graph.facebook.com/v17.0/me?fields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://www.facebook.com/v17.0/dialog/oauth", "token_request_method": "GET",
			"token_url": "https://graph.facebook.com/v17.0/oauth/access_token",
		},
		amazon: {
			"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
			"authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST", "token_url": "https://api.amazon.com/auth/o2/token",
		},
		apple: {
			"attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize",
			"oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
		},
		oidc: {"attributes_url_add_attributes": "false"},
		saml: {"ActiveEncryptionCertificate": "MII", "SSORedirectBindingURI": "https://idp.example.com/sso"},
	} {
		p := &cognate.IdentityProvider{Type: kind, Details: complete[kind], SAML: cognate.SAMLMetadata{SSORedirect: "https://idp.example.com/sso"}}
		want := maps.Clone(complete[kind])
		maps.Copy(want, added)
		delete(want, "private_key")
		shown := federation.ShownDetails(p, "MII")
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Errorf("ShownDetails(%s) (-want +got):\n%s", kind, diff)
		}
		if kind == saml {
			continue
		}
		p.Details = shown // a caller can send what it has read
		again := maps.Clone(shown)
		if kind == apple {
			p.Details = maps.Clone(shown)
			p.Details["private_key"] = "k"
		}
		if err := federation.CheckDetails(kind, p.Details, false); err != nil {
			t.Errorf("checkDetails(%s, as shown) = %v", kind, err)
		}
		if diff := cmp.Diff(again, federation.ShownDetails(p, "")); diff != "" {
			t.Errorf("ShownDetails(%s, as shown) (-want +got):\n%s", kind, diff)
		}
	}
	p := &cognate.IdentityProvider{Type: facebook, Details: map[string]string{"api_version": "v21.0"}}
	if got, want := federation.ShownDetails(p, "")["token_url"], "https://graph.facebook.com/v21.0/oauth/access_token"; got != want {
		t.Errorf("token_url of Facebook v21.0 = %s, want %s", got, want)
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	for kind, details := range complete {
		if err := federation.CheckDetails(kind, details, false); err != nil {
			t.Errorf("checkDetails(%s) = %v", kind, err)
		}
	}
	const (
		social = "client_id, client_secret and authorize_scopes are all required idp details"
		sso    = "At least one of the MetadataURL or MetadataFile should be provided."
	)
	invalid := func(key string) string { return "Invalid value of " + key + " in ProviderDetails." }
	for _, tc := range []struct {
		kind       api.IdentityProviderTypeType
		key, value string // an empty value leaves the key out
		want       string
	}{
		{google, "client_id", "", social},
		{facebook, "client_secret", "", social},
		{amazon, "authorize_scopes", "", social},
		{apple, "private_key", "", "client_id, team_id, key_id, private_key and authorize_scopes are all required idp details"},
		{apple, "client_secret", "s", "client_secret is not a valid key for SignInWithApple identity provider details."},
		{oidc, "oidc_issuer", "", "client_id, attributes_request_method, oidc_issuer and authorize_scopes are all required idp details"},
		{oidc, "client_secret", "s", ""},
		{oidc, "authorization_endpoint", "https://idp.example.com/a", "authorization_endpoint is not a valid key for OIDC identity provider details."},
		{oidc, "attributes_request_method", "DELETE", invalid("attributes_request_method")},
		{oidc, "oidc_issuer", "http://idp.example.com", invalid("oidc_issuer")},
		{oidc, "oidc_issuer", "https://user@idp.example.com", invalid("oidc_issuer")},
		{oidc, "oidc_issuer", "https:///path", invalid("oidc_issuer")},
		{oidc, "oidc_issuer", "file:///etc/passwd", invalid("oidc_issuer")},
		{oidc, "jwks_uri", "https://idp.example.com/a b", invalid("jwks_uri")},
		{oidc, "client_id", "a\r\nb", invalid("client_id")},
		{google, "token_request_method", "get", invalid("token_request_method")},
		{google, "attributes_url_add_attributes", "yes", invalid("attributes_url_add_attributes")},
		{google, "authorize_url", "javascript:alert(1)", invalid("authorize_url")},
		{facebook, "api_version", "v17.0/../..", invalid("api_version")},
		{facebook, "api_version", "v21.0", ""},
		{google, "api_version", "v21.0", "api_version is not a valid key for Google identity provider details."},
		{saml, "MetadataFile", "", sso},
		{saml, "MetadataURL", "https://idp.example.com/metadata", ""},
		{saml, "MetadataURL", "http://idp.example.com/metadata", invalid("MetadataURL")},
		{saml, "IDPSignout", "true", ""},
		{saml, "IDPInit", "no", invalid("IDPInit")},
		{saml, "EncryptedResponses", "TRUE", ""},
		{saml, "RequestSigningAlgorithm", "rsa-sha256", ""},
		{saml, "RequestSigningAlgorithm", "rsa-sha1", invalid("RequestSigningAlgorithm")},
		{saml, "ActiveEncryptionCertificate", "MII", "ActiveEncryptionCertificate is not a valid key for SAML identity provider details."},
	} {
		details := maps.Clone(complete[tc.kind])
		details[tc.key] = tc.value
		if tc.value == "" {
			delete(details, tc.key)
		}
		err := federation.CheckDetails(tc.kind, details, false)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || err.Error() != "InvalidParameterException: "+tc.want) {
			t.Errorf("checkDetails(%s, %s = %q) = %v, want %q", tc.kind, tc.key, tc.value, err, tc.want)
		}
	}
	if err := federation.CheckDetails("Twitter", complete[google], false); err == nil {
		t.Error("checkDetails(unknown type) = no error")
	}
	if err := federation.CheckDetails(oidc, map[string]string{
		"client_id": "id", "attributes_request_method": "GET", "authorize_scopes": "openid", "authorize_url": "https://a.example.com/a",
		"token_url": "https://a.example.com/t", "attributes_url": "https://a.example.com/u", "jwks_uri": "https://a.example.com/k",
	}, false); err != nil {
		t.Errorf("checkDetails(OIDC with endpoints) = %v", err)
	}
	if err := federation.CheckDetails(oidc, map[string]string{
		"client_id": "id", "attributes_request_method": "GET", "authorize_scopes": "openid", "oidc_issuer": "http://localhost:8080/realms/a",
	}, true); err != nil {
		t.Errorf("checkDetails(without TLS in dev) = %v", err)
	}
}
