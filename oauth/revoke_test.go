package oauth_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestRevoke(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	info := func(set answered) int {
		return b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(set, "access_token")).status
	}
	for what, tt := range map[string]struct {
		token string // of the answer of the token endpoint
		ends  bool
		code  string
	}{
		"refresh token": {"refresh_token", true, ""},
		"access token":  {"access_token", true, ""},
		"ID token":      {"id_token", false, "unsupported_token_type"},
	} {
		set := b.mustTokens()
		stolen := b.post("/revoke", "client_id", b.secret.ClientId, "client_secret", b.secret.ClientSecret, "token", text(set, tt.token))
		if tt.ends && (stolen.status != 200 || info(set) != 200) {
			t.Errorf("%s by another client = %d, userInfo %d, want 200 and no change", what, stolen.status, info(set))
		}
		got := b.post("/revoke", "client_id", b.public, "token", text(set, tt.token), "token_type_hint", "nonsense")
		if tt.code != "" {
			wantRefusal(t, what, got, 400, tt.code, "")
		} else if got.status != 200 || got.text != "" {
			t.Errorf("%s = %d %q, want 200 and no body", what, got.status, got.text)
		}
		if status := info(set); (status == 401) != tt.ends {
			t.Errorf("userInfo after %s was revoked = %d", what, status)
		}
	}
	for what, token := range map[string]string{"unknown": "unknown", "garbage": "x.y.z"} {
		if got := b.post("/revoke", "client_id", b.public, "token", token); got.status != 200 || got.text != "" {
			t.Errorf("%s token = %d %s, want 200", what, got.status, got.text)
		}
	}
	wantRefusal(t, "no token", b.post("/revoke", "client_id", b.public), 400, "invalid_request", "")
	wantRefusal(t, "wrong secret", b.post("/revoke", "client_id", b.secret.ClientId, "client_secret", "x", "token", "x"), 401, "invalid_client", "invalid_client_secret")
	wantRefusal(t, "unknown client", b.post("/revoke", "client_id", "unknown", "token", "x"), 401, "invalid_client", "")
	off := b.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{UserPoolId: b.PoolID, ClientName: "off", EnableTokenRevocation: new(false)}).UserPoolClient
	wantRefusal(t, "revocation is off", b.post("/revoke", "client_id", off.ClientId, "token", "x"), 400, "invalid_request", "")
}
