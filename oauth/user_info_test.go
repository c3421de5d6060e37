package oauth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

func TestUserInfo(t *testing.T) {
	t.Parallel()
	b := newClientEndpoints(t, cognatetest.Start(t))
	set := b.mustTokens("openid", "email")
	access := text(set, "access_token")
	sub := claimsIn(t, access)["sub"]
	want := map[string]any{"sub": sub, "username": "ann", "email": "ann@example.com", "email_verified": "true"}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for what, got := range map[string]answered{
		"GET":              b.send("GET", "/userInfo", "", "Authorization", "Bearer "+access),
		"POST with header": b.send("POST", "/userInfo", "", "Authorization", "bearer "+access),
		"POST with body":   b.send("POST", "/userInfo", "access_token="+access, form...),
	} {
		if diff := cmp.Diff(want, got.body); got.status != 200 || diff != "" {
			t.Errorf("%s = %d (-want +got):\n%s", what, got.status, diff)
		}
		if got.header.Get("Cache-Control") != "no-cache, no-store, max-age=0, must-revalidate" || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: header = %v", what, got.header)
		}
	}
	all := b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(b.mustTokens("openid", "profile", "orders/read"), "access_token"))
	if all.body["name"] != "Ann" || all.body["email"] != "ann@example.com" {
		t.Errorf("profile = %s, want all attributes", all.text)
	}

	const bad, invalid = "Bad OAuth2 request at UserInfo Endpoint",
		"Access token is expired, disabled, or deleted, or the user has globally signed out."
	machine := b.mustPost("/token", "grant_type", "client_credentials", "client_id", b.machine.ClientId, "client_secret", b.machine.ClientSecret)
	other := newClientEndpointsIn(t, b.Server, "another")
	for what, tt := range map[string]struct {
		got       answered
		status    int
		code, why string
	}{
		"no token":        {b.send("GET", "/userInfo", ""), 400, "invalid_request", bad},
		"empty token":     {b.send("GET", "/userInfo", "", "Authorization", "Bearer "), 400, "invalid_request", bad},
		"another scheme":  {b.send("GET", "/userInfo", "", "Authorization", basic("a", "b")), 400, "invalid_request", bad},
		"in the query":    {b.send("GET", "/userInfo?access_token="+access, ""), 400, "invalid_request", bad},
		"twice":           {b.send("POST", "/userInfo", "access_token="+access, append(form, "Authorization", "Bearer "+access)...), 400, "invalid_request", bad},
		"garbage":         {b.send("GET", "/userInfo", "", "Authorization", "Bearer x.y.z"), 401, "invalid_token", invalid},
		"an ID token":     {b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(set, "id_token")), 401, "invalid_token", invalid},
		"a refresh token": {b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(set, "refresh_token")), 401, "invalid_token", invalid},
		"a machine":       {b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(machine, "access_token")), 401, "invalid_token", "Access token does not contain openid scope"},
		"without openid": {
			b.send("GET", "/userInfo", "", "Authorization", "Bearer "+text(b.mustTokens("orders/read"), "access_token")), 401, "invalid_token",
			"Access token does not contain openid scope",
		},
		"of the API": {
			b.send("GET", "/userInfo", "", "Authorization", "Bearer "+b.MustSignIn("ann", "").AuthenticationResult.AccessToken), 401, "invalid_token",
			"Access token does not contain openid scope",
		},
		"at another pool": {other.send("GET", "/userInfo", "", "Authorization", "Bearer "+access), 401, "invalid_token", invalid},
	} {
		wantRefusal(t, what, tt.got, tt.status, tt.code, tt.why)
		if header := `error="` + tt.code + `", error_description="` + tt.why + `"`; tt.got.header.Get("WWW-Authenticate") != header {
			t.Errorf("%s: WWW-Authenticate = %q, want %q", what, tt.got.header.Get("WWW-Authenticate"), header)
		}
	}
	b.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: b.PoolID, Username: "ann"})
	wantRefusal(t, "after a global sign-out", b.send("GET", "/userInfo", "", "Authorization", "Bearer "+access), 401, "invalid_token", invalid)
}

// newClientEndpointsIn is newClientEndpoints without clients, with a domain of another name.
func newClientEndpointsIn(t *testing.T, s *cognatetest.Server, domain string) *clientEndpoints {
	t.Helper()
	b := &clientEndpoints{UserPool: s.Pool(t), t: t, url: s.URL + "/domains/" + domain + "/oauth2"}
	b.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: b.PoolID, Domain: domain})
	return b
}
