package oauth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/signin"
)

func TestIntrospect(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	id, secret := b.secret.ClientId, b.secret.ClientSecret
	introspect := func(token string) answered {
		return b.post("/introspect", "Authorization:", basic(id, secret), "token", token)
	}
	exchange := func(client string, more ...string) answered {
		return b.mustPost("/token", append([]string{
			"grant_type", "authorization_code", "client_id", client, "code", b.code(client, func(a *signin.Authorization) { a.Resource = "https://api.example" }),
			"redirect_uri", appCallback, "code_verifier", codeVerifier,
		}, more...)...)
	}
	own, public := exchange(id, "client_secret", secret), b.mustTokens()
	claims := claimsIn(t, text(own, "access_token"))
	want := map[string]any{
		"active": true, "scope": "openid email", "client_id": id, "username": "ann", "token_type": "Bearer", "exp": claims["exp"],
		"iat": claims["iat"], "sub": claims["sub"], "iss": claims["iss"], "jti": claims["jti"], "aud": "https://api.example",
	}
	if got := introspect(text(own, "access_token")); cmp.Diff(want, got.body) != "" {
		t.Errorf("access token (-want +got):\n%s", cmp.Diff(want, got.body))
	}
	refresh := introspect(text(own, "refresh_token"))
	if refresh.body["active"] != true || refresh.body["token_type"] != "refresh_token" || refresh.body["username"] != "ann" {
		t.Errorf("refresh token = %s", refresh.text)
	}
	machine := b.mustPost("/token", "grant_type", "client_credentials", "client_id", b.machine.ClientId, "client_secret", b.machine.ClientSecret)
	for what, tt := range map[string]struct {
		token  string
		active bool
	}{
		"another client's access token":  {text(public, "access_token"), true},
		"another client's refresh token": {text(public, "refresh_token"), false},
		"a machine's":                    {text(machine, "access_token"), true},
		"an ID token":                    {text(own, "id_token"), false},
		"garbage":                        {"garbage", false},
		"a garbage JWT":                  {"x.y.z", false},
	} {
		got := introspect(tt.token)
		if got.status != 200 || got.body["active"] != tt.active || !tt.active && len(got.body) != 1 {
			t.Errorf("%s = %d %s, want active: %t", what, got.status, got.text, tt.active)
		}
	}
	b.mustPost("/revoke", "client_id", b.public, "token", text(public, "refresh_token"))
	b.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: b.PoolID, Username: "ann"})
	for what, token := range map[string]string{
		"a revoked access token": text(public, "access_token"), "a disabled user's access token": text(own, "access_token"),
		"a disabled user's refresh token": text(own, "refresh_token"),
	} {
		if got := introspect(token); got.body["active"] != false || len(got.body) != 1 {
			t.Errorf("%s = %s, want only active false", what, got.text)
		}
	}
	b.Clock.Advance(time.Hour)
	if got := introspect(text(machine, "access_token")); got.body["active"] != false {
		t.Errorf("an expired token = %s", got.text)
	}
	wantRefusal(t, "a public client", b.post("/introspect", "client_id", b.public, "token", "x"), 401, "invalid_client", "")
	wrong := b.post("/introspect", "Authorization:", basic(id, "wrong"), "token", "x")
	wantRefusal(t, "wrong secret", wrong, 401, "invalid_client", "invalid_client_secret")
	if wrong.header.Get("WWW-Authenticate") == "" {
		t.Error("wrong secret: no WWW-Authenticate")
	}
	wantRefusal(t, "no token", b.post("/introspect", "Authorization:", basic(id, secret)), 400, "invalid_request", "")
}
