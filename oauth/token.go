package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"cognate"
	"cognate/signin"
	"cognate/tokens"
)

const pathToken = "/oauth2/token"

// tokenOnce are the parameters of the token endpoint. None may appear twice.
var tokenOnce = slices.Concat(authenticationOnce, []string{
	"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource", "aws_client_metadata",
	"device_code",
})

// tokenAnswer is the answer of the token endpoint. Source: docs/behaviour.md §7.2.
type tokenAnswer struct {
	IDToken      string `json:"id_token,omitzero"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitzero"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// token answers a request for tokens. A refusal spends nothing. Source: docs/behaviour.md §7.2; RFC 6749 section 5.
func (e *ClientEndpoints) token(w http.ResponseWriter, r *http.Request, site *Site) {
	set, err := e.issue(r, site)
	if err != nil {
		answer(r.Context(), w, http.StatusBadRequest, nil, err)
		return
	}
	answer(r.Context(), w, http.StatusOK, &tokenAnswer{
		IDToken: set.ID, AccessToken: set.Access, RefreshToken: set.Refresh, ExpiresIn: int64(set.ExpiresIn / time.Second), TokenType: tokenType(set),
	}, nil)
}

// tokenType returns the type of an access token. Source: RFC 6750 section 6.1; RFC 9449 section 5.
func tokenType(set *tokens.Set) string {
	if set.DPoPKey != "" {
		return schemeDPoP
	}
	return "Bearer"
}

func (e *ClientEndpoints) issue(r *http.Request, site *Site) (*tokens.Set, error) {
	form, err := readForm(r, tokenOnce...)
	if err != nil {
		return nil, err
	}
	client, err := e.authenticate(r, site, form)
	if err != nil {
		return nil, err
	}
	if resource := form.Get("resource"); resource != "" && !isResource(resource) {
		return nil, refuse(CodeInvalidTarget, "")
	}
	grant, ok := grants[form.Get("grant_type")]
	switch {
	case form.Get("grant_type") == "":
		return nil, refuse(CodeInvalidRequest, "")
	case !ok:
		return nil, refuse(codeUnsupportedGrantType, "")
	}
	of := request(site, client)
	if of.DPoPKey, err = e.provenKey(r, site); err != nil {
		return nil, err
	}
	if of.DPoPKey == "" && site.Pool.RequiresDPoP(client) {
		return nil, errProofMissing
	}
	set, err := grant(r.Context(), e, of, form)
	if err != nil {
		return nil, refusalOf(err)
	}
	if err := e.markUsed(r.Context(), client); err != nil {
		return nil, err
	}
	return set, nil
}

// grants are the grant types. Source: docs/behaviour.md §7.2.
var grants = map[string]func(ctx context.Context, e *ClientEndpoints, r cognate.ClientRequest, form url.Values) (*tokens.Set, error){
	grantCode:        exchangeCode,
	grantRefresh:     refresh,
	grantCredentials: clientToken,
	grantDeviceCode:  exchangeDevice,
}

// exchangeCode answers grant_type authorization_code.
func exchangeCode(ctx context.Context, e *ClientEndpoints, r cognate.ClientRequest, form url.Values) (*tokens.Set, error) {
	if form.Get("code") == "" || form.Get("redirect_uri") == "" {
		return nil, refuse(CodeInvalidRequest, "")
	}
	return e.Engine.ExchangeCode(ctx, &signin.CodeExchange{
		ClientRequest: r, Code: form.Get("code"), RedirectURI: form.Get("redirect_uri"), Verifier: form.Get("code_verifier"),
		Resource: form.Get("resource"),
	})
}

// refresh answers grant_type refresh_token. The endpoint has no parameter for a device, so the tokens of a sign-in with a device
// can only be refreshed by the API (docs/behaviour.md §7.2).
func refresh(ctx context.Context, e *ClientEndpoints, r cognate.ClientRequest, form url.Values) (*tokens.Set, error) {
	if form.Get("refresh_token") == "" {
		return nil, refuse(CodeInvalidRequest, "")
	}
	return e.Engine.Refresh(ctx, &signin.Attempt{ClientRequest: r}, signin.RefreshRequest{
		Token: form.Get("refresh_token"), Scopes: strings.Fields(form.Get("scope")), Resource: form.Get("resource"),
		OAuth: true,
	})
}

// clientToken answers grant_type client_credentials.
// Assumed: if aws_client_metadata is not a JSON object of texts, the error is invalid_request.
func clientToken(ctx context.Context, e *ClientEndpoints, r cognate.ClientRequest, form url.Values) (*tokens.Set, error) {
	if text := form.Get("aws_client_metadata"); text != "" {
		if err := json.Unmarshal([]byte(text), &r.Metadata); err != nil {
			return nil, refuse(CodeInvalidRequest, "")
		}
	}
	return e.Engine.ClientToken(ctx, &signin.ClientCredentials{
		ClientRequest: r, OAuth: true, Scopes: strings.Fields(form.Get("scope")), Resource: form.Get("resource"),
	})
}
