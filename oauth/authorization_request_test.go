package oauth_test

import (
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/signin"
	"cognate/tokens"
	"cognate/trigger"
)

const (
	callback  = "https://app.example.com/cb?from=cognate"
	issuer    = "https://id.example.com/"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeGt1aaaaaaaaaaaaaaa"
)

// authorizer is a pool with an app client for the code and the implicit flow.
type authorizer struct {
	*cognatetest.UserPool
	service *oauth.Service
}

func mustAuthorizer(t testing.TB, options ...cognatetest.Option) *authorizer {
	t.Helper()
	s := cognatetest.Start(t)
	options = append([]cognatetest.Option{cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlowsUserPoolClient = new(true)
		in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeImplicit}
		in.AllowedOAuthScopes = []string{"openid", "email", "profile"}
		in.CallbackURLs = []string{callback, "app://done"}
	})}, options...)
	iss := tokens.Issuer{PublicURL: "https://id.example.com"}
	service := &tokens.Service{Store: s.Store, Keys: tokens.NewKeyring(s.Store, nil, s.Clock.Now), Issuer: iss, Now: s.Clock.Now}
	engine := &signin.Engine{
		Store: s.Store, Tokens: service, Now: s.Clock.Now, Triggers: &trigger.Service{Invoker: s.Triggers, Log: slog.Default(), Now: s.Clock.Now},
	}
	return &authorizer{
		UserPool: s.Pool(t, options...),
		service:  &oauth.Service{Store: s.Store, Engine: engine, Tokens: service, Issuer: iss, Now: s.Clock.Now},
	}
}

func (a *authorizer) site(t testing.TB) *oauth.Site {
	t.Helper()
	pool, err := a.Store.UserPool(t.Context(), a.PoolID)
	if err != nil {
		t.Fatal(err)
	}
	return &oauth.Site{Pool: pool, URL: "https://login.auth.id.example.com"}
}

// form returns a valid request with changes. The value "-" leaves a parameter out.
func (a *authorizer) form(changes map[string]string) url.Values {
	form := url.Values{
		"client_id": {a.ClientID}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"a+b%20{\"c\":1}&d"},
	}
	for name, value := range changes {
		form.Set(name, value)
		if value == "-" {
			form.Del(name)
		}
	}
	return form
}

func (a *authorizer) parse(t testing.TB, form url.Values) (*oauth.AuthorizationRequest, error) {
	t.Helper()
	return a.service.ParseAuthorization(t.Context(), a.site(t), form)
}

func TestParseAuthorization(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	full := map[string]string{
		"scope": "email openid email", "nonce": "n", "code_challenge": challenge, "code_challenge_method": "S256", "prompt": "login consent",
		"max_age": "10000", "acr_values": "unknown urn:cognito:loa:4 urn:cognito:loa:1", "login_hint": "ann", "lang": "fr", "ui_locales": "de en",
		"display": "popup", "resource": "https://api.example.com/v1", "response_mode": "form_post", "identity_provider": "COGNITO",
		"unknown": "x",
	}
	got, err := a.parse(t, a.form(full))
	if err != nil {
		t.Fatalf("ParseAuthorization() = %v", err)
	}
	repeated, err := url.ParseQuery(got.Query)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.parse(t, repeated); err != nil || again.Query != got.Query || again.State != got.State {
		t.Errorf("ParseAuthorization(Query) = %+v, %v, want the same request", again, err)
	}
	if got.Client.ID != a.ClientID || strings.Contains(got.Query, "unknown=") {
		t.Errorf("client %s, query %s", got.Client.ID, got.Query)
	}
	got.Client, got.Query = nil, ""
	want := &oauth.AuthorizationRequest{
		RedirectURI: callback, ResponseType: "code", ResponseMode: oauth.ModeFormPost, State: "a+b%20{\"c\":1}&d", Nonce: "n",
		Challenge: challenge, Scopes: []string{"email", "openid"}, Prompt: []string{"login", "consent"}, MaxAge: new(10000 * time.Second),
		Levels: []string{"urn:cognito:loa:4", "urn:cognito:loa:1"}, LoginHint: "ann", Lang: "fr", UILocales: []string{"de", "en"}, Display: "popup",
		Resource: "https://api.example.com/v1",
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return slices.Contains([]string{".answers", ".pushed"}, p.Last().String()) }, cmp.Ignore())); diff != "" {
		t.Errorf("ParseAuthorization() (-want +got):\n%s", diff)
	}
	minimal, err := a.parse(t, a.form(map[string]string{"state": "-", "acr_values": "", "display": "none"}))
	if err != nil || !slices.Equal(minimal.Scopes, []string{"openid", "email", "profile"}) || minimal.ResponseMode != oauth.ModeQuery ||
		minimal.MaxAge != nil || minimal.Display != "" {
		t.Errorf("ParseAuthorization(minimal) = %+v, %v, want the scopes of the client", minimal, err)
	}
	implicit, err := a.parse(t, a.form(map[string]string{"response_type": "token"}))
	if err != nil || implicit.ResponseMode != oauth.ModeFragment {
		t.Errorf("ParseAuthorization(token) = %+v, %v, want the fragment", implicit, err)
	}
}

// These requests get an error page, because the application is not known.
func TestErrorPage(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	other := a.Pool(t)
	for what, tt := range map[string]struct {
		changes map[string]string
		path    string
	}{
		"no client":                {map[string]string{"client_id": "-"}, "/error?error=invalid_request"},
		"unknown client":           {map[string]string{"client_id": "a&b"}, "/error?error=invalid_request&client_id=a%26b"},
		"client of another":        {map[string]string{"client_id": other.ClientID}, "/error?error=invalid_request&client_id=" + other.ClientID},
		"no redirect URI":          {map[string]string{"redirect_uri": "-"}, "/error?error=invalid_request&client_id=" + a.ClientID},
		"empty redirect URI":       {map[string]string{"redirect_uri": ""}, "/error?error=invalid_request&client_id=" + a.ClientID},
		"another redirect URI":     {map[string]string{"redirect_uri": "https://evil.example"}, "/error?error=redirect_mismatch&client_id=" + a.ClientID},
		"longer redirect URI":      {map[string]string{"redirect_uri": callback + "&a=b"}, "/error?error=redirect_mismatch&client_id=" + a.ClientID},
		"redirect URI in capitals": {map[string]string{"redirect_uri": strings.ToUpper(callback)}, "/error?error=redirect_mismatch&client_id=" + a.ClientID},
	} {
		_, err := a.parse(t, a.form(tt.changes))
		page, ok := errors.AsType[*oauth.ErrorPage](err)
		if !ok || page.Path() != tt.path {
			t.Errorf("ParseAuthorization(%s) = %v, want %s", what, err, tt.path)
		}
	}
	for _, name := range []string{"client_id", "redirect_uri"} {
		form := a.form(nil)
		form.Add(name, form.Get(name))
		_, err := a.parse(t, form)
		if _, ok := errors.AsType[*oauth.ErrorPage](err); !ok {
			t.Errorf("ParseAuthorization(%s twice) = %v, want an error page", name, err)
		}
	}
}

func TestErrorRedirect(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	for _, tt := range []struct {
		changes map[string]string
		want    string // the parameters of the answer before state and iss
	}{
		{map[string]string{"response_type": "-"}, "error=invalid_request&error_description=response_type+is+missing"},
		{map[string]string{"response_type": "id_token"}, "error=unsupported_response_type"},
		{map[string]string{"response_type": "code token"}, "error=unsupported_response_type"},
		{map[string]string{"response_mode": "web_message"}, "error=invalid_request&error_description=response_mode+is+invalid"},
		{map[string]string{"code_challenge": challenge}, "error=invalid_request&error_description=code_challenge_method+is+not+S256"},
		{map[string]string{"code_challenge": challenge, "code_challenge_method": "plain"}, "error=invalid_request&error_description=code_challenge_method+is+not+S256"},
		{map[string]string{"code_challenge_method": "S256"}, "error=invalid_request&error_description=code_challenge+is+missing"},
		{map[string]string{"code_challenge": "short", "code_challenge_method": "S256"}, "error=invalid_request&error_description=code_challenge+is+invalid"},
		{map[string]string{"scope": "openid phone"}, "error=invalid_request&error_description=invalid_scope"},
		{map[string]string{"scope": "openid offline_access"}, "error=invalid_request&error_description=invalid_scope"},
		{map[string]string{"scope": "openid api/none"}, "error=invalid_request&error_description=invalid_scope"},
		{map[string]string{"scope": "email"}, "error=invalid_request&error_description=invalid_scope"},
		{map[string]string{"prompt": "none login"}, "error=invalid_request&error_description=prompt+none+is+not+alone"},
		{map[string]string{"prompt": "always"}, "error=invalid_request&error_description=prompt+is+invalid"},
		{map[string]string{"max_age": "-1"}, "error=invalid_request&error_description=max_age+is+invalid"},
		{map[string]string{"max_age": "+1"}, "error=invalid_request&error_description=max_age+is+invalid"},
		{map[string]string{"max_age": "1h"}, "error=invalid_request&error_description=max_age+is+invalid"},
		{map[string]string{"max_age": "99999999999999999999"}, "error=invalid_request&error_description=max_age+is+invalid"},
		{map[string]string{"acr_values": "unknown"}, "error=unmet_authentication_requirements"},
		{map[string]string{"claims": `{"id_token":{"acr":{"essential":true,"values":["unknown"]}}}`}, "error=unmet_authentication_requirements"},
		{map[string]string{"claims": "[]"}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"claims": `{"id_token":{"sub":{"value":1}}}`}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"claims": `{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}`}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"claims": `{"id_token":{"sub":{"values":[]}}}`}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"claims": `{"id_token":{"sub":{"value":""}}}`}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"claims": `{"id_token":{"acr":{"essential":true,"value":7}}}`}, "error=invalid_request&error_description=claims+is+invalid"},
		{map[string]string{"id_token_hint": "a.b.c"}, "error=invalid_request&error_description=id_token_hint+is+invalid"},
		{map[string]string{"resource": "api"}, "error=invalid_target"},
		{map[string]string{"resource": "http://api.example.com"}, "error=invalid_target"},
		{map[string]string{"resource": "https://api.example.com#a"}, "error=invalid_target"},
		{map[string]string{"resource": "https://"}, "error=invalid_target"},
		{map[string]string{"request": "eyJ"}, "error=request_not_supported"},
		{map[string]string{"request_uri": "https://app.example.com/r"}, "error=request_uri_not_supported"},
		{map[string]string{"identity_provider": "Google"}, "error=invalid_request&error_description=the+identity+provider+is+not+available"},
		{map[string]string{"idp_identifier": "example.com"}, "error=invalid_request&error_description=the+identity+provider+is+not+available"},
	} {
		_, err := a.parse(t, a.form(tt.changes))
		refusal, ok := errors.AsType[*oauth.ErrorRedirect](err)
		if !ok {
			t.Errorf("ParseAuthorization(%v) = %v, want %s", tt.changes, err, tt.want)
			continue
		}
		want := callback + "&" + tt.want + "&state=a%2Bb%2520%7B%22c%22%3A1%7D%26d&iss=" + url.QueryEscape(issuer+a.PoolID)
		if got := refusal.Redirect.Location(); got != want {
			t.Errorf("ParseAuthorization(%v) redirects to\n%s, want\n%s", tt.changes, got, want)
		}
	}
	for name := range maps.Keys(a.form(map[string]string{
		"scope": "openid", "nonce": "n", "prompt": "login", "max_age": "1", "acr_values": "urn:cognito:loa:1", "resource": "https://a.example",
		"lang": "de", "login_hint": "ann", "response_mode": "query", "claims": "{}", "display": "page", "id_token_hint": "a", "ui_locales": "de",
	})) {
		if name == "client_id" || name == "redirect_uri" {
			continue
		}
		form := a.form(map[string]string{name: "code"})
		form.Add(name, "code")
		_, err := a.parse(t, form)
		refusal, ok := errors.AsType[*oauth.ErrorRedirect](err)
		if !ok || refusal.Code != "invalid_request" || (name == "state") == strings.Contains(refusal.Redirect.Location(), "state=") {
			t.Errorf("ParseAuthorization(%s twice) = %v, want invalid_request", name, err)
		}
	}
}

// An error of the implicit flow is in the fragment, and one of form_post in a form.
func TestErrorModes(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	for _, tt := range []struct {
		changes map[string]string
		want    oauth.ResponseMode
	}{
		{map[string]string{}, oauth.ModeQuery},
		{map[string]string{"response_mode": "fragment"}, oauth.ModeFragment},
		{map[string]string{"response_mode": "form_post"}, oauth.ModeFormPost},
		{map[string]string{"response_type": "token"}, oauth.ModeFragment},
		{map[string]string{"response_type": "token", "response_mode": "query"}, oauth.ModeFragment},
		{map[string]string{"response_type": "token", "response_mode": "form_post"}, oauth.ModeFormPost},
	} {
		tt.changes["scope"] = "none"
		_, err := a.parse(t, a.form(tt.changes))
		refusal, ok := errors.AsType[*oauth.ErrorRedirect](err)
		if !ok || refusal.Redirect.Mode != tt.want {
			t.Errorf("ParseAuthorization(%v) = %v, want an error by %s", tt.changes, err, tt.want)
		}
	}
}

// What the client or the pool does not allow.
func TestAuthorizationOfClient(t *testing.T) {
	t.Parallel()
	settings := func(change func(*api.CreateUserPoolClientInput)) []cognatetest.Option {
		return []cognatetest.Option{cognatetest.ClientSettings(change)}
	}
	pkce := map[string]string{"code_challenge": challenge, "code_challenge_method": "S256"}
	pkceImplicit := map[string]string{"code_challenge": challenge, "code_challenge_method": "S256", "response_type": "token"}
	secret := cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.GenerateSecret = new(true) })
	for what, tt := range map[string]struct {
		options []cognatetest.Option
		changes map[string]string
		want    string // the error; "" for none
	}{
		"OAuth off": {settings(func(in *api.CreateUserPoolClientInput) { in.AllowedOAuthFlowsUserPoolClient = new(false) }), nil, "invalid_request Client is not enabled for OAuth2.0 flows "},
		"no code flow": {settings(func(in *api.CreateUserPoolClientInput) {
			in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeImplicit}
		}), nil, "unauthorized_client "},
		"no implicit flow": {settings(func(in *api.CreateUserPoolClientInput) {
			in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeCode}
		}), map[string]string{"response_type": "token"}, "unauthorized_client "},
		"public clients need PKCE":       {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "public")}, nil, "invalid_request code_challenge is required"},
		"public client with PKCE":        {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "public")}, pkce, ""},
		"confidential client":            {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "public"), secret}, nil, ""},
		"all clients need PKCE":          {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "all"), secret}, nil, "invalid_request code_challenge is required"},
		"the implicit flow has no PKCE":  {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "all")}, map[string]string{"response_type": "token"}, "invalid_request code_challenge is required"},
		"the implicit flow ignores PKCE": {[]cognatetest.Option{cognatetest.Tag("cognate:require-pkce", "all")}, pkceImplicit, "unauthorized_client the pool requires PKCE, which the implicit flow does not have"},
		"the feature plan LITE has no acr_values": {[]cognatetest.Option{
			cognatetest.PoolSettings(func(in *api.CreateUserPoolInput) { in.UserPoolTier = api.UserPoolTierTypeLite }),
			cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil }),
		}, map[string]string{"acr_values": "unknown"}, ""},
	} {
		a := mustAuthorizer(t, tt.options...)
		_, err := a.parse(t, a.form(tt.changes))
		got := ""
		if refusal, ok := errors.AsType[*oauth.ErrorRedirect](err); ok {
			got = refusal.Code + " " + refusal.Description
		} else if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("ParseAuthorization(%s) = %q, want %q", what, got, tt.want)
		}
	}
}

// Users of the pool sign in on the pages of a client that names the pool, or no identity provider at all.
func TestClientOfOtherProviders(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.Must(t).CreateIdentityProvider(&api.CreateIdentityProviderInput{
		UserPoolId: a.PoolID, ProviderName: "Google", ProviderType: api.IdentityProviderTypeTypeGoogle,
		ProviderDetails: map[string]string{"client_id": "a", "client_secret": "b", "authorize_scopes": "openid"},
	})
	for what, tt := range map[string]struct {
		providers []string
		ok        bool
	}{"none": {nil, true}, "the pool": {[]string{"COGNITO"}, true}, "both": {[]string{"COGNITO", "Google"}, true}, "another": {[]string{"Google"}, false}} {
		client := a.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{
			UserPoolId: a.PoolID, ClientName: "app", AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode},
			AllowedOAuthScopes: []string{"openid"}, CallbackURLs: []string{callback}, SupportedIdentityProviders: tt.providers,
		}).UserPoolClient
		for _, more := range []map[string]string{{}, {"identity_provider": "COGNITO"}, {"prompt": "none"}} {
			more["client_id"] = client.ClientId
			_, err := a.parse(t, a.form(more))
			refusal, ok := errors.AsType[*oauth.ErrorRedirect](err)
			if tt.ok && err != nil || !tt.ok && (!ok || refusal.Description != "the identity provider is not available") {
				t.Errorf("ParseAuthorization(%s, %v) = %v, want a refusal: %t", what, more, err, !tt.ok)
			}
		}
	}
}

// A scope that its resource server no longer has is left out.
func TestDeletedScope(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	scopes := func(names ...string) []api.ResourceServerScopeType {
		var list []api.ResourceServerScopeType
		for _, name := range names {
			list = append(list, api.ResourceServerScopeType{ScopeName: name, ScopeDescription: name})
		}
		return list
	}
	a.Must(t).CreateResourceServer(&api.CreateResourceServerInput{UserPoolId: a.PoolID, Identifier: "api", Name: "api", Scopes: scopes("read", "write")})
	a.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: a.PoolID, ClientId: a.ClientID, AllowedOAuthFlowsUserPoolClient: new(true), CallbackURLs: []string{callback},
		AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode}, AllowedOAuthScopes: []string{"openid", "api/read", "api/write"},
	})
	a.Must(t).UpdateResourceServer(&api.UpdateResourceServerInput{UserPoolId: a.PoolID, Identifier: "api", Name: "api", Scopes: scopes("read")})
	got, err := a.parse(t, a.form(map[string]string{"scope": "api/write openid api/read"}))
	if err != nil || !slices.Equal(got.Scopes, []string{"openid", "api/read"}) {
		t.Errorf("ParseAuthorization() = %+v, %v, want openid and api/read", got, err)
	}
	_, err = a.parse(t, a.form(map[string]string{"scope": "api/write"}))
	if refusal, ok := errors.AsType[*oauth.ErrorRedirect](err); !ok || refusal.Description != "invalid_scope" {
		t.Errorf("ParseAuthorization(only the deleted scope) = %v, want invalid_scope", err)
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	parameters := []oauth.Parameter{{Name: "code", Value: "a b"}, {Name: "state", Value: "+%&"}}
	for _, tt := range []struct {
		uri  string
		mode oauth.ResponseMode
		want string
	}{
		{"https://app.example.com/cb", oauth.ModeQuery, "https://app.example.com/cb?code=a+b&state=%2B%25%26"},
		{"https://app.example.com/cb?a=b%20c", oauth.ModeQuery, "https://app.example.com/cb?a=b%20c&code=a+b&state=%2B%25%26"},
		{"https://app.example.com/cb?", oauth.ModeQuery, "https://app.example.com/cb?code=a+b&state=%2B%25%26"},
		{"https://app.example.com/cb?a=b", oauth.ModeFragment, "https://app.example.com/cb?a=b#code=a+b&state=%2B%25%26"},
		{"app://done", oauth.ModeQuery, "app://done?code=a+b&state=%2B%25%26"},
	} {
		r := oauth.Redirect{URI: tt.uri, Mode: tt.mode, Parameters: parameters}
		if got := r.Location(); got != tt.want {
			t.Errorf("Location(%s, %s) = %s, want %s", tt.uri, tt.mode, got, tt.want)
		}
	}
}

func TestEncodedState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ query, state, want string }{
		{"a=b&state=a%20b", "a b", "a%20b"},
		{"state=a+b&a=b", "a b", "a+b"},
		{"state=~!$'()*,:@/?", "~!$'()*,:@/?", "~!$'()*,:@/?"},
		{"", "a b", "a+b"},
		{"state=other", "a b", "a+b"},
		{"state=a&state=a", "a", "a"},
		{"xstate=a%20b", "a b", "a+b"},
		{"state=%zz", "%zz", "%25zz"},
		{`state="<>`, `"<>`, "%22%3C%3E"},
		{"state=a#b", "a#b", "a%23b"},
		{"state=\xff", "\xff", "%FF"},
	} {
		if got := oauth.EncodedState(tt.query, tt.state); got != tt.want {
			t.Errorf("EncodedState(%q, %q) = %s, want %s", tt.query, tt.state, got, tt.want)
		}
	}
}

func FuzzParseAuthorization(f *testing.F) {
	a := mustAuthorizer(f)
	f.Add(a.form(nil).Encode())
	f.Add(a.form(map[string]string{
		"scope": "openid x", "max_age": "1", "acr_values": "a b", "resource": "http://[::1", "claims": `{"id_token":{"acr":{"values":["a"]}}}`,
		"id_token_hint": "a.b.c", "prompt": "none", "response_mode": "form_post", "code_challenge": challenge,
	}).Encode())
	f.Fuzz(func(t *testing.T, query string) {
		form, _ := url.ParseQuery(query)
		request, err := a.parse(t, form)
		_, isPage := errors.AsType[*oauth.ErrorPage](err)
		refusal, isRedirect := errors.AsType[*oauth.ErrorRedirect](err)
		switch {
		case err == nil && (request.RedirectURI != callback && request.RedirectURI != "app://done" || len(request.Scopes) == 0):
			t.Errorf("ParseAuthorization(%q) = %+v", query, request)
		case err != nil && !isPage && !isRedirect:
			t.Errorf("ParseAuthorization(%q) = %v", query, err)
		case isRedirect && !strings.HasPrefix(refusal.Redirect.Location(), refusal.Redirect.URI):
			t.Errorf("ParseAuthorization(%q) redirects to %s", query, refusal.Redirect.Location())
		}
	})
}
