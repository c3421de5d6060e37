package signin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/signin"
	"cognate/store"
	"cognate/tokens"
)

const (
	callback = "https://app.example/callback?tenant=1"
	// The example of RFC 7636 appendix B.
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// newOAuth returns an engine whose client has the flows of OAuth 2.0. Ann has attributes.
func newOAuth(t *testing.T) *engineFixture {
	t.Helper()
	f := newEngine(t)
	f.client.OAuth = cognate.OAuthSettings{
		Enabled: true, Flows: []api.OAuthFlowType{api.OAuthFlowTypeCode, api.OAuthFlowTypeImplicit},
		Scopes:       []string{"openid", "email", "phone", "profile", "orders/read", cognate.ScopeUserAdmin},
		CallbackURLs: []string{callback, "https://app.example/other"},
	}
	f.client.TokenRevocation = true
	f.pool.MFA.Email = nil // ann is asked for the software token, although she has an address
	f.change(func(u *cognate.User) {
		maps.Copy(u.Attributes, map[string]string{
			"email": "ann@example.com", "email_verified": "true", "phone_number": "+15550000001", "name": "Ann", "custom:team": "blue",
		})
	})
	return f
}

func (f *engineFixture) change(change func(*cognate.User)) {
	f.t.Helper()
	err := f.Store.Write(f.t.Context(), func(tx *store.Tx) error {
		user, err := tx.LockUser(f.t.Context(), f.pool.ID, f.user.Sub)
		if err != nil {
			return err
		}
		change(user.User)
		return tx.SaveUser(f.t.Context(), f.pool, user)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *engineFixture) authorization(sso *signin.SSO, scopes ...string) *signin.Authorization {
	return &signin.Authorization{
		ClientRequest: cognate.ClientRequest{Pool: f.pool, Client: f.client}, SSO: &sso.Session, Scopes: scopes,
		RedirectURI: callback, Nonce: "n-0S6", Challenge: codeChallenge, Resource: "https://api.example",
	}
}

func (f *engineFixture) mustIssue(a *signin.Authorization) string {
	f.t.Helper()
	code, err := f.IssueCode(f.t.Context(), a)
	if err != nil {
		f.t.Fatalf("IssueCode() = %v", err)
	}
	return code
}

func (f *engineFixture) exchange(code string) *signin.CodeExchange {
	return &signin.CodeExchange{
		ClientRequest: cognate.ClientRequest{Pool: f.pool, Client: f.client}, Code: code, RedirectURI: callback, Verifier: codeVerifier,
	}
}

func (f *engineFixture) mustExchange(code string) *tokens.Set {
	f.t.Helper()
	set, err := f.ExchangeCode(f.t.Context(), f.exchange(code))
	if err != nil {
		f.t.Fatalf("ExchangeCode() = %v", err)
	}
	return set
}

// claims returns the claims of a token; nil for no token.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	if token == "" {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// The tokens of a code have what the sign-in and the request say, and so have refreshed ones, but for the nonce.
func TestExchangeCode(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	sso := f.mustSignInOnPage()
	signedIn := f.now
	f.now = f.now.Add(10 * time.Minute)
	set := f.mustExchange(f.mustIssue(f.authorization(sso, "openid", "orders/read")))
	if set.Refresh == "" {
		t.Fatal("no refresh token")
	}
	check := func(what string, set *tokens.Set, nonce any) {
		t.Helper()
		access, id := claims(t, set.Access), claims(t, set.ID)
		for name, want := range map[string]any{
			"scope": "openid orders/read", "aud": "https://api.example", "client_id": f.client.ID, "version": 2.0, "token_use": "access",
			"auth_time": float64(signedIn.Unix()), "iat": float64(f.now.Unix()), "acr": "urn:cognito:loa:4", "amr": []any{"pwd", "otp", "mfa"},
			"sid": nil, "nonce": nil,
		} {
			if diff := cmp.Diff(want, access[name]); diff != "" {
				t.Errorf("%s of the access token, %s (-want +got):\n%s", name, what, diff)
			}
		}
		for name, want := range map[string]any{
			"aud": f.client.ID, "nonce": nonce, "sid": sso.Session.ID, "auth_time": float64(signedIn.Unix()), "acr": "urn:cognito:loa:4",
			"amr": []any{"pwd", "otp", "mfa"}, "email": "ann@example.com", "email_verified": true, "custom:team": "blue", "version": nil,
		} {
			if diff := cmp.Diff(want, id[name]); diff != "" {
				t.Errorf("%s of the ID token, %s (-want +got):\n%s", name, what, diff)
			}
		}
		if hash, ok := id["at_hash"].(string); !ok || len(hash) != 22 {
			t.Errorf("at_hash of the ID token, %s = %v, want 22 characters", what, id["at_hash"])
		}
	}
	check("of the code", set, "n-0S6")
	f.now = f.now.Add(5 * time.Minute)
	refreshed, err := f.Refresh(t.Context(), f.attempt(), signin.RefreshRequest{Token: set.Refresh, Resource: "https://api.example"})
	if err != nil {
		t.Fatalf("Refresh() = %v", err)
	}
	check("refreshed", refreshed, nil)
	if _, err := f.Tokens.Authenticate(t.Context(), set.Access); !errors.Is(err, api.ErrTokenScope) {
		t.Errorf("Authenticate(token without %s) = %v, want %v", cognate.ScopeUserAdmin, err, api.ErrTokenScope)
	}
}

// Which claims the scopes show.
func TestClaimsByScope(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	sso := f.mustSignInOnPage()
	names := []string{"email", "email_verified", "phone_number", "name", "custom:team"}
	for scopes, want := range map[string][]string{
		"openid":                        names,
		"openid profile":                names,
		"openid email":                  {"email", "email_verified"},
		"openid phone":                  {"phone_number"},
		"openid phone email":            {"email", "email_verified", "phone_number"},
		"phone profile openid":          names,
		"openid orders/read":            names,
		"openid email orders/read":      {"email", "email_verified"},
		"orders/read":                   nil,
		"aws.cognito.signin.user.admin": nil,
	} {
		set := f.mustExchange(f.mustIssue(f.authorization(sso, strings.Fields(scopes)...)))
		id := claims(t, set.ID)
		if hasID := strings.Contains(scopes, "openid"); hasID != (id != nil) {
			t.Errorf("ID token of %q: %v, want one: %t", scopes, id, hasID)
		}
		var got []string
		for _, name := range names {
			if _, ok := id[name]; ok {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("claims of %q = %q, want %q", scopes, got, want)
		}
		if got := claims(t, set.Access)["scope"]; got != scopes {
			t.Errorf("scope = %q, want %q", got, scopes)
		}
	}
}

// A wrong exchange spends nothing.
func TestWrongExchanges(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	sso := f.mustSignInOnPage()
	other := *f.client
	other.ID = "anotherclient0000000000000"
	noFlow := *f.client
	noFlow.OAuth.Flows = []api.OAuthFlowType{api.OAuthFlowTypeImplicit}
	code, plain := f.mustIssue(f.authorization(sso, "openid")), f.authorization(sso, "openid")
	plain.Challenge = ""
	withoutChallenge := f.mustIssue(plain)
	for what, tt := range map[string]struct {
		change func(x *signin.CodeExchange)
		want   error
	}{
		"unknown code":        {func(x *signin.CodeExchange) { x.Code = cognate.NewAuthorizationCode() }, signin.ErrInvalidCode},
		"no code":             {func(x *signin.CodeExchange) { x.Code = "" }, signin.ErrInvalidCode},
		"its hash":            {func(x *signin.CodeExchange) { x.Code = string(cognate.CodeHash(code)) }, signin.ErrInvalidCode},
		"another client":      {func(x *signin.CodeExchange) { x.Client = &other }, signin.ErrInvalidCode},
		"another pool":        {func(x *signin.CodeExchange) { x.Pool = &cognate.UserPool{ID: "us-east-1_Another00"} }, signin.ErrInvalidCode},
		"without the flow":    {func(x *signin.CodeExchange) { x.Client = &noFlow }, signin.ErrFlowNotAllowed},
		"another redirect":    {func(x *signin.CodeExchange) { x.RedirectURI = "https://app.example/other" }, signin.ErrRedirectMismatch},
		"no redirect":         {func(x *signin.CodeExchange) { x.RedirectURI = "" }, signin.ErrRedirectMismatch},
		"redirect in case":    {func(x *signin.CodeExchange) { x.RedirectURI = strings.ToUpper(callback) }, signin.ErrRedirectMismatch},
		"no verifier":         {func(x *signin.CodeExchange) { x.Verifier = "" }, signin.ErrInvalidCode},
		"wrong verifier":      {func(x *signin.CodeExchange) { x.Verifier = codeVerifier + "A" }, signin.ErrInvalidCode},
		"the challenge":       {func(x *signin.CodeExchange) { x.Verifier = codeChallenge }, signin.ErrInvalidCode},
		"a verifier too many": {func(x *signin.CodeExchange) { x.Code = withoutChallenge }, signin.ErrInvalidCode},
		"another resource":    {func(x *signin.CodeExchange) { x.Resource = "https://other.example" }, signin.ErrInvalidTarget},
	} {
		x := f.exchange(code)
		tt.change(x)
		if set, err := f.ExchangeCode(t.Context(), x); set != nil || !errors.Is(err, tt.want) {
			t.Errorf("ExchangeCode(%s) = %v, %v, want %v", what, set, err, tt.want)
		}
	}
	if n := f.liveGrants(); n != 0 {
		t.Errorf("%d grants after wrong exchanges, want none", n)
	}
	f.now = f.now.Add(cognate.AuthorizationCodeTTL - time.Second)
	f.mustExchange(code)
	x := f.exchange(withoutChallenge)
	x.Verifier, x.Resource = "", "https://api.example"
	if _, err := f.ExchangeCode(t.Context(), x); err != nil {
		t.Errorf("ExchangeCode(without challenge and verifier) = %v", err)
	}
}

// What a code does not survive.
func TestCodeEnds(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(f *engineFixture, sso *signin.SSO) error{
		"5 minutes": func(f *engineFixture, _ *signin.SSO) error {
			f.now = f.now.Add(cognate.AuthorizationCodeTTL)
			return nil
		},
		"logout": func(f *engineFixture, sso *signin.SSO) error {
			_, err := f.EndSSOSession(f.t.Context(), f.pool, sso.Secret, noStep)
			return err
		},
		"the session": func(f *engineFixture, sso *signin.SSO) error {
			return f.EndUserSSOSession(f.t.Context(), &sso.Session, false)
		},
		"global sign-out": func(f *engineFixture, _ *signin.SSO) error {
			return f.SignOut(f.t.Context(), f.pool, f.user.Sub, api.ErrUserDoesNotExist)
		},
		"a disabled user": func(f *engineFixture, _ *signin.SSO) error {
			f.change(func(u *cognate.User) { u.Enabled = false })
			return nil
		},
		"a deleted user": func(f *engineFixture, _ *signin.SSO) error {
			return f.Store.Write(f.t.Context(), func(tx *store.Tx) error { return tx.DeleteUser(f.t.Context(), f.pool.ID, f.user.Sub) })
		},
	} {
		f := newOAuth(t)
		sso := f.mustSignInOnPage()
		code := f.mustIssue(f.authorization(sso, "openid"))
		if err := do(f, sso); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if set, err := f.ExchangeCode(t.Context(), f.exchange(code)); set != nil || !errors.Is(err, signin.ErrInvalidCode) {
			t.Errorf("ExchangeCode() after %s = %v, %v, want %v", what, set, err, signin.ErrInvalidCode)
		}
		if _, err := f.IssueCode(t.Context(), f.authorization(sso, "openid")); what != "5 minutes" && !errors.Is(err, signin.ErrSignInEnded) {
			t.Errorf("IssueCode() after %s = %v, want %v", what, err, signin.ErrSignInEnded)
		}
	}
}

// A second use of a code ends what the first one has given. A use by another client does not.
func TestCodeReuse(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	code := f.mustIssue(f.authorization(f.mustSignInOnPage(), "openid", cognate.ScopeUserAdmin))
	set := f.mustExchange(code)
	other := *f.client
	other.ID = "anotherclient0000000000000"
	x := f.exchange(code)
	x.Client = &other
	if _, err := f.ExchangeCode(t.Context(), x); !errors.Is(err, signin.ErrInvalidCode) {
		t.Errorf("ExchangeCode(used code, another client) = %v, want %v", err, signin.ErrInvalidCode)
	}
	if err := f.revoked(set); err != nil {
		t.Errorf("after another client has used the code: %v", err)
	}
	f.now = f.now.Add(cognate.AuthorizationCodeTTL + time.Minute)
	if _, err := f.ExchangeCode(t.Context(), f.exchange(code)); !errors.Is(err, signin.ErrInvalidCode) {
		t.Errorf("ExchangeCode(used code) = %v, want %v", err, signin.ErrInvalidCode)
	}
	if err := f.revoked(set); !errors.Is(err, api.ErrTokenRevoked) {
		t.Errorf("access token after the second use = %v, want %v", err, api.ErrTokenRevoked)
	}
	if _, err := f.Refresh(t.Context(), f.attempt(), signin.RefreshRequest{Token: set.Refresh}); err == nil {
		t.Error("Refresh() after the second use = nil, want an error")
	}
}

// revoked returns the error that an access token gets.
func (f *engineFixture) revoked(set *tokens.Set) error {
	_, err := f.Tokens.Authenticate(f.t.Context(), set.Access)
	return err
}

// Of 100 racing exchanges one gets tokens, and the others end them.
func TestRacingExchanges(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	code := f.mustIssue(f.authorization(f.mustSignInOnPage(), "openid", cognate.ScopeUserAdmin))
	var winner atomic.Pointer[tokens.Set]
	raceAll(100, func() {
		set, err := f.ExchangeCode(context.WithoutCancel(t.Context()), f.exchange(code))
		switch {
		case err == nil && !winner.CompareAndSwap(nil, set):
			t.Error("two exchanges got tokens")
		case err != nil && !errors.Is(err, signin.ErrInvalidCode):
			t.Errorf("a racing exchange = %v, want %v", err, signin.ErrInvalidCode)
		}
	})
	if winner.Load() == nil {
		t.Fatal("no exchange got tokens")
	}
	if err := f.revoked(winner.Load()); !errors.Is(err, api.ErrTokenRevoked) {
		t.Errorf("access token after 99 more uses = %v, want %v", err, api.ErrTokenRevoked)
	}
}

// raceAll runs fn concurrently, and waits for all.
func raceAll(n int, fn func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(fn)
	}
	all.Wait()
}

// The engine refuses what no request may have, whatever its caller has checked.
func TestWrongAuthorizations(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	sso := f.mustSignInOnPage()
	with := func(change func(a *signin.Authorization)) *signin.Authorization {
		a := f.authorization(sso, "openid")
		client := *f.client
		a.Client = &client
		change(a)
		return a
	}
	elsewhere := sso.Session
	elsewhere.PoolID = "us-east-1_Another00"
	unknown := sso.Session
	unknown.ID = cognate.NewSSOSessionID()
	for what, tt := range map[string]struct {
		a    *signin.Authorization
		want error
	}{
		"no session":          {with(func(a *signin.Authorization) { a.SSO = nil }), signin.ErrSignInEnded},
		"unknown session":     {with(func(a *signin.Authorization) { a.SSO = &unknown }), signin.ErrSignInEnded},
		"another pool's":      {with(func(a *signin.Authorization) { a.SSO = &elsewhere }), signin.ErrSignInEnded},
		"no scopes":           {with(func(a *signin.Authorization) { a.Scopes = nil }), signin.ErrInvalidScope},
		"another scope":       {with(func(a *signin.Authorization) { a.Scopes = []string{"openid", "orders/write"} }), signin.ErrInvalidScope},
		"unregistered URI":    {with(func(a *signin.Authorization) { a.RedirectURI = "https://evil.example/" }), signin.ErrRedirectMismatch},
		"no URI":              {with(func(a *signin.Authorization) { a.RedirectURI = "" }), signin.ErrRedirectMismatch},
		"OAuth is off":        {with(func(a *signin.Authorization) { a.Client.OAuth.Enabled = false }), signin.ErrFlowNotAllowed},
		"another flow":        {with(func(a *signin.Authorization) { a.Client.OAuth.Flows = nil }), signin.ErrFlowNotAllowed},
		"asks, other sign-in": {with(func(a *signin.Authorization) { a.Client.ID, a.Client.SSOValidity = "other", new(0) }), signin.ErrSignInEnded},
	} {
		if code, err := f.IssueCode(t.Context(), tt.a); code != "" || !errors.Is(err, tt.want) {
			t.Errorf("IssueCode(%s) = %q, %v, want %v", what, code, err, tt.want)
		}
		set, err := f.GrantFor(t.Context(), tt.a)
		if isURI := errors.Is(tt.want, signin.ErrRedirectMismatch); !isURI && (set != nil || !errors.Is(err, tt.want)) {
			t.Errorf("GrantFor(%s) = %v, %v, want %v", what, set, err, tt.want)
		}
	}
}

// A client that always asks gets its code right after the sign-in, and only then.
func TestCodeOfClientThatAsks(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	f.client.SSOValidity = new(0)
	sso := f.mustSignInOnPage()
	f.now = f.now.Add(cognate.SignInWindow - time.Second)
	f.mustExchange(f.mustIssue(f.authorization(sso, "openid")))
	f.now = f.now.Add(time.Second)
	if _, err := f.IssueCode(t.Context(), f.authorization(sso, "openid")); !errors.Is(err, signin.ErrSignInEnded) {
		t.Errorf("IssueCode(5 minutes after the sign-in) = %v, want %v", err, signin.ErrSignInEnded)
	}
}

// The implicit flow has no refresh token, and its grant ends with its tokens.
func TestGrantFor(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	sso := f.mustSignInOnPage()
	set, err := f.GrantFor(t.Context(), f.authorization(sso, "openid", cognate.ScopeUserAdmin))
	if err != nil || set.Refresh != "" || set.ID == "" {
		t.Fatalf("GrantFor() = %+v, %v, want an access and an ID token", set, err)
	}
	if got := claims(t, set.ID)["nonce"]; got != "n-0S6" {
		t.Errorf("nonce = %v", got)
	}
	if err := f.revoked(set); err != nil {
		t.Errorf("Authenticate() = %v", err)
	}
	f.now = f.now.Add(time.Hour)
	if n := f.liveGrants(); n != 0 {
		t.Errorf("%d live grants after the tokens expired, want none", n)
	}
}

// A refresh can ask for fewer scopes, never for more; the grant keeps all.
func TestRefreshScopes(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	set := f.mustExchange(f.mustIssue(f.authorization(f.mustSignInOnPage(), "openid", "email", "orders/read")))
	for _, tt := range []struct {
		scopes   string
		resource string
		want     string
		hasID    bool
		err      error
	}{
		{scopes: "orders/read", want: "orders/read"},
		{scopes: "openid email", want: "email openid", hasID: true},
		{scopes: "email openid email", want: "email openid", hasID: true},
		{scopes: "", want: "openid email orders/read", hasID: true},
		{scopes: "openid phone", err: signin.ErrInvalidScope},
		{scopes: cognate.ScopeUserAdmin, err: signin.ErrInvalidScope},
		{resource: "https://other.example", err: signin.ErrInvalidTarget},
		{resource: "https://api.example", want: "openid email orders/read", hasID: true},
	} {
		got, err := f.Refresh(t.Context(), f.attempt(), signin.RefreshRequest{
			Token: set.Refresh, Scopes: strings.Fields(tt.scopes), Resource: tt.resource,
		})
		if tt.err != nil {
			if got != nil || !errors.Is(err, tt.err) {
				t.Errorf("Refresh(%q, %q) = %v, %v, want %v", tt.scopes, tt.resource, got, err, tt.err)
			}
			continue
		}
		if err != nil || claims(t, got.Access)["scope"] != tt.want || (got.ID != "") != tt.hasID {
			t.Errorf("Refresh(%q) = %v, %v, want scope %q and an ID token: %t", tt.scopes, got, err, tt.want, tt.hasID)
		}
	}
}

// RevokeToken ends the SSO session of the sign-in only with Linked.
func TestRevokeLinked(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	for _, linked := range []bool{false, true} {
		sso := f.mustSignInOnPage()
		set := f.mustExchange(f.mustIssue(f.authorization(sso, "openid", cognate.ScopeUserAdmin)))
		pending := f.mustIssue(f.authorization(sso, "openid"))
		if err := f.RevokeToken(t.Context(), &signin.Revocation{Client: f.client, Token: set.Refresh, Linked: linked}); err != nil {
			t.Fatalf("RevokeToken() = %v", err)
		}
		if err := f.revoked(set); !errors.Is(err, api.ErrTokenRevoked) {
			t.Errorf("access token after RevokeToken() = %v, want %v", err, api.ErrTokenRevoked)
		}
		if _, _, err := f.SSOSession(t.Context(), f.pool, f.client, sso.Secret); (err != nil) != linked {
			t.Errorf("SSOSession() after RevokeToken(linked: %t) = %v", linked, err)
		}
		if _, err := f.ExchangeCode(t.Context(), f.exchange(pending)); (err != nil) != linked {
			t.Errorf("ExchangeCode(code of the session) after RevokeToken(linked: %t) = %v", linked, err)
		}
	}
}

// A client with the flow REFRESH_TOKEN_AUTH gets no more by the API than the user granted.
func TestRefreshByAPIKeepsScopes(t *testing.T) {
	t.Parallel()
	f := newOAuth(t)
	set := f.mustExchange(f.mustIssue(f.authorization(f.mustSignInOnPage(), "orders/read")))
	outcome, err := f.Start(t.Context(), f.attempt(), signin.RefreshStart{Token: set.Refresh})
	if err != nil {
		t.Fatalf("Start(RefreshStart) = %v", err)
	}
	if got := claims(t, outcome.Tokens.Access); got["scope"] != "orders/read" || got["aud"] != "https://api.example" || outcome.Tokens.ID != "" {
		t.Errorf("claims = %v, want the granted scope and audience, and no ID token", got)
	}
}
