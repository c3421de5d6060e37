package oauth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate"
	"cognate/api"
	"cognate/internal/outgoing"
	"cognate/oauth"
)

// receiver is an application that learns about logouts.
type receiver struct {
	*httptest.Server
	tokens []string
	status int
}

func mustReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.tokens = append(r.tokens, request.PostFormValue("logout_token"))
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// loggedOut is a pool whose client wants to learn about logouts, and the sender of the messages about them.
func mustLogoutSender(t *testing.T, a *authorizer, uri string) *oauth.LogoutSender {
	t.Helper()
	a.Must(t).TagResource(&api.TagResourceInput{
		ResourceArn: fmt.Sprintf("arn:aws:cognito-idp:us-east-1:123456789012:userpool/%s", a.PoolID),
		Tags:        map[string]string{"cognate:client/app/backchannel-logout-uri": uri},
	})
	return &oauth.LogoutSender{
		Store: a.Store, Tokens: a.service.Tokens, Client: (&outgoing.Rules{Private: true}).Client(), Now: a.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
}

// mustLogOut signs ann in to the application, and out again. It returns the SSO session.
func (a *authorizer) mustLogOut(t *testing.T) *cognate.SSOSession {
	t.Helper()
	session, secret := a.mustSessionWithSecret(t, "ann", cognate.MethodPassword)
	for range 2 { // two grants of one client
		if _, err := a.authorize(t, map[string]string{"response_type": "token"}, session); err != nil {
			t.Fatalf("Authorize() = %v", err)
		}
	}
	if err := a.service.Logout(t.Context(), a.site(t), secret); err != nil {
		t.Fatalf("Logout() = %v", err)
	}
	return session
}

func TestBackchannelLogout(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	app := mustReceiver(t)
	sender := mustLogoutSender(t, a, app.URL+"/logout?a=b")
	session := a.mustLogOut(t)
	if err := sender.SendDue(t.Context()); err != nil || len(app.tokens) != 1 {
		t.Fatalf("SendDue() = %v, and %d messages, want one", err, len(app.tokens))
	}
	token, err := jwt.ParseSigned(app.tokens[0], []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	set, err := a.service.Tokens.Keys.JWKS(t.Context(), a.site(t).Pool)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := token.Claims(keys, &claims); err != nil {
		t.Fatal(err)
	}
	now := float64(a.Clock.Now().Unix())
	want := map[string]any{
		"iss": issuer + a.PoolID, "aud": a.ClientID, "sub": session.Sub, "sid": session.ID, "iat": now, "exp": now + 120,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if diff := cmp.Diff(want, claims, cmpopts.IgnoreMapEntries(func(name string, _ any) bool { return name == "jti" })); diff != "" || claims["jti"] == "" {
		t.Errorf("logout token (-want +got):\n%s", diff)
	}
	if header := token.Headers[0].ExtraHeaders[jose.HeaderType]; header != "logout+jwt" {
		t.Errorf("typ = %v, want logout+jwt", header)
	}
	if _, err := a.service.Tokens.ReadIDTokenHint(t.Context(), a.site(t).Pool, app.tokens[0]); err == nil {
		t.Error("a logout token is accepted as an ID token")
	}
	if err := sender.SendDue(t.Context()); err != nil || len(app.tokens) != 1 {
		t.Errorf("SendDue() again = %v, and %d messages, want one", err, len(app.tokens))
	}
}

// A client that does not answer gets the message again, and one that refuses it does not.
func TestBackchannelLogoutRetries(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	app := mustReceiver(t)
	sender := mustLogoutSender(t, a, app.URL)
	send := func(what string, want int) {
		t.Helper()
		if err := sender.SendDue(t.Context()); err != nil || len(app.tokens) != want {
			t.Errorf("%s: SendDue() = %v, and %d messages, want %d", what, err, len(app.tokens), want)
		}
	}
	app.status = http.StatusServiceUnavailable
	a.mustLogOut(t)
	send("first attempt", 1)
	send("too early", 1)
	a.Clock.Advance(2 * time.Second)
	send("second attempt", 2)
	app.status = http.StatusBadRequest
	a.Clock.Advance(time.Minute)
	send("refused", 3)
	a.Clock.Advance(time.Hour)
	send("after the refusal", 3)

	app.status = http.StatusBadGateway
	a.mustLogOut(t)
	send("another logout", 4)
	a.Clock.Advance(25 * time.Hour)
	send("too late", 5)
	a.Clock.Advance(time.Hour)
	send("after the last attempt", 5)
}

// The server sends nothing to private addresses, and nothing to clients without an address.
func TestBackchannelLogoutAddresses(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	app := mustReceiver(t)
	sender := mustLogoutSender(t, a, app.URL)
	sender.Client = new(outgoing.Rules).Client()
	a.mustLogOut(t)
	if err := sender.SendDue(t.Context()); err != nil || len(app.tokens) != 0 {
		t.Errorf("SendDue(private address) = %v, and %d messages, want none", err, len(app.tokens))
	}
	waiting, err := a.Store.CountOutgoing(t.Context())
	if err != nil || waiting["BACKCHANNEL_LOGOUT"] != 1 {
		t.Errorf("waiting messages = %v, %v, want one", waiting, err)
	}
	quiet := mustAuthorizer(t)
	quiet.MustUser("ann")
	quiet.mustLogOut(t)
	if waiting, err := quiet.Store.CountOutgoing(t.Context()); err != nil || len(waiting) != 0 {
		t.Errorf("waiting messages of a client without an address = %v, %v", waiting, err)
	}
	if err := a.service.Logout(t.Context(), a.site(t), "unknown"); err != nil {
		t.Errorf("Logout(unknown session) = %v", err)
	}
}
