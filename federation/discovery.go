package federation

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"cognate/api"
)

// discoveryPath is the path of a discovery document below the issuer. Source: OpenID Connect Discovery 1.0 section 4.
const discoveryPath = "/.well-known/openid-configuration"

// errNoDiscovery says that the discovery document could not be read. It does not say why: the answer could show what is at an
// address that the caller cannot reach. Source of the text: docs/behaviour.md §5.9.
var errNoDiscovery = api.InvalidParameterException("Unable to contact well-known endpoint")

// discovered are the members of a discovery document that a sign-in needs.
type discovered struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	UserInfo      string `json:"userinfo_endpoint"`
	JWKS          string `json:"jwks_uri"`
}

// checkDiscovery fetches the discovery document of an issuer, and checks that it is of that issuer and names the endpoints.
// Errors: InvalidParameterException.
//
// Assumed: the issuer of the document is the one of the settings, except for a slash at the end, which users leave out. The
// texts for another issuer and for a missing endpoint are assumed too.
func checkDiscovery(ctx context.Context, client *http.Client, issuer string, plainHTTP bool) error {
	body, err := fetch(ctx, client, strings.TrimSuffix(issuer, "/")+discoveryPath)
	if err != nil {
		return errNoDiscovery
	}
	var d discovered
	if err := json.Unmarshal(body, &d); err != nil {
		return errNoDiscovery
	}
	if strings.TrimSuffix(d.Issuer, "/") != strings.TrimSuffix(issuer, "/") {
		return api.InvalidParameterException("The issuer in the discovery document is not the oidc_issuer.")
	}
	for _, endpoint := range []string{d.Authorization, d.Token, d.UserInfo, d.JWKS} {
		if !isURL(endpoint, plainHTTP) {
			return api.InvalidParameterException("The discovery document does not have all endpoints.")
		}
	}
	return nil
}
