package tokens_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/tokens"
)

// holder is a signed-in user, with the keys to sign tokens for that user.
type holder struct {
	*cognatetest.UserPool
	access, id string
	claims     map[string]any // of the access token
	keys       map[cognate.TokenUse]cognate.SigningKey
}

func mustHolder(t *testing.T, s *cognatetest.Server) *holder {
	t.Helper()
	h := &holder{UserPool: s.Pool(t), keys: make(map[cognate.TokenUse]cognate.SigningKey)}
	h.MustUser("ann")
	result := h.MustSignIn("ann", "").AuthenticationResult
	h.access, h.id, h.claims = result.AccessToken, result.IdToken, claimsOf(t, result.AccessToken)
	keys, err := s.Store.SigningKeys(t.Context(), h.PoolID)
	if err != nil {
		t.Fatalf("SigningKeys() = %v", err)
	}
	for _, k := range keys {
		h.keys[k.Use] = k
	}
	return h
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatalf("decode payload: %v", err)
	}
	claims := make(map[string]any)
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatalf("decode claims: %v", err)
	}
	return claims
}

// signed signs the holder's claims, with changes, under a key.
func (h *holder) signed(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, changes map[string]any) string {
	t.Helper()
	claims := maps.Clone(h.claims)
	maps.Copy(claims, changes)
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	options := (&jose.SignerOptions{}).WithHeader("kid", kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatalf("NewSigner() = %v", err)
	}
	token, err := signer.Sign(payload)
	if err != nil {
		t.Fatalf("Sign() = %v", err)
	}
	text, err := token.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (h *holder) getUser(t *testing.T, token string) error {
	t.Helper()
	_, err := h.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
	return err
}

// Only the first of these tokens is valid.
func TestAccessTokenIsVerifiedFully(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	h, other := mustHolder(t, s), mustHolder(t, s)
	access, id := h.keys[cognate.TokenUseAccess], h.keys[cognate.TokenUseID]
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&access.Key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(h.access, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"`+access.ID+`"}`)) + "." + parts[1] + "."

	for _, c := range []struct {
		what, token string
		want        *api.Error
	}{
		{"not a token", "abc.def.ghi", api.ErrInvalidAccessToken},
		{"a session", strings.Repeat("A", 200), api.ErrInvalidAccessToken},
		{"an oversized token", strings.Repeat("A", 1<<15), api.ErrInvalidAccessToken},
		{"algorithm none", none, api.ErrInvalidAccessToken},
		{"HS256 under the public key", h.signed(t, jose.HS256, public, access.ID, nil), api.ErrInvalidAccessToken},
		{"RS512", h.signed(t, jose.RS512, access.Key, access.ID, nil), api.ErrInvalidAccessToken},
		{"PS256", h.signed(t, jose.PS256, access.Key, access.ID, nil), api.ErrInvalidAccessToken},
		{"a stranger's key", h.signed(t, jose.RS256, stranger, access.ID, nil), api.ErrTokenSignature},
		{"an unknown kid", h.signed(t, jose.RS256, access.Key, "unknown", nil), api.ErrTokenSignature},
		{"a changed payload", parts[0] + "." + strings.Split(other.access, ".")[1] + "." + parts[2], api.ErrTokenSignature},
		{"an ID token", h.id, api.ErrInvalidAccessToken},
		{"access claims under the ID key", h.signed(t, jose.RS256, id.Key, id.ID, nil), api.ErrInvalidAccessToken},
		{"another use", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"token_use": "id"}), api.ErrInvalidAccessToken},
		{"another issuer", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"iss": "https://example.com/" + h.PoolID}), api.ErrInvalidAccessToken},
		{"another pool's issuer", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"iss": s.URL + "/" + other.PoolID}), api.ErrTokenSignature},
		{"no issuer", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"iss": ""}), api.ErrInvalidAccessToken},
		{"an expired token", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"exp": s.Clock.Now().Unix()}), api.ErrTokenExpired},
		{"no scope", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"scope": "openid"}), api.ErrTokenScope},
		{"another user's sub", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"sub": other.claims["sub"]}), api.ErrInvalidAccessToken},
		{"another client", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"client_id": other.ClientID}), api.ErrInvalidAccessToken},
		{"an unknown grant", h.signed(t, jose.RS256, access.Key, access.ID, map[string]any{"event_id": "none"}), api.ErrTokenRevoked},
	} {
		cognatetest.WantError(t, "GetUser("+c.what+")", h.getUser(t, c.token), c.want)
		_, err := h.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{AccessToken: c.token})
		cognatetest.WantError(t, "AssociateSoftwareToken("+c.what+")", err, c.want)
	}
	if err := h.getUser(t, h.access); err != nil {
		t.Errorf("GetUser(good token) = %v, want the user", err)
	}
}

// A valid token becomes invalid when its user, client, pool or grant ends.
func TestAccessTokenBecomesInvalid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		end  func(t *testing.T, h *holder) error
		want *api.Error
	}{
		{"time passes", func(_ *testing.T, h *holder) error {
			h.Clock.Advance(time.Hour)
			return nil
		}, api.ErrTokenExpired},
		{"the user signs out everywhere", func(t *testing.T, h *holder) error {
			_, err := h.Client.GlobalSignOut(t.Context(), &api.GlobalSignOutInput{AccessToken: h.access})
			return err
		}, api.ErrTokenRevoked},
		{"an administrator signs the user out", func(t *testing.T, h *holder) error {
			_, err := h.Client.AdminUserGlobalSignOut(t.Context(), &api.AdminUserGlobalSignOutInput{UserPoolId: h.PoolID, Username: "ann"})
			return err
		}, api.ErrTokenRevoked},
		{"the user is disabled", func(t *testing.T, h *holder) error {
			_, err := h.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: h.PoolID, Username: "ann"})
			return err
		}, api.ErrTokenRevoked},
		{"the user is deleted", func(t *testing.T, h *holder) error {
			_, err := h.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: h.PoolID, Username: "ann"})
			return err
		}, api.ErrUserDoesNotExist},
		{"the client is deleted", func(t *testing.T, h *holder) error {
			_, err := h.Client.DeleteUserPoolClient(t.Context(), &api.DeleteUserPoolClientInput{UserPoolId: h.PoolID, ClientId: h.ClientID})
			return err
		}, api.ErrTokenRevoked},
	} {
		t.Run(strings.ReplaceAll(c.what, " ", "_"), func(t *testing.T) {
			t.Parallel()
			h := mustHolder(t, cognatetest.Start(t))
			if err := h.getUser(t, h.access); err != nil {
				t.Fatalf("GetUser(before) = %v, want the user", err)
			}
			if err := c.end(t, h); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			cognatetest.WantError(t, "GetUser(after)", h.getUser(t, h.access), c.want)
			_, err := h.Client.AssociateSoftwareToken(t.Context(), &api.AssociateSoftwareTokenInput{AccessToken: h.access})
			if err == nil {
				t.Error("AssociateSoftwareToken(after) succeeded")
			}
		})
	}
}

func TestAccessTokenOfADeletedPool(t *testing.T) {
	t.Parallel()
	h := mustHolder(t, cognatetest.Start(t))
	h.Must(t).DeleteUserPool(&api.DeleteUserPoolInput{UserPoolId: h.PoolID})
	var refusal *api.Error
	if err := h.getUser(t, h.access); !errors.As(err, &refusal) || refusal.Status != 400 {
		t.Errorf("GetUser(pool gone) = %v, want a refusal", err)
	}
}

func TestRevokeTokenEndsOneSignInOnly(t *testing.T) {
	t.Parallel()
	h := mustHolder(t, cognatetest.Start(t))
	second := h.MustSignIn("ann", "").AuthenticationResult
	h.Must(t).RevokeToken(&api.RevokeTokenInput{ClientId: h.ClientID, Token: second.RefreshToken})
	cognatetest.WantError(t, "GetUser(revoked)", h.getUser(t, second.AccessToken), api.ErrTokenRevoked)
	if err := h.getUser(t, h.access); err != nil {
		t.Errorf("GetUser(other sign-in) = %v, want the user", err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	h := mustHolder(t, cognatetest.Start(t))
	id := claimsOf(t, h.id)
	now := float64(h.Clock.Now().Unix())
	for name, want := range map[string]any{
		"iss": h.URL + "/" + h.PoolID, "client_id": h.ClientID, "username": "ann", "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "auth_time": now, "iat": now, "exp": now + 3600,
	} {
		if got := h.claims[name]; got != want {
			t.Errorf("access token: %s = %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]any{
		"iss": h.URL + "/" + h.PoolID, "aud": h.ClientID, "cognito:username": "ann", "token_use": "id",
		"sub": h.claims["sub"], "event_id": h.claims["event_id"], "origin_jti": h.claims["origin_jti"],
	} {
		if got := id[name]; got != want {
			t.Errorf("ID token: %s = %v, want %v", name, got, want)
		}
	}
	if h.claims["jti"] == id["jti"] || h.claims["jti"] == nil {
		t.Errorf("jti = %v and %v, want two", h.claims["jti"], id["jti"])
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(h.access, ".")[0])
	if err != nil || len(strings.Split(string(header), ",")) != 2 {
		t.Errorf("header = %s, %v, want kid and alg only", header, err)
	}
}

// FuzzAuthenticate checks arbitrary bytes as access tokens: all are rejected.
func FuzzAuthenticate(f *testing.F) {
	st, err := store.Open(f.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(f)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = st.Close() })
	service := &tokens.Service{
		Store: st, Keys: tokens.NewKeyring(st, nil, time.Now), Now: time.Now,
		Issuer: tokens.Issuer{PublicURL: "http://127.0.0.1"},
	}
	for _, seed := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "{}", "a.b.c.d.e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		principal, err := service.Authenticate(t.Context(), token)
		if _, ok := errors.AsType[*api.Error](err); !ok || principal != nil {
			t.Errorf("Authenticate(%q) = %v, %v, want a refusal", token, principal, err)
		}
	})
}
