package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
	"cognate/store"
)

var (
	errInvalidRefresh = api.NotAuthorizedException("Invalid Refresh Token.")
	errRefreshRevoked = api.NotAuthorizedException("Refresh Token has been revoked")
	errRefreshReused  = api.RefreshTokenReuseException("Refresh Token has been reused")
)

// mustRotate makes the client rotate refresh tokens with a grace period in seconds.
func mustRotate(t *testing.T, p *cognatetest.UserPool, grace int) {
	t.Helper()
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID,
		ExplicitAuthFlows:    []api.ExplicitAuthFlowsType{api.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
		RefreshTokenRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: &grace},
	})
}

// mustRotatingPool returns a pool with user ann and a client that rotates refresh tokens.
func mustRotatingPool(t *testing.T, s *cognatetest.Server, grace int) *cognatetest.UserPool {
	t.Helper()
	p := s.Pool(t)
	p.MustUser("ann")
	mustRotate(t, p, grace)
	return p
}

func renew(t *testing.T, p *cognatetest.UserPool, token string) (*api.AuthenticationResultType, error) {
	t.Helper()
	out, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: p.ClientID, RefreshToken: token})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

func getUser(t *testing.T, p *cognatetest.UserPool, access string) error {
	t.Helper()
	_, err := p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: access})
	return err
}

// Without rotation the operation answers as the flow REFRESH_TOKEN_AUTH does.
func TestGetTokensWithoutRotation(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	p.Clock.Advance(2 * time.Hour)
	for range 2 {
		result := cognatetest.Try(renew(t, p, token)).Of(t)
		if result.AccessToken == "" || result.IdToken == "" || result.RefreshToken != "" || *result.ExpiresIn != 3600 || result.TokenType != "Bearer" {
			t.Fatalf("GetTokensFromRefreshToken() = %+v, want new access and ID tokens and no refresh token", result)
		}
		if err := getUser(t, p, result.AccessToken); err != nil {
			t.Errorf("GetUser(new access token) = %v", err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 30)
	first := p.MustSignIn("ann", "").AuthenticationResult
	tokens := []string{first.RefreshToken}
	for range 3 {
		p.Clock.Advance(time.Hour)
		result := cognatetest.Try(renew(t, p, tokens[len(tokens)-1])).Of(t)
		if result.RefreshToken == "" {
			t.Fatal("a rotation brings no refresh token")
		}
		tokens = append(tokens, result.RefreshToken)
	}
	p.Clock.Advance(29 * time.Second)
	retried := cognatetest.Try(renew(t, p, tokens[2])).Of(t)
	p.Clock.Advance(time.Second)
	if result := cognatetest.Try(renew(t, p, retried.RefreshToken)).Of(t); result.RefreshToken == "" {
		t.Error("the refresh token of a retry does not rotate")
	}
}

// A replaced token works until the end of the grace period. After that, using it ends all tokens of the sign-in.
func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		grace int
		wait  time.Duration
		reuse func(tokens []string) string
	}{
		{"without a grace period", 0, 0, func(tokens []string) string { return tokens[0] }},
		{"when the grace period is over", 30, 30 * time.Second, func(tokens []string) string { return tokens[0] }},
		{"of a rotated token", 30, 30 * time.Second, func(tokens []string) string { return tokens[1] }},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			p := mustRotatingPool(t, cognatetest.Start(t), c.grace)
			other := p.MustSignIn("ann", "").AuthenticationResult
			first := p.MustSignIn("ann", "").AuthenticationResult
			second := cognatetest.Try(renew(t, p, first.RefreshToken)).Of(t)
			p.Clock.Advance(c.wait)
			third := cognatetest.Try(renew(t, p, second.RefreshToken)).Of(t)
			p.Clock.Advance(c.wait)
			tokens := []string{first.RefreshToken, second.RefreshToken, third.RefreshToken}

			_, err := renew(t, p, c.reuse(tokens))
			cognatetest.WantError(t, "reuse", err, errRefreshReused)
			for _, token := range tokens {
				_, err := renew(t, p, token)
				cognatetest.WantError(t, "a token of the family afterwards", err, errRefreshRevoked)
			}
			for _, result := range []*api.AuthenticationResultType{first, second, third} {
				cognatetest.WantError(t, "an access token of the family", getUser(t, p, result.AccessToken), api.ErrTokenRevoked)
			}
			cognatetest.Try(renew(t, p, other.RefreshToken)).Of(t)
		})
	}
}

// A retry must not split the family of tokens in two: the server detects the second of two clients that continue.
func TestRetryDoesNotForkTheFamily(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 60)
	stolen := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	owner := cognatetest.Try(renew(t, p, stolen)).Of(t)
	p.Clock.Advance(59 * time.Second)
	thief := cognatetest.Try(renew(t, p, stolen)).Of(t)
	p.Clock.Advance(time.Hour)
	cognatetest.Try(renew(t, p, thief.RefreshToken)).Of(t)
	p.Clock.Advance(time.Hour)
	_, err := renew(t, p, owner.RefreshToken)
	cognatetest.WantError(t, "the second to go on", err, errRefreshReused)
}

func TestRotationKeepsTheExpiry(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 0)
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	for range 30 {
		p.Clock.Advance(24*time.Hour - time.Second)
		token = cognatetest.Try(renew(t, p, token)).Of(t).RefreshToken
	}
	p.Clock.Advance(30 * time.Second)
	_, err := renew(t, p, token)
	cognatetest.WantError(t, "a rotated token past the sign-in's expiry", err, api.NotAuthorizedException("Refresh Token has expired"))
}

// Fifty requests with one token within the grace period all get tokens of the same next generation.
func TestRacingRetriesShareOneGeneration(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { raceInGrace(t, []*cognatetest.Server{s}) })
	t.Run("two nodes", func(t *testing.T) {
		t.Parallel()
		raceInGrace(t, cognatetest.StartPair(t, 2))
	})
}

func raceInGrace(t *testing.T, nodes []*cognatetest.Server) {
	p := mustRotatingPool(t, nodes[0], 60)
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	results, refusals := race(t, p, nodes, token)
	if len(refusals) > 0 || len(results) != racers {
		t.Fatalf("%d of %d racing retries succeeded, %v", len(results), racers, refusals)
	}
	p.Clock.Advance(time.Hour)
	next := cognatetest.Try(renew(t, p, results[0].RefreshToken)).Of(t)
	for _, result := range results {
		cognatetest.Try(renew(t, p, result.RefreshToken)).Of(t) // each is the generation that was just replaced
	}
	p.Clock.Advance(time.Minute)
	cognatetest.Try(renew(t, p, next.RefreshToken)).Of(t)
	_, err := renew(t, p, results[racers-1].RefreshToken)
	cognatetest.WantError(t, "a token of the race, later", err, errRefreshReused)
}

// Fifty requests with one token without a grace period: one is answered, and the others end the family.
func TestRacingReuseHasOneWinner(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) { raceWithoutGrace(t, []*cognatetest.Server{s}) })
	t.Run("two nodes", func(t *testing.T) {
		t.Parallel()
		raceWithoutGrace(t, cognatetest.StartPair(t, 2))
	})
}

func raceWithoutGrace(t *testing.T, nodes []*cognatetest.Server) {
	p := mustRotatingPool(t, nodes[0], 0)
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	results, refusals := race(t, p, nodes, token)
	if len(results) != 1 {
		t.Fatalf("%d of %d racing uses succeeded, want 1", len(results), racers)
	}
	reuse := 0
	for _, err := range refusals {
		switch code, _ := codeOf(err); code {
		case api.CodeRefreshTokenReuseException:
			reuse++
		case api.CodeNotAuthorizedException: // after the family was revoked
		default:
			t.Errorf("a racing use = %v", err)
		}
	}
	if reuse != 1 {
		t.Errorf("%d racing uses found the reuse, want 1", reuse)
	}
	_, err := renew(t, p, results[0].RefreshToken)
	cognatetest.WantError(t, "the winner's token", err, errRefreshRevoked)
}

const racers = 50

// race uses one refresh token in many concurrent requests, on all nodes.
func race(t *testing.T, p *cognatetest.UserPool, nodes []*cognatetest.Server, token string) (results []*api.AuthenticationResultType, refusals []error) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-begin
			out, err := nodes[i%len(nodes)].Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{
				ClientId: p.ClientID, RefreshToken: token,
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refusals = append(refusals, err)
				return
			}
			results = append(results, out.AuthenticationResult)
		})
	}
	close(begin)
	wg.Wait()
	return results, refusals
}

// A client that rotates cannot use the flow that does not replace the refresh token, no matter how the client was created.
func TestRefreshFlowOfARotatingClient(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	for what, flows := range map[string][]api.ExplicitAuthFlowsType{
		"with flows": {api.ExplicitAuthFlowsTypeAllowUserPasswordAuth},
		"by default": nil,
		"by legacy":  {api.ExplicitAuthFlowsTypeUserPasswordAuth},
	} {
		p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, ExplicitAuthFlows: flows,
			RefreshTokenRotation: &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled},
		})
		_, err := start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": token})
		cognatetest.WantError(t, "InitiateAuth "+what, err, api.InvalidParameterException("REFRESH_TOKEN_AUTH is not enabled for the client."))
		_, err = p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
			AuthParameters: map[string]string{"REFRESH_TOKEN": token},
		})
		cognatetest.WantError(t, "AdminInitiateAuth "+what, err, api.InvalidParameterException("Auth flow not enabled for this client"))
	}
	cognatetest.Try(renew(t, p, token)).Of(t)
}

// After a client stops rotating, the newest token works in the flow, and a replaced token still ends the sign-in.
func TestRotationSwitchedOff(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 60)
	old := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	newest := cognatetest.Try(renew(t, p, old)).Of(t).RefreshToken
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{UserPoolId: p.PoolID, ClientId: p.ClientID})
	out := cognatetest.Try(start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": newest})).Of(t)
	if out.AuthenticationResult.RefreshToken != "" {
		t.Error("a client that does not rotate gets a refresh token")
	}
	for range 2 {
		_, err := start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": old})
		cognatetest.WantError(t, "a replaced token", err, errRefreshRevoked)
	}
	_, err := start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": newest})
	cognatetest.WantError(t, "its family", err, errRefreshRevoked)
}

// A refresh checks the current state of the user, the client and the family, with and without rotation.
func TestRotatedTokenEndsWithWhatItStandsOn(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		end  func(t *testing.T, p *cognatetest.UserPool, token string) error
		want *api.Error
	}{
		"the user is disabled": {func(t *testing.T, p *cognatetest.UserPool, _ string) error {
			_, err := p.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, errRefreshRevoked},
		"the user is deleted": {func(t *testing.T, p *cognatetest.UserPool, _ string) error {
			_, err := p.Client.AdminDeleteUser(t.Context(), &api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, errInvalidRefresh},
		"the user is signed out": {func(t *testing.T, p *cognatetest.UserPool, _ string) error {
			_, err := p.Client.AdminUserGlobalSignOut(t.Context(), &api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
			return err
		}, errRefreshRevoked},
		"an older token of the family is revoked": {func(t *testing.T, p *cognatetest.UserPool, old string) error {
			_, err := p.Client.RevokeToken(t.Context(), &api.RevokeTokenInput{ClientId: p.ClientID, Token: old})
			return err
		}, errRefreshRevoked},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := mustRotatingPool(t, cognatetest.Start(t), 60)
			old := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
			result := cognatetest.Try(renew(t, p, old)).Of(t)
			if err := c.end(t, p, old); err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{old, result.RefreshToken} {
				_, err := renew(t, p, token)
				cognatetest.WantError(t, "refresh afterwards", err, c.want)
			}
			if getUser(t, p, result.AccessToken) == nil {
				t.Error("the access token lives on")
			}
		})
	}
}

// Every token of a family revokes the family, also the newest.
func TestRevokeARotatedToken(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 0)
	first := p.MustSignIn("ann", "").AuthenticationResult
	second := cognatetest.Try(renew(t, p, first.RefreshToken)).Of(t)
	p.Must(t).RevokeToken(&api.RevokeTokenInput{ClientId: p.ClientID, Token: second.RefreshToken})
	cognatetest.WantError(t, "GetUser(first access token)", getUser(t, p, first.AccessToken), api.ErrTokenRevoked)
	_, err := renew(t, p, second.RefreshToken)
	cognatetest.WantError(t, "refresh", err, errRefreshRevoked)
}

// A token of another client is invalid, and does not end its family.
func TestForeignRefreshTokens(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := mustRotatingPool(t, s, 0), mustRotatingPool(t, s, 0)
	sibling := p.WithClient(p.MustClient(cognatetest.Flows()))
	old := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	token := cognatetest.Try(renew(t, p, old)).Of(t).RefreshToken
	raw := cognatetest.Try(base64.RawURLEncoding.DecodeString(token)).Of(t)
	flipped := append([]byte(nil), raw...)
	flipped[len(flipped)-1] ^= 1
	for what, c := range map[string]struct {
		p     *cognatetest.UserPool
		token string
	}{
		"another pool":                    {other, token},
		"another pool, the first token":   {other, old},
		"another client":                  {sibling, token},
		"another client, replaced token":  {sibling, old},
		"a changed byte":                  {p, base64.RawURLEncoding.EncodeToString(flipped)},
		"a cut token":                     {p, base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1])},
		"a longer token":                  {p, token + "AAAA"},
		"the sealed bytes taken for bare": {p, base64.RawURLEncoding.EncodeToString(raw[:48])},
		"an access token":                 {p, p.MustSignIn("ann", "").AuthenticationResult.AccessToken},
	} {
		_, err := renew(t, c.p, c.token)
		cognatetest.WantError(t, "token of "+what, err, errInvalidRefresh)
	}
	cognatetest.Try(renew(t, p, token)).Of(t)
}

func TestClientSecretOfARefresh(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ClientSecret(), cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth),
		cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
			in.RefreshTokenRotation = &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled}
		}))
	p.MustUser("ann")
	hash := p.SecretHash("ann")
	token := cognatetest.Try(start(t, p, api.AuthFlowTypeUserPasswordAuth, map[string]string{
		"USERNAME": "ann", "PASSWORD": cognatetest.Password, "SECRET_HASH": hash,
	})).Of(t).AuthenticationResult.RefreshToken
	ask := func(secret string) error {
		_, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{
			ClientId: p.ClientID, RefreshToken: token, ClientSecret: secret,
		})
		return err
	}
	cognatetest.WantError(t, "no secret", ask(""),
		api.NotAuthorizedException("Client "+p.ClientID+" is configured for secret but secret was not received"))
	cognatetest.WantError(t, "a wrong secret", ask("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		api.NotAuthorizedException("Unable to verify secret for client "+p.ClientID))
	if err := ask(p.ClientSecret); err != nil {
		t.Errorf("the right secret = %v", err)
	}
	_, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{ClientId: "unknown", RefreshToken: token})
	cognatetest.WantError(t, "an unknown client", err, api.ResourceNotFoundException("User pool client unknown does not exist."))
}

// In a pool that tracks devices, a refresh must name the device of its sign-in.
func TestRefreshNamesItsDevice(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 0)
	sub, _ := claimsOf(t, p.MustSignIn("ann", "").AuthenticationResult.AccessToken)["sub"].(string)
	token := base64.RawURLEncoding.EncodeToString(make([]byte, 48))
	hash := sha256.Sum256([]byte(token))
	device := cognate.DeviceID{Key: "us-east-1_6cb5c4d2-0f1c-4a44-9d6f-1f3f3e9d2b11", GroupKey: "-v7w9UcY6"}
	err := p.Store.Write(t.Context(), func(tx *store.Tx) error {
		pool, err := tx.LockUserPool(t.Context(), p.PoolID)
		if err != nil {
			return err
		}
		pool.DeviceTracking = &api.DeviceConfigurationType{DeviceOnlyRememberedOnUserPrompt: new(false)}
		return errors.Join(tx.SaveUserPool(t.Context(), pool), tx.CreateGrant(t.Context(), cognate.Grant{
			PoolID: p.PoolID, ID: "on a device", ClientID: p.ClientID, Sub: sub, RefreshHash: hash[:],
			AuthTime: p.Clock.Now(), Expires: p.Clock.Now().Add(time.Hour), Device: device,
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(key string) error {
		_, err := p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{
			ClientId: p.ClientID, RefreshToken: token, DeviceKey: key,
		})
		return err
	}
	cognatetest.WantError(t, "no device", ask(""), errInvalidRefresh)
	cognatetest.WantError(t, "another device", ask("us-east-1_00000000-0f1c-4a44-9d6f-1f3f3e9d2b11"), errInvalidRefresh)
	if err := ask(device.Key); err != nil {
		t.Errorf("its device = %v", err)
	}
}

// The pool's function is called before the refresh token is spent, so the client can try again if it fails. It is not called
// for a stolen token.
func TestTriggerOfARotation(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 0)
	p.MustTrigger(cognate.TriggerPreTokenGeneration)
	old := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Fail("not today"))
	_, err := renew(t, p, old)
	cognatetest.WantCode(t, "a failing function", err, api.CodeUserLambdaValidationException)

	p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Answer(map[string]any{
		"claimsOverrideDetails": map[string]any{"claimsToAddOrOverride": map[string]any{"tenant": "one"}},
	}))
	out := p.Must(t).GetTokensFromRefreshToken(&api.GetTokensFromRefreshTokenInput{
		ClientId: p.ClientID, RefreshToken: old, ClientMetadata: map[string]string{"from": "test"},
	})
	if claims := claimsOf(t, out.AuthenticationResult.IdToken); claims["tenant"] != "one" {
		t.Errorf("claims = %v, want what the function adds", claims)
	}
	event := p.Triggers.Last(t, cognate.TriggerPreTokenGeneration)
	if event.Source != "TokenGeneration_RefreshTokens" || event.Request.ClientMetadata["from"] != "test" || event.UserName != "ann" {
		t.Errorf("event = %s", event.JSON)
	}
	p.Triggers.Sources()
	_, err = renew(t, p, old)
	cognatetest.WantError(t, "reuse", err, errRefreshReused)
	if sources := p.Triggers.Sources(); len(sources) > 0 {
		t.Errorf("reuse asked the function: %v", sources)
	}
}
