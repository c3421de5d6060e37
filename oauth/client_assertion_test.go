package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/signin"
)

func mustECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// mustSign returns a JWT. Headers are names and values.
func mustSign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, claims map[string]any, headers ...any) string {
	t.Helper()
	options := new(jose.SignerOptions)
	for i := 0; i < len(headers); i += 2 {
		options.WithHeader(jose.HeaderKey(headers[i].(string)), headers[i+1])
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keyServer serves the keys of a client.
type keyServer struct {
	url     string
	fetches atomic.Int32
	answer  atomic.Value // func(http.ResponseWriter)
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	k := new(keyServer)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.fetches.Add(1)
		k.answer.Load().(func(http.ResponseWriter))(w)
	}))
	t.Cleanup(s.Close)
	k.url = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	return k
}

// publish serves the public keys of private ones, with the IDs "0", "1" and so on.
func (k *keyServer) publish(t *testing.T, keys ...crypto.Signer) {
	t.Helper()
	var set jose.JSONWebKeySet
	for i, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: fmt.Sprint(i)})
	}
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	k.publishText(string(body))
}

func (k *keyServer) publishText(body string) {
	k.answer.Store(func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) })
}

// assertions makes the assertions of a client.
type assertions struct {
	b    *clientEndpoints
	id   string
	key  *ecdsa.PrivateKey
	made int
}

// newAssertions gives the machine client of the pool a key.
func newAssertions(t *testing.T, b *clientEndpoints, id string) (*assertions, *keyServer) {
	t.Helper()
	keys := newKeyServer(t)
	a := &assertions{b: b, id: id, key: mustECKey(t)}
	keys.publish(t, a.key)
	b.tag("cognate:client/"+id+"/jwks-uri", keys.url)
	return a, keys
}

// claims returns the claims of a new assertion, with changes. A value of nil removes a claim.
func (a *assertions) claims(changes ...any) map[string]any {
	a.made++
	now := a.b.Clock.Now().Unix()
	claims := map[string]any{
		"iss": a.id, "sub": a.id, "aud": a.b.URL + "/" + a.b.PoolID, "exp": now + 60, "iat": now, "jti": fmt.Sprint("id", a.made),
	}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(claims, changes[i].(string))
		}
	}
	return claims
}

func (a *assertions) sign(changes ...any) string {
	a.b.t.Helper()
	return mustSign(a.b.t, jose.ES256, a.key, a.claims(changes...), "kid", "0")
}

// with returns the parameters of a request with an assertion.
func with(assertion string, pairs ...string) []string {
	return append([]string{
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion,
	}, pairs...)
}

// An assertion authenticates a client at each endpoint, once, on both databases and on two servers.
func TestClientAssertion(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, servers ...*cognatetest.Server) {
		t.Helper()
		b := newClientEndpoints(t, servers[0])
		a, _ := newAssertions(t, b, b.machine.ClientId)
		at := *b
		at.url = servers[len(servers)-1].URL + "/domains/login/oauth2"
		access := text(b.mustPost("/token", with(a.sign("jti", "shared"), "grant_type", "client_credentials")...), "access_token")
		again := a.sign("jti", "shared", "aud", at.url+"/token") // the servers of a test have different public URLs
		wantRefusal(t, "the same ID at another server", at.post("/token", with(again, "grant_type", "client_credentials")...), 400,
			"invalid_client", "client_assertion: it was used")
		got := b.mustPost("/introspect", with(a.sign("aud", b.url+"/introspect"), "token", access, "client_id", a.id)...)
		if got.body["active"] != true {
			t.Errorf("introspection = %s, want active", got.text)
		}
		// A token of a client itself cannot be revoked, so the client got past its authentication.
		wantRefusal(t, "revoke", b.post("/revoke", with(a.sign("aud", b.url+"/revoke"), "token", access)...), 400, "unsupported_token_type", "")
		wantRefusal(t, "pushed request", b.post("/par", with(a.sign("aud", []string{b.url + "/par"}), "response_type", "code", "redirect_uri", appCallback)...), 400,
			"invalid_request", "redirect_uri is not registered")
	}
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { test(t, s) })
	t.Run("two servers", func(t *testing.T) {
		t.Parallel()
		test(t, cognatetest.StartPair(t, 2)...)
	})
}

// The records of used assertions and proofs begin at the last restore of the database: what can have been used before it is refused.
func TestAssertionsAndProofsOfBeforeRestore(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	a, _ := newAssertions(t, b, b.machine.ClientId)
	p := newProver(b)
	request := func(assertion string, headers ...string) answered {
		return b.post("/token", append(with(assertion, "grant_type", "client_credentials"), headers...)...)
	}
	withoutTime := func(age time.Duration) string { return a.sign("iat", nil, "exp", b.Clock.Now().Add(age).Unix()) }
	old, oldWithoutTime, oldProof := a.sign("exp", b.Clock.Now().Add(59*time.Minute).Unix()), withoutTime(59*time.Minute), p.proof("/token")
	b.MustSettle(t)
	const used = "client_assertion: it was used"
	wantRefusal(t, "an assertion of before", request(old), 400, "invalid_client", used)
	wantRefusal(t, "one without iat", request(oldWithoutTime), 400, "invalid_client", used)
	wantRefusal(t, "a new one, which a client whose clock is ahead can have used before", request(a.sign()), 400, "invalid_client", used)
	b.Clock.Advance(61 * time.Second)
	wantRefusal(t, "a proof of before", request(a.sign(), "DPoP:", oldProof), 400, "invalid_dpop_proof", "it was used")
	if got := request(a.sign()); got.status != 200 {
		t.Errorf("a new assertion a minute later = %d %s, want 200", got.status, got.text)
	}
	b.Clock.Advance(time.Minute)
	if got := request(a.sign(), "DPoP:", p.proof("/token")); got.status != 200 {
		t.Errorf("a new proof two minutes later = %d %s, want 200", got.status, got.text)
	}
	wantRefusal(t, "the old assertion again", request(oldWithoutTime), 400, "invalid_client", used)
	if got := request(withoutTime(time.Hour)); got.status != 200 {
		t.Errorf("a new assertion without iat = %d %s, want 200", got.status, got.text)
	}
}

// A client without a secret authenticates with its key, and its refresh tokens are not for the API, which cannot check the key.
func TestClientAssertionWithCode(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	a, _ := newAssertions(t, b, b.public)
	code := b.code(b.public, func(a *signin.Authorization) { a.Challenge = "" })
	exchange := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", appCallback}
	wantRefusal(t, "without an assertion", b.post("/token", append(exchange, "client_id", b.public)...), 400, "invalid_client",
		"client_assertion: the client must use private_key_jwt")
	refresh := text(b.mustPost("/token", with(a.sign(), exchange...)...), "refresh_token")
	_, err := b.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: b.public, RefreshToken: refresh})
	cognatetest.WantError(t, "GetTokensFromRefreshToken()", err, api.NotAuthorizedException("Invalid Refresh Token."))
	_, err = b.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: b.public, AuthFlow: api.AuthFlowTypeRefreshTokenAuth, AuthParameters: map[string]string{"REFRESH_TOKEN": refresh},
	})
	cognatetest.WantError(t, "InitiateAuth(REFRESH_TOKEN_AUTH)", err, api.NotAuthorizedException("Invalid Refresh Token."))
	b.mustPost("/token", with(a.sign(), "grant_type", "refresh_token", "refresh_token", refresh)...)
}

func TestClientAssertionRefusals(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	a, _ := newAssertions(t, b, b.machine.ClientId)
	now := b.Clock.Now().Unix()
	public, err := json.Marshal(jose.JSONWebKey{Key: a.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	none := "eyJhbGciOiJub25lIn0." + strings.Split(a.sign(), ".")[1] + "."
	const (
		invalid   = "it is not a JWT with an asymmetric signature"
		issuer    = "iss and sub must be the client"
		audience  = "aud must be the issuer or the endpoint"
		times     = "exp must be in the next hour, and nbf and iat in the past"
		signature = "no key of the client has made the signature"
	)
	for what, tt := range map[string]struct {
		assertion   string
		description string
	}{
		"none":                       {none, invalid},
		"HMAC with the public key":   {mustSign(t, jose.HS256, public, a.claims()), invalid},
		"HMAC with the secret":       {mustSign(t, jose.HS256, []byte(b.machine.ClientSecret+b.machine.ClientSecret), a.claims()), invalid},
		"no JWT":                     {"a.b.c", invalid},
		"empty":                      {"", invalid},
		"too long":                   {a.sign("x", strings.Repeat("a", 8<<10)), invalid},
		"another key":                {mustSign(t, jose.ES256, mustECKey(t), a.claims(), "kid", "0"), signature},
		"key in the header":          {mustSign(t, jose.ES256, mustECKey(t), a.claims(), "jwk", map[string]any{"kty": "oct", "k": "AAAA"}), invalid},
		"unknown key ID":             {mustSign(t, jose.ES256, a.key, a.claims(), "kid", "1"), signature},
		"another issuer":             {a.sign("iss", b.public), issuer},
		"no issuer":                  {a.sign("iss", nil), issuer},
		"another subject":            {a.sign("sub", b.public), issuer},
		"unknown client":             {a.sign("sub", "none", "iss", "none"), ""},
		"client without keys":        {a.sign("sub", b.public, "iss", b.public), "the client has no address of keys"},
		"no audience":                {a.sign("aud", nil), audience},
		"foreign audience":           {a.sign("aud", "https://other.example"), audience},
		"foreign audience too":       {a.sign("aud", []string{b.url + "/token", "https://other.example"}), audience},
		"audience of another pool":   {a.sign("aud", b.URL+"/us-east-1_other0000"), audience},
		"audience of another method": {a.sign("aud", b.url+"/revoke"), audience},
		"expired":                    {a.sign("exp", now), times},
		"no expiry":                  {a.sign("exp", nil), times},
		"late expiry":                {a.sign("exp", now+3601), times},
		"not yet":                    {a.sign("nbf", now+61), times},
		"issued later":               {a.sign("iat", now+61), times},
		"no ID":                      {a.sign("jti", nil), "jti is missing"},
	} {
		if tt.description != "" {
			tt.description = "client_assertion: " + tt.description
		}
		got := b.post("/token", with(tt.assertion, "grant_type", "client_credentials")...)
		wantRefusal(t, what, got, 400, "invalid_client", tt.description)
	}
	header := []string{"Authorization:", basic(b.machine.ClientId, b.machine.ClientSecret)}
	credentials := []string{"grant_type", "client_credentials"}
	for what, tt := range map[string]struct {
		pairs             []string
		code, description string
	}{
		"Basic instead":     {append(header, credentials...), "invalid_client", "client_assertion: the client must use private_key_jwt"},
		"secret instead":    {append([]string{"client_id", b.machine.ClientId, "client_secret", b.machine.ClientSecret}, credentials...), "invalid_client", "client_assertion: the client must use private_key_jwt"},
		"Basic too":         {append(with(a.sign(), credentials...), header...), "invalid_client", ""},
		"secret too":        {with(a.sign(), append(credentials, "client_secret", b.machine.ClientSecret)...), "invalid_client", ""},
		"another client_id": {with(a.sign(), append(credentials, "client_id", b.public)...), "invalid_client", "client_assertion: iss and sub must be the client"},
		"no type":           {append([]string{"client_assertion", a.sign()}, credentials...), "invalid_client", "client_assertion: client_assertion_type is not supported"},
		"another type":      {append([]string{"client_assertion", a.sign(), "client_assertion_type", "saml"}, credentials...), "invalid_client", "client_assertion: client_assertion_type is not supported"},
		"two assertions":    {with(a.sign(), append(credentials, "client_assertion", a.sign())...), "invalid_request", ""},
	} {
		wantRefusal(t, what, b.post("/token", tt.pairs...), 400, tt.code, tt.description)
	}
	// Nothing of this has used up an ID: an assertion that was refused for another reason is still valid.
	b.mustPost("/token", with(mustSign(t, jose.ES256, a.key, a.claims()), credentials...)...)
}

// Keys are read rarely: again after a time, and earlier for an unknown ID, but not at each request.
func TestClientKeys(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	a, keys := newAssertions(t, b, b.machine.ClientId)
	try := func(what string, key any, algorithm jose.SignatureAlgorithm, kid string, wantStatus int, wantFetches int32) {
		t.Helper()
		got := b.post("/token", with(mustSign(t, algorithm, key, a.claims(), "kid", kid), "grant_type", "client_credentials")...)
		if fetches := keys.fetches.Load(); got.status != wantStatus || fetches != wantFetches {
			t.Errorf("%s: %d %s after %d fetches, want %d after %d", what, got.status, got.text, fetches, wantStatus, wantFetches)
		}
	}
	try("the first", a.key, jose.ES256, "0", 200, 1)
	try("the second", a.key, jose.ES256, "0", 200, 1)
	old, next := a.key, mustECKey(t)
	keys.publish(t, old, next)
	try("an unknown key too early", next, jose.ES256, "1", 400, 1)
	b.Clock.Advance(30 * time.Second)
	try("an unknown key", next, jose.ES256, "1", 200, 2)
	try("another unknown key", next, jose.ES256, "2", 400, 2)
	keys.publish(t, mustECKey(t), next)
	try("a removed key, from memory", old, jose.ES256, "0", 200, 2)
	b.Clock.Advance(5 * time.Minute)
	try("a removed key", old, jose.ES256, "0", 400, 3)
	keys.answer.Store(func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
	b.Clock.Advance(30 * time.Second)
	try("an unknown key, and an error", next, jose.ES256, "3", 400, 4)
	try("a known key after an error", next, jose.ES256, "1", 200, 4)

	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	fetches := keys.fetches.Load()
	for what, answer := range map[string]func(http.ResponseWriter){
		"an error":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"a redirect": func(w http.ResponseWriter) { w.Header().Set("Location", b.URL); w.WriteHeader(http.StatusFound) },
		"no JSON":    func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
		"a long one": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"x":"` + strings.Repeat("a", 64<<10) + `"}`)) },
	} {
		keys.answer.Store(answer)
		b.Clock.Advance(5 * time.Minute)
		fetches++
		for range 2 { // an error is remembered, too
			try(what, next, jose.ES256, "1", 400, fetches)
		}
	}
	keys.publish(t, weak, next)
	b.Clock.Advance(30 * time.Second)
	try("after the errors", next, jose.ES256, "1", 200, fetches+1)
	try("a weak key", weak, jose.RS256, "0", 400, fetches+1)
	private, err := json.Marshal(jose.JSONWebKey{Key: old, KeyID: "0"})
	if err != nil {
		t.Fatal(err)
	}
	keys.publishText(`{"keys":[` + string(private) + `,{"kty":"oct","k":"AAAA","kid":"0"},{"kty":"future","kid":"0"}]}`)
	b.Clock.Advance(5 * time.Minute)
	try("a private key", old, jose.ES256, "0", 400, fetches+2)
}
