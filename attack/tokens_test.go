package attack_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate/api"
	"cognate/api/apitest"
	"cognate/cognatetest"
)

// mustPart returns a part of a token, decoded.
func mustPart(t *testing.T, token string, index int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[index])
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]any{}
	if err := json.Unmarshal(text, &part); err != nil {
		t.Fatal(err)
	}
	return part
}

// unsigned returns a header and claims as the first two parts of a token.
func unsigned(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	return strings.Join(parts, ".")
}

// mustPublishedKey returns the key of a pool with an ID, as anybody can read it.
func mustPublishedKey(t *testing.T, p *cognatetest.UserPool, id string) *rsa.PublicKey {
	t.Helper()
	resp, err := http.Get(p.URL + "/" + p.PoolID + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	key, ok := set.Key(id)[0].Key.(*rsa.PublicKey)
	if !ok {
		t.Fatalf("key %s is no RSA key", id)
	}
	return key
}

// forgeries are tokens that an attacker makes of a valid one, with what anybody can read.
func forgeries(t *testing.T, p *cognatetest.UserPool, valid string) map[string]string {
	t.Helper()
	header, claims := mustPart(t, valid, 0), mustPart(t, valid, 1)
	kid, _ := header["kid"].(string)
	public := mustPublishedKey(t, p, kid)
	own := cognatetest.Try(rsa.GenerateKey(rand.Reader, 2048)).Of(t)
	ownKey := jose.JSONWebKey{Key: own.Public(), KeyID: kid}
	signed := func(options *jose.SignerOptions) string {
		signer := cognatetest.Try(jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: own}, options)).Of(t)
		token := cognatetest.Try(signer.Sign(cognatetest.Try(json.Marshal(claims)).Of(t))).Of(t)
		return cognatetest.Try(token.CompactSerialize()).Of(t)
	}
	parts := strings.Split(valid, ".")
	list := map[string]string{
		"signed with another key":        signed((&jose.SignerOptions{}).WithHeader("kid", kid)),
		"with its own key in the header": signed((&jose.SignerOptions{EmbedJWK: true}).WithHeader("kid", kid)),
		"with a key at an address":       signed((&jose.SignerOptions{}).WithHeader("kid", kid).WithHeader("jku", "https://evil.example/jwks.json").WithHeader("jwk", ownKey)),
		"with a path as its key":         signed((&jose.SignerOptions{}).WithHeader("kid", "../../../../dev/null")),
		"with SQL as its key":            signed((&jose.SignerOptions{}).WithHeader("kid", "' OR '1'='1")),
		"without a key":                  signed(&jose.SignerOptions{}),
		"without a signature":            parts[0] + "." + parts[1] + ".",
		"with two parts":                 parts[0] + "." + parts[1],
		"with five parts":                valid + ".a.b",
		"with a signature of zeros":      parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)),
		"with a space":                   " " + valid,
		"as JSON":                        `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		list["algorithm "+alg] = unsigned(t, map[string]any{"alg": alg, "kid": kid}, claims) + "."
	}
	der := cognatetest.Try(x509.MarshalPKIXPublicKey(public)).Of(t)
	for form, secret := range map[string][]byte{
		"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "modulus": public.N.Bytes(), "nothing": nil,
	} {
		text := unsigned(t, map[string]any{"alg": "HS256", "kid": kid}, claims)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		list["HS256 with the public key as "+form] = text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	for name, value := range map[string]any{"sub": "00000000-0000-4000-8000-000000000000", "exp": int64(1) << 40, "scope": "openid phone"} {
		other := mustPart(t, valid, 1)
		other[name] = value
		list["with another "+name] = unsigned(t, header, other) + "." + parts[2]
	}
	return list
}

// granting signs a user in and returns the tokens.
type granting func(t *testing.T, p *cognatetest.UserPool, username string) *api.AuthenticationResultType

// mustGrant signs a new user in at the API. The access token has the scope of the API.
func mustGrant(_ *testing.T, p *cognatetest.UserPool, username string) *api.AuthenticationResultType {
	p.MustUser(username)
	return p.MustSignIn(username, "").AuthenticationResult
}

// mustGrantOnPage signs a new user in on the page. The access token has the scopes of the endpoint userInfo.
func mustGrantOnPage(t *testing.T, p *cognatetest.UserPool, username string) *api.AuthenticationResultType {
	t.Helper()
	p.MustUser(username)
	domain := domainOf(t, p)
	granted := exchangeCode(t, domain, p.ClientID, mustAuthorize(t, p, domain, username), callback)
	var tokens struct {
		Access  string `json:"access_token"`
		ID      string `json:"id_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(granted.body), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("the exchange of the code of %s = %d %s", username, granted.status, granted.body)
	}
	return &api.AuthenticationResultType{AccessToken: tokens.Access, IdToken: tokens.ID, RefreshToken: tokens.Refresh}
}

// domainOf returns the address of a pool's domain, which it creates if there is none.
func domainOf(t *testing.T, p *cognatetest.UserPool) string {
	t.Helper()
	if out := p.Must(t).DescribeUserPool(&api.DescribeUserPoolInput{UserPoolId: p.PoolID}); out.UserPool.Domain != "" {
		return p.URL + "/domains/" + out.UserPool.Domain
	}
	return mustDomain(t, p)
}

// machineClient are the settings of a client that gets tokens for itself.
var machineClient = cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
	in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows = new(true), []api.OAuthFlowType{api.OAuthFlowTypeClientCredentials}
	in.AllowedOAuthScopes = []string{"api/read"}
})

// basic returns the header with which a client authenticates.
func basic(client *api.UserPoolClientType) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(client.ClientId+":"+client.ClientSecret))}}
}

// mustMachine returns a client of the pool that gets tokens for itself, and such a token.
func mustMachine(t *testing.T, p *cognatetest.UserPool) (client *api.UserPoolClientType, token string) {
	t.Helper()
	p.MustResourceServer("api", "read")
	client = p.MustClient(cognatetest.ClientSecret(), machineClient)
	granted := post(t, domainOf(t, p)+"/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, basic(client))
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(granted.body), &tokens); err != nil || tokens.AccessToken == "" {
		t.Fatalf("client credentials = %s", granted.body)
	}
	return client, tokens.AccessToken
}

// hostileTokens returns tokens that are no valid access token of a user of the pool, by what they are, and a valid one.
func hostileTokens(t *testing.T, p *cognatetest.UserPool, grant granting) (list map[string]string, valid string) {
	t.Helper()
	m := p.Must(t)
	expired := grant(t, p, "expired").AccessToken
	p.Clock.Advance(61 * time.Minute)
	ann := grant(t, p, "ann")
	list = forgeries(t, p, ann.AccessToken)
	list["expired"] = expired
	list["an ID token"] = ann.IdToken
	list["a refresh token"] = ann.RefreshToken
	list["empty"] = " "
	list["long"] = strings.Repeat("A", 60<<10)

	signedOut := grant(t, p, "bob").AccessToken
	m.AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "bob"})
	list["signed out"] = signedOut
	revoked := grant(t, p, "cat")
	m.RevokeToken(&api.RevokeTokenInput{Token: revoked.RefreshToken, ClientId: p.ClientID})
	list["revoked"] = revoked.AccessToken
	list["of a disabled user"] = grant(t, p, "dan").AccessToken
	m.AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "dan"})
	list["of a deleted user"] = grant(t, p, "eve").AccessToken
	m.AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "eve"})
	deleted := p.WithClient(p.MustClient(oauthClient))
	list["of a deleted client"] = grant(t, deleted, "fay").AccessToken
	m.DeleteUserPoolClient(&api.DeleteUserPoolClientInput{UserPoolId: p.PoolID, ClientId: deleted.ClientID})
	other := p.Pool(t, oauthClient)
	list["of a deleted pool"] = grant(t, other, "ann").AccessToken
	m.DeleteUserPoolDomain(&api.DeleteUserPoolDomainInput{UserPoolId: other.PoolID, Domain: path.Base(domainOf(t, other))})
	m.DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: other.PoolID})
	list["of another server"] = grant(t, cognatetest.Pool(t, oauthClient), "ann").AccessToken
	_, list["of a program"] = mustMachine(t, p)

	mfa := p.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	mfa.MustUser("ann")
	list["a Session"] = mfa.MustSignIn("ann", api.ChallengeNameTypeMfaSetup).Session
	return list, ann.AccessToken
}

// refusals returns the errors that an operation may return for a hostile token.
func refusals(what string) []string {
	switch what {
	case "empty", "with a space", "as JSON": // not of the shape of a token
		return []string{api.CodeInvalidParameterException}
	case "of a deleted user": // not every operation declares the first one
		return []string{api.CodeUserNotFoundException, api.CodeNotAuthorizedException}
	default:
		return []string{api.CodeNotAuthorizedException}
	}
}

// No operation accepts a token that is forged, foreign, over, or for another use.
func TestHostileAccessTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient)
	list, _ := hostileTokens(t, p, mustGrant)
	operations := 0
	for _, op := range api.Operations() {
		if op.Input.Member("AccessToken") == nil {
			continue
		}
		operations++
		unchanged(t, p.Server, op.Name, func() {
			for what, token := range list {
				body := apitest.Object(op.Input, map[string]string{"AccessToken": apitest.Quote(token)})
				got := call(t, p.Server, op.Name, body, nil)
				if !slices.Contains(refusals(what), got.code) {
					t.Errorf("%s with a token %s = %d %s, want one of %q", op.Name, what, got.status, got.body, refusals(what))
				}
			}
		})
	}
	if operations < 20 {
		t.Errorf("attacked %d operations, want all that take an access token", operations)
	}
}

// The endpoints refuse the same tokens, with the scopes that userInfo needs. Only a valid one gets the user, and is active.
func TestHostileAccessTokensAtEndpoints(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient)
	list, valid := hostileTokens(t, p, mustGrantOnPage)
	list["without the scope"] = mustGrant(t, p, "gus").AccessToken
	domain := domainOf(t, p)
	client := p.MustClient(cognatetest.ClientSecret(), machineClient)
	userInfo := func(token string) reply {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, domain+"/oauth2/userInfo", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return do(t, r)
	}
	isActive := func(token string) bool {
		got := post(t, domain+"/oauth2/introspect", url.Values{"token": {token}}, basic(client))
		if got.status != http.StatusOK && got.status != http.StatusRequestEntityTooLarge {
			t.Fatalf("introspection = %d %s", got.status, got.body)
		}
		return strings.Contains(got.body, `"active":true`)
	}
	if got := userInfo(valid); got.status != http.StatusOK || !isActive(valid) {
		t.Fatalf("userInfo with a valid token = %d %s", got.status, got.body)
	}
	// Introspection is also for tokens without a scope and of clients, and for refresh tokens of the client that asks.
	validElsewhere := []string{"of a program", "without the scope"}
	unchanged(t, p.Server, "an endpoint", func() {
		for what, token := range list {
			if !slices.Contains(validElsewhere, what) && isActive(token) {
				t.Errorf("introspection says that a token %s is active", what)
			}
			if strings.ContainsAny(token, " ") {
				continue // the header would have two words
			}
			if got := userInfo(token); got.status != http.StatusUnauthorized && got.status != http.StatusForbidden && got.status != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("userInfo with a token %s = %d %s, want 401", what, got.status, got.body)
			}
		}
	})
}

// A refresh token works for its own client only, at each place that takes one. The refused tries do not end the sign-in.
func TestForeignRefreshTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, oauthClient)
	domain := mustDomain(t, p)
	sibling, foreign := p.WithClient(p.MustClient(oauthClient)), p.Pool(t, oauthClient)
	foreignDomain := mustDomain(t, foreign)
	ann := mustGrant(t, p, "ann")
	for _, c := range []struct{ what, clientID, domain string }{
		{"another client", sibling.ClientID, domain},
		{"a client of another pool", foreign.ClientID, foreignDomain},
		{"a client of another pool at this domain", foreign.ClientID, domain},
		{"this client at another domain", p.ClientID, foreignDomain},
	} {
		unchanged(t, p.Server, c.what, func() {
			if c.clientID != p.ClientID {
				for operation, body := range map[string]string{
					"InitiateAuth":               `{"ClientId":%q,"AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":%q}}`,
					"GetTokensFromRefreshToken":  `{"ClientId":%q,"RefreshToken":%q}`,
					"InitiateAuth REFRESH_TOKEN": `{"ClientId":%q,"AuthFlow":"REFRESH_TOKEN","AuthParameters":{"REFRESH_TOKEN":%q}}`,
				} {
					name, _, _ := strings.Cut(operation, " ")
					got := call(t, p.Server, name, sprintf(body, c.clientID, ann.RefreshToken), nil)
					if got.code != api.CodeNotAuthorizedException {
						t.Errorf("%s by %s = %s, want NotAuthorizedException", operation, c.what, got.body)
					}
				}
				got := call(t, p.Server, "RevokeToken", sprintf(`{"ClientId":%q,"Token":%q}`, c.clientID, ann.RefreshToken), nil)
				if got.status != http.StatusBadRequest && got.body != "{}" {
					t.Errorf("RevokeToken by %s = %s", c.what, got.body)
				}
			}
			got := post(t, c.domain+"/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {c.clientID}, "refresh_token": {ann.RefreshToken}}, nil)
			if got.status != http.StatusBadRequest && got.status != http.StatusUnauthorized {
				t.Errorf("/oauth2/token by %s = %d %s, want a refusal", c.what, got.status, got.body)
			}
			_ = post(t, c.domain+"/oauth2/revoke", url.Values{"client_id": {c.clientID}, "token": {ann.RefreshToken}}, nil)
		})
	}
	if got := call(t, p.Server, "GetUser", sprintf(`{"AccessToken":%q}`, ann.AccessToken), nil); got.status != http.StatusOK {
		t.Errorf("the user of the token = %s, want the user", got.body)
	}
	for _, notRefresh := range []string{ann.AccessToken, ann.IdToken, "a.b.c", ann.RefreshToken + "x", ann.RefreshToken[:len(ann.RefreshToken)-4]} {
		got := call(t, p.Server, "GetTokensFromRefreshToken", sprintf(`{"ClientId":%q,"RefreshToken":%q}`, p.ClientID, notRefresh), nil)
		if got.code != api.CodeNotAuthorizedException {
			t.Errorf("GetTokensFromRefreshToken(%.12s…) = %s, want NotAuthorizedException", notRefresh, got.body)
		}
	}
}
