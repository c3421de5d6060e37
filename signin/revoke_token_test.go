package signin_test

import (
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func revokeToken(t *testing.T, p *cognatetest.UserPool, clientID, secret, token string) error {
	t.Helper()
	_, err := p.Client.RevokeToken(t.Context(), &api.RevokeTokenInput{ClientId: clientID, ClientSecret: secret, Token: token})
	return err
}

// Revoking a refresh token ends its sign-in, and no other sign-in of the user.
func TestRevokeToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	revoked, other := p.MustSignIn("ann", "").AuthenticationResult, p.MustSignIn("ann", "").AuthenticationResult
	refreshed := cognatetest.Try(renew(t, p, revoked.RefreshToken)).Of(t)
	for range 2 { // a token that is revoked already is no error
		if err := revokeToken(t, p, p.ClientID, "", revoked.RefreshToken); err != nil {
			t.Fatalf("RevokeToken() = %v", err)
		}
	}
	for what, access := range map[string]string{"the sign-in's": revoked.AccessToken, "a refreshed": refreshed.AccessToken} {
		cognatetest.WantError(t, what+" access token", getUser(t, p, access), api.ErrTokenRevoked)
	}
	_, err := renew(t, p, revoked.RefreshToken)
	cognatetest.WantError(t, "its refresh token", err, errRefreshRevoked)
	if err := getUser(t, p, other.AccessToken); err != nil {
		t.Errorf("the other sign-in's access token = %v", err)
	}
	cognatetest.Try(renew(t, p, other.RefreshToken)).Of(t)
}

// RevokeToken with a text that is not a refresh token of the client changes nothing, and the answer does not show whether it
// was one (RFC 7009 section 2.2).
func TestRevokeNothing(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, stranger := s.Pool(t), s.Pool(t)
	p.MustUser("ann")
	sibling := p.MustClient(cognatetest.Flows()).ClientId
	result := p.MustSignIn("ann", "").AuthenticationResult
	for what, err := range map[string]error{
		"an unknown token":         revokeToken(t, p, p.ClientID, "", strings.Repeat("A", 64)),
		"no token of ours":         revokeToken(t, p, p.ClientID, "", "eyJjdHkiOiJKV1QifQ.a.b.c.d"),
		"by a sibling client":      revokeToken(t, p, sibling, "", result.RefreshToken),
		"by another pool's client": revokeToken(t, p, stranger.ClientID, "", result.RefreshToken),
	} {
		if err != nil {
			t.Errorf("%s = %v, want no error", what, err)
		}
	}
	if err := getUser(t, p, result.AccessToken); err != nil {
		t.Errorf("GetUser() = %v, want the sign-in alive", err)
	}
	p.Clock.Advance(31 * 24 * time.Hour)
	if err := revokeToken(t, p, p.ClientID, "", result.RefreshToken); err != nil {
		t.Errorf("an expired token = %v, want no error", err)
	}
}

func TestRevokeTokenRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	result := p.MustSignIn("ann", "").AuthenticationResult
	secret := p.MustClient(cognatetest.ClientSecret())
	irrevocable := p.MustClient(cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.EnableTokenRevocation = new(false)
	})).ClientId
	for _, c := range []struct {
		what, client, secret, token string
		code                        string
	}{
		{"an access token", p.ClientID, "", result.AccessToken, api.CodeUnsupportedTokenTypeException},
		{"an ID token", p.ClientID, "", result.IdToken, api.CodeUnsupportedTokenTypeException},
		{"revocation switched off", irrevocable, "", result.RefreshToken, api.CodeUnsupportedOperationException},
		{"no secret", secret.ClientId, "", result.RefreshToken, api.CodeUnauthorizedException},
		{"a wrong secret", secret.ClientId, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", result.RefreshToken, api.CodeUnauthorizedException},
		{"an unknown client", "unknown", "", result.RefreshToken, api.CodeUnauthorizedException},
	} {
		cognatetest.WantCode(t, c.what, revokeToken(t, p, c.client, c.secret, c.token), c.code)
	}
	if err := revokeToken(t, p, secret.ClientId, secret.ClientSecret, result.RefreshToken); err != nil {
		t.Errorf("the right secret = %v", err)
	}
	if err := getUser(t, p, result.AccessToken); err != nil {
		t.Errorf("GetUser() = %v, want the sign-in alive", err)
	}
}

// A global sign-out ends every sign-in of the user in every client, that of the caller too. It ends no sign-in of another user.
func TestGlobalSignOut(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 60)
	p.MustUser("bob")
	bob, first := p.MustSignIn("bob", "").AuthenticationResult, p.MustSignIn("ann", "").AuthenticationResult
	rotated := cognatetest.Try(renew(t, p, first.RefreshToken)).Of(t)
	second := p.MustSignIn("ann", "").AuthenticationResult
	p.Must(t).GlobalSignOut(&api.GlobalSignOutInput{AccessToken: second.AccessToken})
	for what, result := range map[string]*api.AuthenticationResultType{"first": first, "rotated": rotated, "second": second} {
		cognatetest.WantError(t, what+" access token", getUser(t, p, result.AccessToken), api.ErrTokenRevoked)
		_, err := renew(t, p, result.RefreshToken)
		cognatetest.WantError(t, what+" refresh token", err, errRefreshRevoked)
	}
	_, err := p.Client.GlobalSignOut(t.Context(), &api.GlobalSignOutInput{AccessToken: second.AccessToken})
	cognatetest.WantError(t, "a second time", err, api.ErrTokenRevoked)
	if err := getUser(t, p, bob.AccessToken); err != nil {
		t.Errorf("another user's access token = %v", err)
	}
	if err := getUser(t, p, p.MustSignIn("ann", "").AuthenticationResult.AccessToken); err != nil {
		t.Errorf("a new sign-in's access token = %v", err)
	}
}
