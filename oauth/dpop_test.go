package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/signin"
)

// prover makes DPoP proofs with a key.
type prover struct {
	b    *clientEndpoints
	key  *ecdsa.PrivateKey
	made int
}

func newProver(b *clientEndpoints) *prover { return &prover{b: b, key: mustECKey(b.t)} }

func (p *prover) thumbprint() string {
	p.b.t.Helper()
	hash, err := (&jose.JSONWebKey{Key: p.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		p.b.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(hash)
}

// claims returns the claims of a new proof for a POST, with changes. A value of nil removes a claim.
func (p *prover) claims(path string, changes ...any) map[string]any {
	p.made++
	claims := map[string]any{
		"jti": fmt.Sprint("id", p.made), "htm": http.MethodPost, "htu": p.b.url + path, "iat": p.b.Clock.Now().Unix(),
	}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(claims, changes[i].(string))
		}
	}
	return claims
}

func (p *prover) proof(path string, changes ...any) string {
	p.b.t.Helper()
	return mustSign(p.b.t, jose.ES256, p.key, p.claims(path, changes...), "typ", "dpop+jwt", "jwk", jose.JSONWebKey{Key: p.key.Public()})
}

// forToken returns a proof for a GET of userInfo.
func (p *prover) forToken(access string) string {
	sum := sha256.Sum256([]byte(access))
	return p.proof("/userInfo", "htm", http.MethodGet, "ath", base64.RawURLEncoding.EncodeToString(sum[:]))
}

// userInfo sends an access token with a scheme and a proof; without one if it is empty.
func (b *clientEndpoints) userInfo(scheme, access, proof string) answered {
	headers := []string{"Authorization", scheme + " " + access}
	if proof != "" {
		headers = append(headers, "DPoP", proof)
	}
	return b.send(http.MethodGet, "/userInfo", "", headers...)
}

// exchange exchanges a new code of a public client. The pairs are added to the request.
func (b *clientEndpoints) exchange(change func(a *signin.Authorization), pairs ...string) answered {
	return b.post("/token", append(pairs, "grant_type", "authorization_code", "client_id", b.public, "code", b.code(b.public, change),
		"redirect_uri", appCallback, "code_verifier", codeVerifier)...)
}

func jkt(claims map[string]any) any {
	confirmation, _ := claims["cnf"].(map[string]any)
	return confirmation["jkt"]
}

// Tokens of a code and of refreshes are bound to the key, on both databases. Two servers refuse a proof that either has seen.
func TestDPoP(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, servers ...*cognatetest.Server) {
		t.Helper()
		b := newClientEndpoints(t, servers[0])
		p, thief := newProver(b), newProver(b)
		at := *b
		at.url = servers[len(servers)-1].URL + "/domains/login/oauth2"
		shared := func(url string) string { return p.proof("/token", "jti", "shared", "htu", url+"/token") }
		first := b.exchange(nil, "DPoP:", shared(b.url))
		access := text(first, "access_token")
		// The servers of a test have different public URLs, so a proof names one of them.
		wantRefusal(t, "the same ID at another server", at.exchange(nil, "DPoP:", shared(at.url)), 400, "invalid_dpop_proof", "it was used")
		if first.status != 200 || text(first, "token_type") != "DPoP" || jkt(claimsIn(t, access)) != p.thumbprint() {
			t.Fatalf("exchange with a proof = %d %s, claims %v", first.status, first.text, claimsIn(t, access))
		}
		if got := claimsIn(t, text(first, "id_token")); got["cnf"] != nil {
			t.Errorf("the ID token has cnf %v", got["cnf"])
		}

		proof := p.forToken(access)
		if got := b.userInfo("DPoP", access, proof); got.status != 200 || text(got, "email") != "ann@example.com" {
			t.Errorf("userInfo with a proof = %d %s", got.status, got.text)
		}
		got := b.userInfo("DPoP", access, proof)
		if header := got.header.Get("WWW-Authenticate"); got.status != 401 || got.body["error"] != "invalid_dpop_proof" ||
			!strings.HasPrefix(header, `DPoP error="invalid_dpop_proof", `) || !strings.Contains(header, `algs="RS256 `) {
			t.Errorf("the same proof: userInfo = %d %s %s", got.status, got.text, header)
		}
		const invalid = "Access token is expired, disabled, or deleted, or the user has globally signed out."
		wantRefusal(t, "as a bearer token", b.userInfo("Bearer", access, ""), 401, "invalid_token", invalid)
		wantRefusal(t, "as a bearer token with a proof", b.userInfo("Bearer", access, p.forToken(access)), 401, "invalid_token", invalid)
		wantRefusal(t, "in a form", b.post("/userInfo", "access_token", access), 401, "invalid_token", invalid)
		wantRefusal(t, "with another key", b.userInfo("DPoP", access, thief.forToken(access)), 401, "invalid_token", invalid)
		wantRefusal(t, "without a proof", b.userInfo("DPoP", access, ""), 401, "invalid_dpop_proof", "the client must send a DPoP proof")
		wantRefusal(t, "a proof for another token", b.userInfo("DPoP", access, p.forToken("other")), 401, "invalid_dpop_proof", "ath must be the hash of the access token")
		wantRefusal(t, "a proof without a token", b.userInfo("DPoP", access, p.proof("/userInfo", "htm", "GET")), 401, "invalid_dpop_proof", "ath must be the hash of the access token")
		bearer := text(b.exchange(nil), "access_token")
		wantRefusal(t, "a bearer token with DPoP", b.userInfo("DPoP", bearer, p.forToken(bearer)), 401, "invalid_token", invalid)

		refresh := text(first, "refresh_token")
		pairs := []string{"grant_type", "refresh_token", "client_id", b.public, "refresh_token", refresh}
		wantRefusal(t, "refresh without a proof", b.post("/token", pairs...), 400, "invalid_grant", "")
		wantRefusal(t, "refresh with another key", b.post("/token", append(pairs, "DPoP:", thief.proof("/token"))...), 400, "invalid_grant", "")
		next := b.post("/token", append(pairs, "DPoP:", p.proof("/token"))...)
		if next.status != 200 || text(next, "token_type") != "DPoP" || jkt(claimsIn(t, text(next, "access_token"))) != p.thumbprint() {
			t.Errorf("refresh = %d %s", next.status, next.text)
		}
		_, err := b.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: b.public, RefreshToken: refresh})
		cognatetest.WantError(t, "GetTokensFromRefreshToken(bound)", err, api.NotAuthorizedException("Invalid Refresh Token."))

		got = b.mustPost("/introspect", "client_id", b.secret.ClientId, "client_secret", b.secret.ClientSecret, "token", access)
		if text(got, "token_type") != "DPoP" || jkt(got.body) != p.thumbprint() {
			t.Errorf("introspect = %s", got.text)
		}
	}
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { test(t, s) })
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		test(t, cognatetest.StartPair(t, 2)...)
	})
}

// Of 100 requests with one proof, one is answered, on two servers too.
func TestRacingProofs(t *testing.T) {
	t.Parallel()
	race := func(t *testing.T, servers ...*cognatetest.Server) {
		t.Helper()
		b := newClientEndpoints(t, servers[0])
		p := newProver(b)
		access := text(b.exchange(nil, "DPoP:", p.proof("/token")), "access_token")
		sum := sha256.Sum256([]byte(access))
		proof := p.proof("/userInfo", "htm", "GET", "ath", base64.RawURLEncoding.EncodeToString(sum[:]), "htu", b.URL+"/domains/login/oauth2/userInfo")
		won := make(chan bool, 100)
		var all sync.WaitGroup
		for range cap(won) {
			all.Go(func() { won <- b.userInfo("DPoP", access, proof).status == 200 })
		}
		all.Wait()
		close(won)
		number := 0
		for w := range won {
			if w {
				number++
			}
		}
		if number != 1 {
			t.Errorf("%d requests with one proof were answered, want 1", number)
		}
	}
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { race(t, s) })
}

// No operation of the API takes a token that is bound to a key: it cannot check the key.
func TestDPoPTokenAtTheAPI(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	p := newProver(b)
	all := func(a *signin.Authorization) { a.Scopes = []string{"openid", "aws.cognito.signin.user.admin"} }
	bound := text(b.exchange(all, "DPoP:", p.proof("/token")), "access_token")
	free := text(b.exchange(all), "access_token")
	b.Must(t).GetUser(&api.GetUserInput{AccessToken: free})
	_, err := b.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: bound})
	cognatetest.WantError(t, "GetUser(bound)", err, api.ErrInvalidAccessToken)
	_, err = b.Client.GlobalSignOut(t.Context(), &api.GlobalSignOutInput{AccessToken: bound})
	cognatetest.WantError(t, "GlobalSignOut(bound)", err, api.ErrInvalidAccessToken)
	_, err = b.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{AccessToken: bound})
	cognatetest.WantError(t, "AssociateSoftwareToken(bound)", err, api.ErrInvalidAccessToken)
	// The token can still end its sign-in.
	b.mustPostEmpty("/revoke", "client_id", b.public, "token", bound)
	got := b.mustPost("/introspect", "client_id", b.secret.ClientId, "client_secret", b.secret.ClientSecret, "token", bound)
	if got.body["active"] != false {
		t.Errorf("introspect after revoke = %s", got.text)
	}
}

func (b *clientEndpoints) mustPostEmpty(path string, pairs ...string) {
	b.t.Helper()
	if a := b.post(path, pairs...); a.status != http.StatusOK {
		b.t.Fatalf("POST %s = %d %s", path, a.status, a.text)
	}
}

func TestProofRefusals(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	p := newProver(b)
	now := b.Clock.Now().Unix()
	public := jose.JSONWebKey{Key: p.key.Public()}
	sign := func(key any, algorithm jose.SignatureAlgorithm, headers ...any) string {
		return mustSign(t, algorithm, key, p.claims("/token"), headers...)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"dpop+jwt","jwk":{"kty":"EC"}}`)) + "." + strings.Split(p.proof("/token"), ".")[1] + "."
	const (
		invalid = "it is not a JWT of the type dpop+jwt with an asymmetric signature and its public key"
		target  = "htm and htu must be the method and the address of the request"
		times   = "iat differs too much from the time of the server"
	)
	for what, tt := range map[string]struct{ proof, description string }{
		"empty":              {"", invalid},
		"no JWT":             {"a.b.c", invalid},
		"none":               {none, invalid},
		"too long":           {p.proof("/token", "x", strings.Repeat("a", 8<<10)), invalid},
		"another type":       {sign(p.key, jose.ES256, "typ", "JWT", "jwk", public), invalid},
		"no type":            {sign(p.key, jose.ES256, "jwk", public), invalid},
		"no key":             {sign(p.key, jose.ES256, "typ", "dpop+jwt"), invalid},
		"private key":        {sign(p.key, jose.ES256, "typ", "dpop+jwt", "jwk", jose.JSONWebKey{Key: p.key}), invalid},
		"weak key":           {sign(weak, jose.RS256, "typ", "dpop+jwt", "jwk", jose.JSONWebKey{Key: weak.Public()}), invalid},
		"HMAC":               {sign([]byte(strings.Repeat("k", 32)), jose.HS256, "typ", "dpop+jwt", "jwk", public), invalid},
		"another key":        {sign(mustECKey(t), jose.ES256, "typ", "dpop+jwt", "jwk", public), "the signature is wrong"},
		"method":             {p.proof("/token", "htm", "GET"), target},
		"no method":          {p.proof("/token", "htm", nil), target},
		"endpoint":           {p.proof("/userInfo"), target},
		"another server":     {p.proof("/token", "htu", "https://other.example/domains/login/oauth2/token"), target},
		"user in address":    {p.proof("/token", "htu", strings.Replace(b.url, "://", "://ann@", 1)+"/token"), target},
		"no address":         {p.proof("/token", "htu", nil), target},
		"old":                {p.proof("/token", "iat", now-121), times},
		"of the future":      {p.proof("/token", "iat", now+121), times},
		"no time":            {p.proof("/token", "iat", nil), times},
		"no ID":              {p.proof("/token", "jti", nil), "jti is missing"},
		"ID of another type": {p.proof("/token", "jti", 1), "the signature is wrong"},
	} {
		wantRefusal(t, what, b.exchange(nil, "DPoP:", tt.proof), 400, "invalid_dpop_proof", tt.description)
	}
	wantRefusal(t, "two proofs", b.exchange(nil, "DPoP:", p.proof("/token"), "DPoP:", p.proof("/token")), 400, "invalid_dpop_proof", "there are two DPoP headers")
	for what, proof := range map[string]string{
		"query and fragment": p.proof("/token?a=b#c"),
		"upper case":         p.proof("/token", "htu", strings.Replace(b.url, "http://", "HTTP://", 1)+"/token"),
		"a slow clock":       p.proof("/token", "iat", now-120),
		"a fast clock":       p.proof("/token", "iat", now+120),
		"ath":                p.proof("/token", "ath", "any"),
		"a nonce":            p.proof("/token", "nonce", "any"),
	} {
		if got := b.exchange(nil, "DPoP:", proof); got.status != 200 {
			t.Errorf("%s: %d %s, want tokens", what, got.status, got.text)
		}
	}
	// A proof is remembered until it is too old.
	proof := p.proof("/token", "iat", now+120)
	if got := b.exchange(nil, "DPoP:", proof); got.status != 200 {
		t.Fatalf("a proof = %d %s", got.status, got.text)
	}
	b.Clock.Advance(4 * time.Minute)
	wantRefusal(t, "the proof again", b.exchange(nil, "DPoP:", proof), 400, "invalid_dpop_proof", "it was used")
	b.Clock.Advance(time.Second)
	wantRefusal(t, "the proof later", b.exchange(nil, "DPoP:", proof), 400, "invalid_dpop_proof", times)
}

// A code that is bound to a key, by dpop_jkt or by a pushed request with a proof, is for this key only. A refusal spends nothing.
func TestBoundCode(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	p, thief := newProver(b), newProver(b)
	code := b.code(b.public, func(a *signin.Authorization) { a.CodeKey = p.thumbprint() })
	pairs := []string{"grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback, "code_verifier", codeVerifier}
	wantRefusal(t, "without a proof", b.post("/token", pairs...), 400, "invalid_grant", "")
	wantRefusal(t, "with another key", b.post("/token", append(pairs, "DPoP:", thief.proof("/token"))...), 400, "invalid_grant", "")
	if got := b.post("/token", append(pairs, "DPoP:", p.proof("/token"))...); got.status != 200 {
		t.Errorf("with the key = %d %s", got.status, got.text)
	}

	push := []string{"client_id", b.public, "response_type", "code", "redirect_uri", appCallback}
	wantRefusal(t, "another dpop_jkt", b.post("/par", append(push, "dpop_jkt", thief.thumbprint(), "DPoP:", p.proof("/par"))...), 400, "invalid_dpop_proof", "dpop_jkt is another key")
	wantRefusal(t, "an invalid dpop_jkt", b.post("/par", append(push, "dpop_jkt", "x")...), 400, "invalid_request", "dpop_jkt is invalid")
	wantRefusal(t, "dpop_jkt twice", b.post("/par", append(push, "dpop_jkt", p.thumbprint(), "dpop_jkt", p.thumbprint())...), 400, "invalid_request", "")
	wantRefusal(t, "a proof for another endpoint", b.post("/par", append(push, "DPoP:", p.proof("/token"))...), 400, "invalid_dpop_proof",
		"htm and htu must be the method and the address of the request")
	proof := p.proof("/par")
	if got := b.post("/par", append(push, "dpop_jkt", p.thumbprint(), "DPoP:", proof)...); got.status != 201 {
		t.Errorf("the same dpop_jkt = %d %s", got.status, got.text)
	}
	wantRefusal(t, "the proof again", b.post("/par", append(push, "DPoP:", proof)...), 400, "invalid_dpop_proof", "it was used")
	if to := b.visit(url.Values{"client_id": {b.public}, "response_type": {"code"}, "redirect_uri": {appCallback}, "dpop_jkt": {"x"}}); !strings.Contains(to, "error_description=dpop_jkt+is+invalid") {
		t.Errorf("an invalid dpop_jkt leads to %s", to)
	}
}

// A confidential client proves itself, so its refresh tokens are not bound to the key: each access token is bound to the key of its
// request.
func TestDPoPOfConfidentialClients(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	p, next := newProver(b), newProver(b)
	header := []string{"Authorization:", basic(b.secret.ClientId, b.secret.ClientSecret)}
	first := b.mustPost("/token", append(header, "grant_type", "authorization_code", "code", b.code(b.secret.ClientId, nil), "redirect_uri", appCallback,
		"code_verifier", codeVerifier, "DPoP:", p.proof("/token"))...)
	refresh := append(header, "grant_type", "refresh_token", "refresh_token", text(first, "refresh_token"))
	for what, key := range map[string]*prover{"the same key": p, "another key": next} {
		got := b.mustPost("/token", append(refresh, "DPoP:", key.proof("/token"))...)
		if jkt(claimsIn(t, text(got, "access_token"))) != key.thumbprint() {
			t.Errorf("refresh with %s = %v", what, claimsIn(t, text(got, "access_token")))
		}
	}
	if got := b.mustPost("/token", refresh...); text(got, "token_type") != "Bearer" || claimsIn(t, text(got, "access_token"))["cnf"] != nil {
		t.Errorf("refresh without a key = %s", got.text)
	}
	machine := []string{"Authorization:", basic(b.machine.ClientId, b.machine.ClientSecret), "grant_type", "client_credentials"}
	got := b.mustPost("/token", append(machine, "DPoP:", p.proof("/token"))...)
	if text(got, "token_type") != "DPoP" || jkt(claimsIn(t, text(got, "access_token"))) != p.thumbprint() {
		t.Errorf("client credentials = %s", got.text)
	}
}

// With the tag, a client gets no bearer tokens at the OAuth 2.0 endpoints, and the API does not refresh its tokens.
func TestRequiredDPoP(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	p := newProver(b)
	before := b.mustTokens()
	for _, id := range []string{b.public, b.secret.ClientId, b.machine.ClientId} {
		b.tag("cognate:client/"+id+"/require", "dpop")
	}
	const missing = "the client must send a DPoP proof"
	code := b.code(b.public, nil)
	pairs := []string{"grant_type", "authorization_code", "client_id", b.public, "code", code, "redirect_uri", appCallback, "code_verifier", codeVerifier}
	wantRefusal(t, "code", b.post("/token", pairs...), 400, "invalid_dpop_proof", missing)
	got := b.mustPost("/token", append(pairs, "DPoP:", p.proof("/token"))...)
	refresh := []string{"grant_type", "refresh_token", "client_id", b.public, "refresh_token"}
	wantRefusal(t, "refresh", b.post("/token", append(refresh, text(got, "refresh_token"))...), 400, "invalid_dpop_proof", missing)
	old := append(refresh, text(before, "refresh_token"))
	wantRefusal(t, "refresh of an earlier token", b.post("/token", old...), 400, "invalid_dpop_proof", missing)
	if got := b.mustPost("/token", append(old, "DPoP:", p.proof("/token"))...); text(got, "token_type") != "DPoP" {
		t.Errorf("refresh of an earlier token = %s", got.text)
	}
	_, err := b.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: b.public, RefreshToken: text(before, "refresh_token")})
	cognatetest.WantError(t, "GetTokensFromRefreshToken()", err, api.NotAuthorizedException("Invalid Refresh Token."))
	wantRefusal(t, "client credentials", b.post("/token", "Authorization:", basic(b.machine.ClientId, b.machine.ClientSecret), "grant_type", "client_credentials"),
		400, "invalid_dpop_proof", missing)
	b.apiMustRefuse()
	implicit := b.client(false, []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeImplicit}, []string{"openid"})
	query := url.Values{"client_id": {implicit.ClientId}, "response_type": {"token"}, "redirect_uri": {appCallback}}
	if to := b.visit(query); strings.Contains(to, "error") {
		t.Errorf("the implicit flow without the tag leads to %s", to)
	}
	b.tag("cognate:client/"+implicit.ClientId+"/require", "dpop")
	if to := b.visit(query); !strings.Contains(to, "#error=unauthorized_client") {
		t.Errorf("the implicit flow leads to %s, want an error", to)
	}
}

// apiMustRefuse checks that GetClientToken gives no token to a client that must prove a key.
func (b *clientEndpoints) apiMustRefuse() {
	b.t.Helper()
	client := b.MustClient(cognatetest.ClientSecret(), cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth),
		cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"orders/read"} }))
	request := &api.GetClientTokenInput{ClientId: client.ClientId, Secret: client.ClientSecret}
	b.Must(b.t).GetClientToken(request)
	b.tag("cognate:client/"+client.ClientId+"/require", "dpop")
	_, err := b.Client.GetClientToken(b.t.Context(), request)
	cognatetest.WantCode(b.t, "GetClientToken()", err, api.CodeNotAuthorizedException)
}

func TestSameAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		own, sent string
		want      bool
	}{
		{"https://login.example.com/oauth2/token", "https://login.example.com/oauth2/token", true},
		{"https://login.example.com/oauth2/token", "HTTPS://LOGIN.example.com:443/oauth2/token?a=b#c", true},
		{"http://localhost/oauth2/token", "http://localhost:80/oauth2/token", true},
		{"https://login.example.com:8443/oauth2/token", "https://login.example.com:8443/oauth2/token", true},
		{"https://login.example.com:8443/oauth2/token", "https://login.example.com/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "https://login.example.com:80/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "http://login.example.com/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "https://login.example.com/oauth2/Token", false},
		{"https://login.example.com/oauth2/token", "https://login.example.com/oauth2/token/", false},
		{"https://login.example.com/oauth2/token", "https://login.example.com/oauth2/%74oken", false},
		{"https://login.example.com/oauth2/token", "https://ann@login.example.com/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "https://login.example.com.evil.example/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "/oauth2/token", false},
		{"https://login.example.com/oauth2/token", "", false},
		{"https://login.example.com/oauth2/token", "%", false},
	} {
		if got := oauth.SameAddress(tt.own, tt.sent); got != tt.want {
			t.Errorf("sameAddress(%s, %q) = %t, want %t", tt.own, tt.sent, got, tt.want)
		}
	}
}
