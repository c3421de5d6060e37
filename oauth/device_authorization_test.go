package oauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/signin"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// newDevices returns a pool whose clients with the code flow have the device grant, except the client off.
func newDevices(t *testing.T, s *cognatetest.Server) (b *clientEndpoints, off string) {
	t.Helper()
	b = newClientEndpoints(t, s)
	off = b.client(false, []api.OAuthFlowType{api.OAuthFlowTypeCode}, []string{"openid"}).ClientId
	b.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: b.PoolID, UserPoolTags: map[string]string{
		"cognate:client/app/device-grant": "on", "cognate:client/" + off + "/device-grant": "off",
	}})
	return b, off
}

// decide approves or denies a device as ann, as the page does after a sign-in.
func (b *clientEndpoints) decide(userCode string, to cognate.DeviceDecision) {
	b.t.Helper()
	ctx := b.t.Context()
	client, pool, err := b.Store.AppClientWithPool(ctx, b.public)
	if err != nil {
		b.t.Fatal(err)
	}
	engine, r := &signin.Engine{Store: b.Store, Now: b.Clock.Now}, cognate.ClientRequest{Pool: pool, Client: client}
	d, err := engine.FoundDevice(ctx, pool, userCode)
	if err != nil {
		b.t.Fatalf("FoundDevice() = %v", err)
	}
	if to == cognate.DeviceDenied {
		err = engine.DenyDevice(ctx, r, d)
	} else {
		var sso *cognate.SSOSession
		b.code(b.public, func(a *signin.Authorization) { sso = a.SSO })
		err = engine.ApproveDevice(ctx, r, d, sso)
	}
	if err != nil {
		b.t.Fatalf("decision %q = %v", to, err)
	}
}

// A device polls, waits longer when it is told to, and gets tokens once, on both databases.
func TestDeviceGrant(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		b, _ := newDevices(t, s)
		start := func() answered {
			return b.mustPost("/device_authorization", "client_id", b.public, "scope", "openid email orders/read", "unknown", "")
		}
		began := start()
		code, user, site := text(began, "device_code"), text(began, "user_code"), strings.TrimSuffix(b.url, "/oauth2")
		read, ok := cognate.ReadUserCode(user)
		if len(code) != 43 || !ok || read != user || began.body["expires_in"] != 600.0 || began.body["interval"] != 5.0 ||
			text(began, "verification_uri") != site+"/device" || text(began, "verification_uri_complete") != site+"/device?user_code="+user ||
			began.header.Get("Cache-Control") == "" || len(began.body) != 6 {
			t.Errorf("device_authorization = %s", began.text)
		}
		poll := func(code, client string, more ...string) answered {
			return b.post("/token", append([]string{"grant_type", deviceGrant, "device_code", code, "client_id", client}, more...)...)
		}
		for i, tt := range []struct {
			after time.Duration
			want  string
		}{
			{0, "authorization_pending"},
			{4 * time.Second, "slow_down"},
			{9 * time.Second, "slow_down"},
			{15 * time.Second, "authorization_pending"},
		} {
			b.Clock.Advance(tt.after)
			wantRefusal(t, "request "+string(rune('0'+i)), poll(code, b.public), http.StatusBadRequest, tt.want, "")
		}
		wantRefusal(t, "another client", poll(code, b.secret.ClientId, "client_secret", b.secret.ClientSecret), http.StatusBadRequest, "invalid_grant", "")
		b.decide(user, cognate.DeviceApproved)
		wantRefusal(t, "another client", poll(code, b.secret.ClientId, "client_secret", b.secret.ClientSecret), http.StatusBadRequest, "invalid_grant", "")
		got := poll(code, b.public)
		if got.status != http.StatusOK || text(got, "id_token") == "" || text(got, "refresh_token") == "" || len(got.body) != 5 {
			t.Fatalf("token = %d %s", got.status, got.text)
		}
		if access := claimsIn(t, text(got, "access_token")); access["scope"] != "openid email orders/read" || access["acr"] == nil {
			t.Errorf("access token = %v", access)
		}
		b.mustPost("/token", "grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(got, "refresh_token"))
		wantRefusal(t, "the code again", poll(code, b.public), http.StatusBadRequest, "invalid_grant", "")
		wantRefusal(t, "refresh after that", b.post("/token", "grant_type", "refresh_token", "client_id", b.public,
			"refresh_token", text(got, "refresh_token")), http.StatusBadRequest, "invalid_grant", "")

		denied, expired := start(), start()
		b.decide(text(denied, "user_code"), cognate.DeviceDenied)
		wantRefusal(t, "denied", poll(text(denied, "device_code"), b.public), http.StatusBadRequest, "access_denied", "")
		b.Clock.Advance(10 * time.Minute)
		wantRefusal(t, "expired", poll(text(expired, "device_code"), b.public), http.StatusBadRequest, "expired_token", "")
	})
}

func TestWrongDeviceRequests(t *testing.T) {
	t.Parallel()
	b, off := newDevices(t, cognatetest.Start(t))
	id, secret := b.secret.ClientId, b.secret.ClientSecret
	for _, tt := range []struct {
		what              string
		pairs             []string
		code, description string
	}{
		{"no client", nil, "invalid_request", ""},
		{"unknown client", []string{"client_id", "unknown"}, "invalid_client", ""},
		{"no secret", []string{"client_id", id}, "invalid_client", "invalid_client_secret"},
		{"wrong secret", []string{"client_id", id, "client_secret", "wrong"}, "invalid_client", "invalid_client_secret"},
		{"without the grant", []string{"client_id", off}, "unauthorized_client", "the client does not have the device grant"},
		{"a machine", []string{"Authorization:", basic(b.machine.ClientId, b.machine.ClientSecret)}, "unauthorized_client", "the client does not have the device grant"},
		{"scope of another client", []string{"client_id", b.public, "scope", "openid orders/write"}, "invalid_scope", ""},
		{"email without openid", []string{"client_id", b.public, "scope", "email"}, "invalid_scope", ""},
		{"bad resource", []string{"client_id", b.public, "resource", "x"}, "invalid_target", ""},
		{"scope twice", []string{"client_id", b.public, "scope", "openid", "scope", "openid"}, "invalid_request", ""},
	} {
		wantRefusal(t, tt.what, b.post("/device_authorization", tt.pairs...), http.StatusBadRequest, tt.code, tt.description)
	}
	if a := b.mustPost("/device_authorization", "Authorization:", basic(id, secret)); text(a, "user_code") == "" {
		t.Errorf("device_authorization with Basic = %s", a.text)
	}
	if a := b.send(http.MethodGet, "/device_authorization?client_id="+b.public, ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET device_authorization = %d", a.status)
	}
	for _, pairs := range [][]string{{}, {"device_code", ""}, {"device_code", "a", "device_code", "b"}} {
		form := append([]string{"grant_type", deviceGrant, "client_id", b.public}, pairs...)
		wantRefusal(t, "token with "+strings.Join(pairs, " "), b.post("/token", form...), http.StatusBadRequest, "invalid_request", "")
	}
	wantRefusal(t, "token without the grant", b.post("/token", "grant_type", deviceGrant, "client_id", off, "device_code", "a"),
		http.StatusBadRequest, "unauthorized_client", "")
	var last answered
	for range 101 {
		last = b.post("/device_authorization", "client_id", b.public)
	}
	wantRefusal(t, "too many", last, http.StatusTooManyRequests, "temporarily_unavailable", "too many requests")
	b.mustPost("/device_authorization", "client_id", id, "client_secret", secret)
}

// The tokens of a device are bound to the key that it proves, and a client that must prove one gets no others.
func TestDeviceGrantWithAKey(t *testing.T) {
	t.Parallel()
	b, _ := newDevices(t, cognatetest.Start(t))
	b.tag("cognate:client/"+b.public+"/require", "dpop")
	p, thief := newProver(b), newProver(b)
	began := b.mustPost("/device_authorization", "client_id", b.public, "scope", "openid")
	b.decide(text(began, "user_code"), cognate.DeviceApproved)
	poll := []string{"grant_type", deviceGrant, "device_code", text(began, "device_code"), "client_id", b.public}
	wantRefusal(t, "without a proof", b.post("/token", poll...), http.StatusBadRequest, "invalid_dpop_proof", "the client must send a DPoP proof")
	got := b.mustPost("/token", append(poll, "DPoP:", p.proof("/token"))...)
	if text(got, "token_type") != "DPoP" || jkt(claimsIn(t, text(got, "access_token"))) != p.thumbprint() {
		t.Errorf("token = %s, want one that is bound to the key", got.text)
	}
	refresh := []string{"grant_type", "refresh_token", "client_id", b.public, "refresh_token", text(got, "refresh_token")}
	wantRefusal(t, "refresh with another key", b.post("/token", append(refresh, "DPoP:", thief.proof("/token"))...), http.StatusBadRequest, "invalid_grant", "")
	b.mustPost("/token", append(refresh, "DPoP:", p.proof("/token"))...)
}
