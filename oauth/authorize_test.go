package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/oauth"
	"cognate/signin"
	"cognate/store"
	"cognate/trigger"
)

// mustSession stores an SSO session of a user that proved these methods, and returns it.
func (a *authorizer) mustSession(t *testing.T, username string, methods ...cognate.Method) *cognate.SSOSession {
	t.Helper()
	session, _ := a.mustSessionWithSecret(t, username, methods...)
	return session
}

// mustSessionWithSecret also returns the value of the cookie.
func (a *authorizer) mustSessionWithSecret(t *testing.T, username string, methods ...cognate.Method) (*cognate.SSOSession, string) {
	t.Helper()
	pool := a.site(t).Pool
	user, err := a.Store.FindUser(t.Context(), pool, username)
	if err != nil {
		t.Fatalf("FindUser(%s) = %v", username, err)
	}
	now := a.Clock.Now()
	secret := cognate.NewSSOSecret()
	session := &cognate.SSOSession{
		PoolID: a.PoolID, ID: cognate.NewSSOSessionID(), SecretHash: cognate.SSOSecretHash(secret), Sub: user.Sub,
		ClientID: a.ClientID, AuthTime: now, Expires: now.Add(time.Hour), Stamp: user.Stamp, Methods: cognate.Methods(methods), LastActive: now,
	}
	if err := a.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateSSOSession(t.Context(), session) }); err != nil {
		t.Fatal(err)
	}
	return session, secret
}

func (a *authorizer) authorize(t *testing.T, changes map[string]string, session *cognate.SSOSession) (*oauth.Redirect, error) {
	t.Helper()
	request, err := a.parse(t, a.form(changes))
	if err != nil {
		t.Fatalf("ParseAuthorization(%v) = %v", changes, err)
	}
	return a.service.Authorize(t.Context(), a.site(t), request, session)
}

// values returns the parameters of an answer.
func values(r *oauth.Redirect) url.Values {
	values := make(url.Values)
	for _, p := range r.Parameters {
		values.Add(p.Name, p.Value)
	}
	return values
}

func TestAuthorizeCode(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	session := a.mustSession(t, "ann", cognate.MethodPassword)
	state := strings.Repeat(`{"a":"+%20ü&="}`, 300)
	got, err := a.authorize(t, map[string]string{
		"state": state, "nonce": "n", "scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256", "resource": "https://api.example.com",
	}, session)
	if err != nil {
		t.Fatalf("Authorize() = %v", err)
	}
	answer := values(got)
	location, err := url.Parse(got.Location())
	if err != nil {
		t.Fatal(err)
	}
	if query := location.Query(); query.Get("state") != state || query.Get("from") != "cognate" || len(query) != 4 ||
		!strings.HasPrefix(got.Location(), callback+"&code=") {
		t.Errorf("Location() = %s, want the query of the redirect URI, code, state and iss", got.Location())
	}
	if answer.Get("iss") != issuer+a.PoolID || len(answer.Get("code")) != 36 {
		t.Errorf("Authorize() = %v", answer)
	}
	code, err := a.Store.AuthorizationCode(t.Context(), a.PoolID, cognate.CodeHash(answer.Get("code")))
	if err != nil || code.Nonce != "n" || code.Challenge != challenge || code.Resource != "https://api.example.com" || code.RedirectURI != callback ||
		code.SSOSession != session.ID {
		t.Errorf("stored code = %+v, %v", code, err)
	}

	without, err := a.authorize(t, map[string]string{"state": "-", "response_mode": "form_post"}, session)
	if err != nil || without.Mode != oauth.ModeFormPost || without.URI != callback || values(without).Has("state") {
		t.Errorf("Authorize(form_post without state) = %+v, %v", without, err)
	}
}

func TestAuthorizeImplicit(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	session := a.mustSession(t, "ann", cognate.MethodPassword)
	got, err := a.authorize(t, map[string]string{"response_type": "token", "scope": "openid"}, session)
	if err != nil || !strings.HasPrefix(got.Location(), callback+"#id_token=ey") {
		t.Fatalf("Authorize(token) = %+v, %v", got, err)
	}
	answer := values(got)
	if answer.Get("token_type") != "Bearer" || answer.Get("expires_in") != "3600" || answer.Get("access_token") == "" || answer.Get("iss") == "" ||
		answer.Has("code") || answer.Has("refresh_token") {
		t.Errorf("Authorize(token) = %v", answer)
	}
	a.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: a.PoolID, ClientId: a.ClientID, AllowedOAuthFlowsUserPoolClient: new(true), CallbackURLs: []string{callback},
		AllowedOAuthFlows: []api.OAuthFlowType{api.OAuthFlowTypeImplicit}, AllowedOAuthScopes: []string{"email"},
	})
	got, err = a.authorize(t, map[string]string{"response_type": "token"}, session)
	if err != nil || values(got).Has("id_token") || values(got).Get("access_token") == "" {
		t.Errorf("Authorize(token without openid) = %+v, %v, want no ID token", got, err)
	}
}

// A session that is not what the request asks for gets an error, whatever the pages decided.
func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	a.MustUser("bob")
	hint := a.MustSignIn("bob", "").AuthenticationResult.IdToken
	other := a.Pool(t)
	for what, tt := range map[string]struct {
		changes map[string]string
		age     time.Duration
		change  func(*cognate.SSOSession)
		want    string // the code of the error; "" for none; "ended" for signin.ErrSignInEnded
	}{
		"a password":                   {map[string]string{"acr_values": "urn:cognito:loa:1"}, time.Minute, nil, ""},
		"a level that is too high":     {map[string]string{"acr_values": "urn:cognito:loa:3 urn:cognito:loa:2"}, time.Minute, nil, "unmet_authentication_requirements"},
		"one of the levels":            {map[string]string{"acr_values": "urn:cognito:loa:3 urn:cognito:loa:1"}, time.Minute, nil, ""},
		"an essential level":           {map[string]string{"claims": `{"id_token":{"acr":{"essential":true,"values":["urn:cognito:loa:2"]}}}`}, time.Minute, nil, "unmet_authentication_requirements"},
		"a voluntary level":            {map[string]string{"claims": `{"id_token":{"acr":{"values":["urn:cognito:loa:2"]},"email":null},"other":1}`}, time.Minute, nil, ""},
		"a hint at another user":       {map[string]string{"id_token_hint": hint}, time.Minute, nil, "login_required"},
		"another sub":                  {map[string]string{"claims": `{"id_token":{"sub":{"value":"someone"}}}`}, time.Minute, nil, "login_required"},
		"a fresh sign-in":              {map[string]string{"max_age": "0"}, time.Minute, nil, ""},
		"an old sign-in":               {map[string]string{"max_age": "60"}, 10 * time.Minute, nil, "login_required"},
		"a sign-in that is new enough": {map[string]string{"max_age": "900"}, 10 * time.Minute, nil, ""},
		"an expired session":           {nil, 61 * time.Minute, nil, "ended"},
		"a session of another pool":    {nil, 0, func(s *cognate.SSOSession) { s.PoolID = other.PoolID }, "ended"},
		"an unknown session":           {nil, 0, func(s *cognate.SSOSession) { s.ID = cognate.NewSSOSessionID() }, "ended"},
	} {
		session := a.mustSession(t, "ann", cognate.MethodPassword)
		if tt.change != nil {
			tt.change(session)
		}
		a.Clock.Advance(tt.age)
		_, err := a.authorize(t, tt.changes, session)
		got := ""
		if refusal, ok := errors.AsType[*oauth.ErrorRedirect](err); ok {
			got = refusal.Code
		} else if errors.Is(err, signin.ErrSignInEnded) {
			got = "ended"
		} else if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Authorize(%s) = %q, want %q", what, got, tt.want)
		}
	}
	if _, err := a.authorize(t, nil, nil); !errors.Is(err, signin.ErrSignInEnded) {
		t.Errorf("Authorize(no session) = %v, want ErrSignInEnded", err)
	}
	same, err := a.authorize(t, map[string]string{"id_token_hint": hint}, a.mustSession(t, "bob", cognate.MethodPassword))
	if err != nil || values(same).Get("code") == "" {
		t.Errorf("Authorize(a hint at the user) = %v, %v", same, err)
	}
}

// A function of the pool that refuses tokens is an error for the application.
func TestAuthorizeTriggers(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustTrigger(cognate.TriggerPreTokenGeneration)
	a.Triggers.On(cognate.TriggerPreTokenGeneration, func(*cognatetest.TriggerEvent) (any, error) {
		return nil, &trigger.FunctionError{Message: "not today"}
	})
	a.MustUser("ann")
	_, err := a.authorize(t, map[string]string{"response_type": "token"}, a.mustSession(t, "ann", cognate.MethodPassword))
	if refusal, ok := errors.AsType[*oauth.ErrorRedirect](err); !ok || refusal.Code != "invalid_request" ||
		refusal.Description != "PreTokenGeneration failed with error not today." {
		t.Errorf("Authorize(refusing function) = %v", err)
	}
}

// An ID token is a hint even after it expired. No other text is one.
func TestIDTokenHint(t *testing.T) {
	t.Parallel()
	a := mustAuthorizer(t)
	a.MustUser("ann")
	tokens := a.MustSignIn("ann", "").AuthenticationResult
	other := a.Pool(t)
	other.MustUser("ann")
	a.Clock.Advance(400 * 24 * time.Hour)
	pool := a.site(t).Pool
	hint, err := a.service.Tokens.ReadIDTokenHint(t.Context(), pool, tokens.IdToken)
	if err != nil || hint.ClientID != a.ClientID || hint.Sub == "" || hint.SSOSession != "" {
		t.Errorf("ReadIDTokenHint(expired) = %+v, %v", hint, err)
	}
	modified := []byte(tokens.IdToken)
	modified[len(modified)/2] ^= 1
	for what, text := range map[string]string{
		"access token": tokens.AccessToken, "modified": string(modified), "of another pool": other.MustSignIn("ann", "").AuthenticationResult.IdToken,
		"none": "eyJhbGciOiJub25lIn0.e30.", "nothing": "", "long": strings.Repeat("a", 1<<20),
	} {
		if hint, err := a.service.Tokens.ReadIDTokenHint(t.Context(), pool, text); err == nil {
			t.Errorf("ReadIDTokenHint(%s) = %+v, want an error", what, hint)
		}
	}
}
