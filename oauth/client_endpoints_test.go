package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/signin"
	"cognate/store"
)

const (
	appCallback = "https://app.example/appCallback?tenant=1"
	// The example of RFC 7636 appendix B.
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	// ownSecret is a client secret whose percent-encoded form differs.
	ownSecret = "A+secret+of_twenty_four_characters"
)

// clientEndpoints is a pool with a domain, the user ann, and clients of each kind.
type clientEndpoints struct {
	*cognatetest.UserPool
	t       testing.TB
	url     string // of the endpoints, without a slash at the end
	public  string // ID of a client without secret
	secret  *api.UserPoolClientType
	machine *api.UserPoolClientType
}

func newClientEndpoints(t testing.TB, s *cognatetest.Server) *clientEndpoints {
	t.Helper()
	b := &clientEndpoints{UserPool: s.Pool(t), t: t}
	b.MustUser("ann")
	b.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{UserPoolId: b.PoolID, Username: "ann", UserAttributes: []api.AttributeType{
		{Name: "email", Value: "ann@example.com"}, {Name: "email_verified", Value: "true"}, {Name: "name", Value: "Ann"},
	}})
	b.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: b.PoolID, Domain: "login"})
	b.url = s.URL + "/domains/login/oauth2"
	b.Must(t).CreateResourceServer(&api.CreateResourceServerInput{UserPoolId: b.PoolID, Identifier: "orders", Name: "orders", Scopes: []api.ResourceServerScopeType{
		{ScopeName: "read", ScopeDescription: "read"}, {ScopeName: "write", ScopeDescription: "write"}, {ScopeName: "all", ScopeDescription: "all"},
	}})
	scopes := []string{"openid", "email", "profile", "orders/read", cognate.ScopeUserAdmin}
	code := []api.OAuthFlowType{api.OAuthFlowTypeCode}
	b.public = b.client(false, code, scopes).ClientId
	b.secret = b.client(true, code, scopes)
	b.machine = b.client(true, []api.OAuthFlowType{api.OAuthFlowTypeClientCredentials}, []string{"orders/read", "orders/write"})
	return b
}

func (b *clientEndpoints) client(hasSecret bool, flows []api.OAuthFlowType, scopes []string) *api.UserPoolClientType {
	b.t.Helper()
	in := &api.CreateUserPoolClientInput{
		UserPoolId: b.PoolID, ClientName: "app", GenerateSecret: &hasSecret, AllowedOAuthFlowsUserPoolClient: new(true),
		AllowedOAuthFlows: flows, AllowedOAuthScopes: scopes,
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
	}
	if flows[0] == api.OAuthFlowTypeCode {
		in.CallbackURLs = []string{appCallback}
	}
	return b.Must(b.t).CreateUserPoolClient(in).UserPoolClient
}

// code returns a code for ann, as a sign-in on a page makes it.
func (b *clientEndpoints) code(clientID string, change func(a *signin.Authorization)) string {
	b.t.Helper()
	ctx := b.t.Context()
	client, pool, err := b.Store.AppClientWithPool(ctx, clientID)
	if err != nil {
		b.t.Fatal(err)
	}
	user, err := b.Store.FindUser(ctx, pool, "ann")
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.Clock.Now()
	sso := &cognate.SSOSession{
		PoolID: pool.ID, ID: cognate.NewSSOSessionID(), SecretHash: cognate.SSOSecretHash(cognate.NewSSOSecret()), Sub: user.Sub,
		ClientID: client.ID, AuthTime: now, Expires: now.Add(time.Hour), Stamp: user.Stamp, Methods: cognate.Methods{cognate.MethodPassword},
	}
	if err := b.Store.Write(ctx, func(tx *store.Tx) error { return tx.CreateSSOSession(ctx, sso) }); err != nil {
		b.t.Fatal(err)
	}
	a := &signin.Authorization{
		ClientRequest: cognate.ClientRequest{Pool: pool, Client: client}, SSO: sso, Scopes: []string{"openid", "email"}, RedirectURI: appCallback,
		Challenge: codeChallenge, Nonce: "nonce",
	}
	if change != nil {
		change(a)
	}
	code, err := (&signin.Engine{Store: b.Store, Now: b.Clock.Now}).IssueCode(ctx, a)
	if err != nil {
		b.t.Fatalf("IssueCode() = %v", err)
	}
	return code
}

// answered is an answer of an endpoint.
type answered struct {
	status int
	header http.Header
	text   string
	body   map[string]any // nil if the answer has none
}

// send sends a request to an endpoint. Headers are pairs of names and values.
func (b *clientEndpoints) send(method, path, body string, headers ...string) answered {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answered{status: response.StatusCode, header: response.Header, text: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.body); err != nil {
			b.t.Fatalf("%s %s answers %q: %v", method, path, text, err)
		}
	}
	return a
}

// post sends a form. Pairs are names and values of parameters; a name that ends with a colon is a header.
func (b *clientEndpoints) post(path string, pairs ...string) answered {
	b.t.Helper()
	form, headers := make(url.Values), []string{"Content-Type", "application/x-www-form-urlencoded"}
	for i := 0; i < len(pairs); i += 2 {
		if name, ok := strings.CutSuffix(pairs[i], ":"); ok {
			headers = append(headers, name, pairs[i+1])
			continue
		}
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, form.Encode(), headers...)
}

func (b *clientEndpoints) mustPost(path string, pairs ...string) answered {
	b.t.Helper()
	a := b.post(path, pairs...)
	if a.status != http.StatusOK {
		b.t.Fatalf("POST %s = %d %s", path, a.status, a.text)
	}
	return a
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// wantRefusal fails the test unless the answer is the error with that status and description.
func wantRefusal(t *testing.T, what string, got answered, status int, code, description string) {
	t.Helper()
	want := map[string]any{"error": code}
	if description != "" {
		want["error_description"] = description
	}
	if got.status != status || cmp.Diff(want, got.body) != "" {
		t.Errorf("%s: %d %s, want %d %v", what, got.status, got.text, status, want)
	}
}

// mustTokens exchanges a new code of the public client.
func (b *clientEndpoints) mustTokens(scopes ...string) answered {
	b.t.Helper()
	code := b.code(b.public, func(a *signin.Authorization) {
		if len(scopes) > 0 {
			a.Scopes = scopes
		}
	})
	return b.mustPost("/token", "grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback,
		"code_verifier", codeVerifier)
}

func text(a answered, name string) string {
	value, _ := a.body[name].(string)
	return value
}

// claimsIn returns the claims of a token.
func claimsIn(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no signed token", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// Codes and refresh tokens on both databases.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		b := newClientEndpoints(t, s)
		got := b.mustTokens()
		for _, name := range []string{"id_token", "access_token", "refresh_token"} {
			if text(got, name) == "" {
				t.Errorf("%s is missing in %s", name, got.text)
			}
		}
		if got.body["expires_in"] != 3600.0 || got.body["token_type"] != "Bearer" || len(got.body) != 5 {
			t.Errorf("answer = %s", got.text)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
			"Pragma": "no-cache", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s = %q, want %q", name, got.header.Get(name), want)
			}
		}
		again := b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(got, "refresh_token"))
		if text(again, "id_token") == "" || text(again, "access_token") == "" || again.body["refresh_token"] != nil {
			t.Errorf("refresh = %s, want an ID and an access token", again.text)
		}
		narrow := b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(got, "refresh_token"), "scope", "email")
		if text(narrow, "id_token") != "" || claimsIn(t, text(narrow, "access_token"))["scope"] != "email" {
			t.Errorf("narrow refresh = %s", narrow.text)
		}
		wantRefusal(t, "wider refresh",
			b.post("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(got, "refresh_token"), "scope", "openid profile"),
			400, "invalid_scope", "")
		byAPI := b.MustSignIn("ann", "").AuthenticationResult
		fromAPI := b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.ClientID, "refresh_token", byAPI.RefreshToken)
		if claims := claimsIn(t, text(fromAPI, "access_token")); claims["scope"] != cognate.ScopeUserAdmin || text(fromAPI, "id_token") == "" {
			t.Errorf("refresh of a sign-in by the API = %s", fromAPI.text)
		}
	})
}

// What the token endpoint refuses, and what it ignores. A refusal spends nothing.
func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	code := b.code(b.public, nil)
	right := func(changes ...string) []string {
		values := map[string]string{
			"grant_type": "authorization_code", "client_id": b.public, "code": code, "redirect_uri": appCallback, "code_verifier": codeVerifier,
		}
		var pairs []string
		for i := 0; i < len(changes); i += 2 {
			values[changes[i]] = changes[i+1]
		}
		for name, value := range values {
			if value != "" {
				pairs = append(pairs, name, value)
			}
		}
		return pairs
	}
	for what, tt := range map[string]struct {
		pairs             []string
		code, description string
	}{
		"no grant_type":               {right("grant_type", ""), "invalid_request", ""},
		"unknown grant_type":          {right("grant_type", "password"), "unsupported_grant_type", ""},
		"no code":                     {right("code", ""), "invalid_request", ""},
		"no redirect_uri":             {right("redirect_uri", ""), "invalid_request", ""},
		"no client":                   {right("client_id", ""), "invalid_request", ""},
		"unknown client":              {right("client_id", "unknown"), "invalid_client", ""},
		"a client with a NUL":         {right("client_id", "a\x00b"), "invalid_request", ""},
		"invalid UTF-8":               {right("code", "\xff"), "invalid_request", ""},
		"wrong code":                  {right("code", "6b86b273-0000-4000-8000-000000000000"), "invalid_grant", ""},
		"wrong redirect_uri":          {right("redirect_uri", "https://app.example/appCallback"), "unauthorized_client", "invalid_redirect"},
		"no verifier":                 {right("code_verifier", ""), "invalid_grant", ""},
		"wrong verifier":              {right("code_verifier", strings.Repeat("a", 43)), "invalid_grant", ""},
		"two codes":                   {append(right(), "code", code), "invalid_request", ""},
		"two grant types":             {append(right(), "grant_type", "authorization_code"), "invalid_request", ""},
		"a resource":                  {right("resource", "https://api.example"), "invalid_target", ""},
		"no URL as resource":          {right("resource", "api"), "invalid_target", ""},
		"a secret of a public client": {right("client_secret", "secret"), "invalid_client", "invalid_client_secret"},
		"another client's flow":       {right("grant_type", "client_credentials", "code", ""), "unauthorized_client", ""},
		"no refresh token":            {right("grant_type", "refresh_token"), "invalid_request", ""},
		"wrong refresh token":         {right("grant_type", "refresh_token", "refresh_token", "wrong"), "invalid_grant", ""},
	} {
		wantRefusal(t, what, b.post("/token", tt.pairs...), 400, tt.code, tt.description)
	}
	form := url.Values{}
	for i, pairs := 0, right(); i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	urlencoded := []string{"Content-Type", "application/x-www-form-urlencoded"}
	wantRefusal(t, "JSON", b.send("POST", "/token", `{"grant_type":"authorization_code"}`, "Content-Type", "application/json"), 400, "invalid_request", "")
	wantRefusal(t, "no content type", b.send("POST", "/token", form.Encode()), 400, "invalid_request", "")
	wantRefusal(t, "a query", b.send("POST", "/token?"+form.Encode(), "", urlencoded...), 400, "invalid_request", "")
	wantRefusal(t, "a malformed form", b.send("POST", "/token", form.Encode()+"&a=%zz", urlencoded...), 400, "invalid_request", "")
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
		if got := b.send(method, "/token?"+form.Encode(), ""); got.status != 405 || got.text != "" || got.header.Get("Allow") != "POST" {
			t.Errorf("%s = %d %q, want 405 and no body", method, got.status, got.text)
		}
	}
	b.mustPost("/token", append(right(), "audience", "x", "audience", "y", "unknown", "1")...)
}

// A client gets no tokens for the scopes email and phone if it may not read both of their attributes (docs/behaviour.md §7.2).
func TestUnreadableScopes(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	scopes := []string{"openid", "email", "phone", "profile"}
	id := b.client(false, []api.OAuthFlowType{api.OAuthFlowTypeCode}, scopes).ClientId
	for _, tt := range []struct {
		reads, asks []string
		isRefused   bool
	}{
		{nil, scopes, false},
		{[]string{"email", "email_verified"}, []string{"openid", "email", "profile"}, false},
		{[]string{"email", "email_verified"}, []string{"openid", "phone"}, true},
		{[]string{"email"}, []string{"openid", "email"}, true},
		{[]string{"email_verified"}, []string{"openid", "email"}, true},
		{[]string{"email"}, []string{"openid", "profile"}, false},
		{[]string{"name"}, []string{"openid"}, false},
		{[]string{"phone_number", "email", "email_verified"}, []string{"openid", "phone"}, true},
		{[]string{"phone_number", "phone_number_verified"}, []string{"openid", "phone"}, false},
	} {
		b.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
			UserPoolId: b.PoolID, ClientId: id, ReadAttributes: tt.reads, AllowedOAuthFlowsUserPoolClient: new(true),
			AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode}, AllowedOAuthScopes: scopes, CallbackURLs: []string{appCallback},
		})
		code := b.code(id, func(a *signin.Authorization) { a.Scopes = tt.asks })
		what := fmt.Sprintf("the scopes %v with the attributes %v", tt.asks, tt.reads)
		exchange := []string{"grant_type", "authorization_code", "client_id", id, "code", code, "redirect_uri", appCallback, "code_verifier", codeVerifier}
		got := b.post("/token", exchange...)
		if !tt.isRefused {
			if got.status != 200 {
				t.Errorf("%s: %d %s, want tokens", what, got.status, got.text)
			}
			continue
		}
		wantRefusal(t, what, got, 400, "invalid_grant", "")
	}
}

// The ways in which a client proves its secret.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	id, first := b.secret.ClientId, b.secret.ClientSecret
	b.Must(t).AddUserPoolClientSecret(&api.AddUserPoolClientSecretInput{UserPoolId: b.PoolID, ClientId: id, ClientSecret: ownSecret})
	for what, tt := range map[string]struct {
		pairs []string
		want  string // "" for the client
		why   string
	}{
		"form":                       {[]string{"client_id", id, "client_secret", first}, "", ""},
		"form, second secret":        {[]string{"client_id", id, "client_secret", ownSecret}, "", ""},
		"header":                     {[]string{"Authorization:", basic(id, first)}, "", ""},
		"header, lower case":         {[]string{"Authorization:", "basic" + strings.TrimPrefix(basic(id, first), "Basic")}, "", ""},
		"header, second secret, raw": {[]string{"Authorization:", basic(id, ownSecret)}, "", ""},
		"header, percent-encoded":    {[]string{"Authorization:", basic(id, url.QueryEscape(ownSecret))}, "", ""},
		"header and ID":              {[]string{"Authorization:", basic(id, first), "client_id", id}, "", ""},
		"header and form":            {[]string{"Authorization:", basic(id, first), "client_id", id, "client_secret", first}, "", ""},
		"no secret":                  {[]string{"client_id", id}, "invalid_client", "invalid_client_secret"},
		"wrong secret":               {[]string{"client_id", id, "client_secret", first + "x"}, "invalid_client", "invalid_client_secret"},
		"encoded in the form":        {[]string{"client_id", id, "client_secret", url.QueryEscape(ownSecret)}, "invalid_client", "invalid_client_secret"},
		"wrong header":               {[]string{"Authorization:", basic(id, "wrong")}, "invalid_client", "invalid_client_secret"},
		"no secret in the header":    {[]string{"Authorization:", basic(id, "")}, "invalid_client", "invalid_client_secret"},
		"another ID in the form":     {[]string{"Authorization:", basic(id, first), "client_id", b.public}, "invalid_client", ""},
		"another secret in the form": {[]string{"Authorization:", basic(id, first), "client_secret", ownSecret}, "invalid_client", ""},
		"two headers":                {[]string{"Authorization:", basic(id, first), "Authorization:", basic(id, first)}, "invalid_client", ""},
		"another scheme":             {[]string{"Authorization:", "Bearer " + first, "client_id", id, "client_secret", first}, "invalid_client", ""},
		"no base64":                  {[]string{"Authorization:", "Basic !!!", "client_id", id, "client_secret", first}, "invalid_client", ""},
		"no colon":                   {[]string{"Authorization:", "Basic " + base64.StdEncoding.EncodeToString([]byte(id))}, "invalid_client", ""},
		"NUL in the header":          {[]string{"Authorization:", basic(id+"\x00", first)}, "invalid_client", ""},
		"encoded NUL in the header":  {[]string{"Authorization:", basic("a%00b", first)}, "invalid_client", ""},
		"public client, header":      {[]string{"Authorization:", basic(b.public, "")}, "", ""},
		"empty secret":               {[]string{"client_id", b.public, "client_secret", ""}, "", ""},
	} {
		client := id
		if strings.HasPrefix(what, "public") || what == "empty secret" {
			client = b.public
		}
		pairs := append([]string{
			"grant_type", "authorization_code", "code", b.code(client, nil), "redirect_uri", appCallback, "code_verifier", codeVerifier,
		}, tt.pairs...)
		got := b.post("/token", pairs...)
		if tt.want == "" {
			if got.status != 200 {
				t.Errorf("%s: %d %s, want tokens", what, got.status, got.text)
			}
			continue
		}
		wantRefusal(t, what, got, 400, tt.want, tt.why)
	}
	other := b.Pool(t)
	wantRefusal(t, "a client of another pool", b.post("/token", "grant_type", "refresh_token", "client_id", other.ClientID, "refresh_token", "x"),
		400, "invalid_client", "")
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	id, secret := b.machine.ClientId, b.machine.ClientSecret
	for what, tt := range map[string]struct {
		pairs []string
		scope string
		aud   any
		err   string
	}{
		"all scopes":                            {scope: "orders/read orders/write"},
		"one scope":                             {pairs: []string{"scope", "orders/write"}, scope: "orders/write"},
		"with a resource":                       {pairs: []string{"resource", "https://api.example"}, scope: "orders/read orders/write", aud: "https://api.example"},
		"a scope that the client does not have": {pairs: []string{"scope", "orders/all"}, err: "invalid_grant"},
		"a scope that does not exist":           {pairs: []string{"scope", "orders/none"}, err: "invalid_scope"},
		"openid":                                {pairs: []string{"scope", "openid"}, err: "invalid_scope"},
		"metadata that is no object":            {pairs: []string{"aws_client_metadata", `["a"]`}, err: "invalid_request"},
		"metadata of numbers":                   {pairs: []string{"aws_client_metadata", `{"a":1}`}, err: "invalid_request"},
	} {
		got := b.post("/token", append([]string{"grant_type", "client_credentials", "Authorization:", basic(id, secret)}, tt.pairs...)...)
		if tt.err != "" {
			wantRefusal(t, what, got, 400, tt.err, "")
			continue
		}
		if got.status != 200 || len(got.body) != 3 {
			t.Errorf("%s: %d %s, want an access token only", what, got.status, got.text)
			continue
		}
		claims := claimsIn(t, text(got, "access_token"))
		if claims["scope"] != tt.scope || claims["sub"] != id || claims["client_id"] != id || cmp.Diff(tt.aud, claims["aud"]) != "" || claims["username"] != nil {
			t.Errorf("%s: claims = %v, want scope %q and aud %v", what, claims, tt.scope, tt.aud)
		}
	}
	wantRefusal(t, "a client without the flow",
		b.post("/token", "grant_type", "client_credentials", "client_id", b.secret.ClientId, "client_secret", b.secret.ClientSecret), 400, "unauthorized_client", "")
	b.Must(t).UpdateResourceServer(&api.UpdateResourceServerInput{UserPoolId: b.PoolID, Identifier: "orders", Name: "orders", Scopes: []api.ResourceServerScopeType{
		{ScopeName: "read", ScopeDescription: "read"},
	}})
	got := b.mustPost("/token", "grant_type", "client_credentials", "client_id", id, "client_secret", secret, "scope", "orders/read orders/write")
	if scope := claimsIn(t, text(got, "access_token"))["scope"]; scope != "orders/read" {
		t.Errorf("scope after one was deleted = %v, want the other", scope)
	}
	wantRefusal(t, "only a deleted scope",
		b.post("/token", "grant_type", "client_credentials", "client_id", id, "client_secret", secret, "scope", "orders/write"), 400, "invalid_scope", "")
}

// The third version of PreTokenGeneration gets the metadata of client credentials, and codes have their own source.
func TestTokenTriggers(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	b.MustTokenTrigger(api.PreTokenGenerationLambdaVersionTypeV30)
	b.mustPost("/token", "grant_type", "client_credentials", "client_id", b.machine.ClientId, "client_secret", b.machine.ClientSecret,
		"aws_client_metadata", `{"env":"prod"}`)
	event := b.Triggers.Last(t, cognate.TriggerPreTokenGeneration)
	if event.Source != "TokenGeneration_ClientCredentials" || event.Request.ClientMetadata["env"] != "prod" {
		t.Errorf("event of client credentials = %+v", event)
	}
	b.mustTokens("openid", "orders/read")
	event = b.Triggers.Last(t, cognate.TriggerPreTokenGeneration)
	if event.Source != "TokenGeneration_HostedAuth" || strings.Join(event.Request.Scopes, " ") != "openid orders/read" {
		t.Errorf("event of a code = %+v", event)
	}
	code := b.code(b.public, nil)
	exchange := []string{"grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback, "code_verifier", codeVerifier}
	b.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Fail("not now"))
	wantRefusal(t, "a failing function", b.post("/token", exchange...), 400, "invalid_request", "PreTokenGeneration failed with error not now.")
	b.Triggers.On(cognate.TriggerPreTokenGeneration, nil)
	b.mustPost("/token", exchange...) // the refusal has spent nothing
}

// Racing uses of one refresh token succeed in the grace period. A later one ends the sign-in.
func TestRacingRefreshes(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	b.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: b.PoolID, ClientId: b.public, AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeCode},
		AllowedOAuthScopes: []string{"openid", "email"}, CallbackURLs: []string{appCallback},
		RefreshTokenRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(30)},
	})
	token := text(b.mustTokens(), "refresh_token")
	use := func() answered {
		return b.post("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", token)
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if got := use(); got.status != 200 || text(got, "refresh_token") == "" || text(got, "refresh_token") == token {
				t.Errorf("a racing refresh = %d %s, want a new refresh token", got.status, got.text)
			}
		})
	}
	all.Wait()
	b.Clock.Advance(31 * time.Second)
	wantRefusal(t, "after the grace period", use(), 400, "invalid_grant", "")
}

// A sign-in by the API with a device is refreshed by the API only.
func TestRefreshWithDevices(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	b.MustTrackDevices(false, false)
	byAPI := b.MustSignIn("ann", "").AuthenticationResult
	wantRefusal(t, "a sign-in by the API",
		b.post("/token", "grant_type", "refresh_token", "client_id", b.ClientID, "refresh_token", byAPI.RefreshToken), 400, "invalid_grant", "")
	onPage := text(b.mustTokens(), "refresh_token")
	b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", onPage)
}

// Pages of any origin may call all endpoints but introspect.
func TestOrigins(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	for path, isOpen := range map[string]bool{"/token": true, "/revoke": true, "/userInfo": true, "/introspect": false} {
		got := b.send("OPTIONS", path, "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,content-type,dpop")
		if !isOpen {
			if got.status != 405 || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("OPTIONS %s = %d %v, want 405", path, got.status, got.header)
			}
			continue
		}
		if got.status/100 != 2 || got.text != "" || got.header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") ||
			got.header.Get("Access-Control-Allow-Headers") != "authorization,content-type,dpop" {
			t.Errorf("OPTIONS %s = %d %v", path, got.status, got.header)
		}
	}
	refused := b.post("/token", "grant_type", "x")
	if refused.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a page cannot read a refusal")
	}
	large, err := http.PostForm(b.url+"/token", url.Values{"x": {strings.Repeat("a", 70<<10)}})
	if err != nil {
		t.Fatal(err)
	}
	_ = large.Body.Close()
	if large.StatusCode != http.StatusRequestEntityTooLarge || large.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a large body = %d %v, want 413 that a page can read", large.StatusCode, large.Header)
	}
}

// Of 100 racing requests on both databases, and on two servers, one gets tokens.
func TestRacingCodes(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { raceCodes(t, s) })
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		raceCodes(t, cognatetest.StartPair(t, 2)...)
	})
}

func raceCodes(t *testing.T, servers ...*cognatetest.Server) {
	t.Helper()
	b := newClientEndpoints(t, servers[0])
	code := b.code(b.public, nil)
	var mu sync.Mutex
	won := 0
	var all sync.WaitGroup
	for i := range 100 {
		at := *b
		at.url = servers[i%len(servers)].URL + "/domains/login/oauth2"
		all.Go(func() {
			got := at.post("/token", "grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback,
				"code_verifier", codeVerifier)
			mu.Lock()
			defer mu.Unlock()
			if got.status == 200 {
				won++
			} else if got.body["error"] != "invalid_grant" {
				t.Errorf("a racing exchange = %d %s", got.status, got.text)
			}
		})
	}
	all.Wait()
	if won != 1 {
		t.Errorf("%d exchanges got tokens, want 1", won)
	}
	grants, err := b.Store.LiveGrants(t.Context(), b.PoolID, b.sub(), b.Clock.Now())
	if err != nil || len(grants) != 0 {
		t.Errorf("%d live grants, %v: want that the reuse has ended the one", len(grants), err)
	}
}

func (b *clientEndpoints) sub() string {
	b.t.Helper()
	for _, a := range b.Must(b.t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: b.PoolID, Username: "ann"}).UserAttributes {
		if a.Name == "sub" {
			return a.Value
		}
	}
	return ""
}
