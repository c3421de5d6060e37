package tokens_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/sealing"
	"cognate/store"
	"cognate/store/storetest"
	"cognate/tokens"
)

func mustRotate(t *testing.T, h *holder, revocation bool) {
	t.Helper()
	h.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: h.PoolID, ClientId: h.ClientID, EnableTokenRevocation: &revocation,
		ExplicitAuthFlows:    []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
		RefreshTokenRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled},
	})
}

// Claims that connect the tokens of a sign-in do not change in rotations. Claims that identify one token never repeat.
func TestClaimsStayThroughRotations(t *testing.T) {
	t.Parallel()
	h := mustHolder(t, cognatetest.Start(t))
	mustRotate(t, h, true)
	result := h.MustSignIn("ann", "").AuthenticationResult
	first := claimsOf(t, result.AccessToken)
	seen := map[any]bool{}
	for range 4 {
		for _, token := range []string{result.AccessToken, result.IdToken} {
			claims := claimsOf(t, token)
			for _, name := range []string{"sub", "event_id", "origin_jti", "auth_time", "iss"} {
				if claims[name] != first[name] || claims[name] == nil {
					t.Errorf("%s = %v, want %v as at the sign-in", name, claims[name], first[name])
				}
			}
			now := float64(h.Clock.Now().Unix())
			if claims["iat"] != now || claims["exp"] != now+3600 {
				t.Errorf("iat, exp = %v, %v at %v", claims["iat"], claims["exp"], now)
			}
			if seen[claims["jti"]] || claims["jti"] == first["origin_jti"] {
				t.Errorf("jti %v twice", claims["jti"])
			}
			seen[claims["jti"]] = true
		}
		h.Clock.Advance(time.Hour)
		result = h.Must(t).GetTokensFromRefreshToken(&api.GetTokensFromRefreshTokenInput{
			ClientId: h.ClientID, RefreshToken: result.RefreshToken,
		}).AuthenticationResult
	}
	mustRotate(t, h, false)
	result = h.Must(t).GetTokensFromRefreshToken(&api.GetTokensFromRefreshTokenInput{
		ClientId: h.ClientID, RefreshToken: result.RefreshToken,
	}).AuthenticationResult
	wantNoJTI(t, result)
	wantNoJTI(t, h.MustSignIn("ann", "").AuthenticationResult)
}

// wantNoJTI reports the claims of token revocation in the tokens of a client without it.
func wantNoJTI(t *testing.T, result *api.AuthenticationResultType) {
	t.Helper()
	for _, token := range []string{result.AccessToken, result.IdToken} {
		claims := claimsOf(t, token)
		for _, name := range []string{"jti", "origin_jti"} {
			if value, there := claims[name]; there {
				t.Errorf("%s token: %s = %v without token revocation, want none", claims["token_use"], name, value)
			}
		}
	}
}

// An access token of one sign-in, or a client's token, does not work with another grant.
func TestForgedFamilies(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	h, other := mustHolder(t, s), mustHolder(t, s)
	key := h.keys[cognate.TokenUseAccess]
	for what, changes := range map[string]map[string]any{
		"another pool's grant":          {"event_id": other.claims["event_id"]},
		"no grant":                      {"event_id": nil},
		"a client for a user":           {"sub": h.ClientID},
		"a client without a grant":      {"sub": h.ClientID, "event_id": nil, "username": nil},
		"the origin for the event":      {"event_id": h.claims["origin_jti"]},
		"an event that is not a string": {"event_id": 1},
	} {
		if err := h.getUser(t, h.signed(t, "RS256", key.Key, key.ID, changes)); err == nil {
			t.Errorf("%s: GetUser succeeded", what)
		}
	}
}

// For a user with many sign-ins, only the latest are stored.
func TestSignInsAreBounded(t *testing.T) {
	t.Parallel()
	h := mustHolder(t, cognatetest.Start(t))
	sub, _ := h.claims["sub"].(string)
	err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		for i := range 1500 {
			hash := sha256.Sum256(fmt.Append(nil, i))
			err := tx.CreateGrant(t.Context(), cognate.Grant{
				PoolID: h.PoolID, ID: fmt.Sprint(i), ClientID: h.ClientID, Sub: sub, RefreshHash: hash[:],
				AuthTime: h.Clock.Now().Add(time.Duration(i+1) * time.Millisecond), Expires: h.Clock.Now().Add(24 * time.Hour),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Minute)
	last := h.MustSignIn("ann", "").AuthenticationResult
	grants := cognatetest.Try(h.Store.LiveGrants(t.Context(), h.PoolID, sub, h.Clock.Now())).Of(t)
	if len(grants) != 1000 || grants[1].ID != "1499" {
		t.Errorf("%d sign-ins are remembered, want the latest 1000", len(grants))
	}
	if err := h.getUser(t, last.AccessToken); err != nil {
		t.Errorf("GetUser(latest) = %v", err)
	}
	cognatetest.WantError(t, "GetUser(oldest)", h.getUser(t, h.access), api.ErrTokenRevoked)
}

// FuzzOpenRefreshToken parses arbitrary bytes as refresh tokens: what is accepted has the form of one, and only a token
// that was sealed for the pool has a generation.
func FuzzOpenRefreshToken(f *testing.F) {
	st, err := store.Open(f.Context(), store.Config{MasterKeys: []sealing.MasterKey{storetest.MasterKey(f)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = st.Close() })
	service := &tokens.Service{Store: st, Now: time.Now}
	bare := base64.RawURLEncoding.EncodeToString(make([]byte, 48))
	family, ok := service.OpenRefreshToken("pool", bare)
	if !ok {
		f.Fatal("OpenRefreshToken(a sign-in's token) = false")
	}
	rotated, err := service.SealRefreshToken("pool", family, 7)
	if err != nil {
		f.Fatal(err)
	}
	if got, ok := service.OpenRefreshToken("pool", rotated); !ok || got.Generation != 7 || string(got.Hash) != string(family.Hash) {
		f.Fatalf("OpenRefreshToken(rotated) = %+v, %v", got, ok)
	}
	for _, seed := range []string{"", bare, rotated, rotated[:64], "a.b.c", bare + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, ok := service.OpenRefreshToken("other", text)
		if ok == (token == nil) || ok && (token.Generation != 0 || len(token.Hash) != sha256.Size) {
			t.Errorf("OpenRefreshToken(%q) = %+v, %v", text, token, ok)
		}
	})
}
