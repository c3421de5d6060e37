package signin_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

const off = api.UserPoolMfaTypeOff

// start begins a sign-in by any flow.
func start(t *testing.T, p *cognatetest.UserPool, flow api.AuthFlowType, parameters map[string]string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters})
}

func withPassword(t *testing.T, p *cognatetest.UserPool, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return start(t, p, api.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": username, "PASSWORD": password})
}

// mustHide turns PreventUserExistenceErrors on.
func mustHide(t *testing.T, p *cognatetest.UserPool) {
	t.Helper()
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
}

func TestPasswordRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.MustUser("dan")
	p.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: p.PoolID, Username: "dan"})
	p.Must(t).SignUp(&api.SignUpInput{ClientId: p.ClientID, Username: "una", Password: cognatetest.Password})

	type row struct {
		username, password string
		want               *api.Error
	}
	check := func(name string, rows []row) {
		t.Helper()
		for _, c := range rows {
			_, err := withPassword(t, p, c.username, c.password)
			cognatetest.WantError(t, fmt.Sprintf("%s: sign-in of %s", name, c.username), err, c.want)
		}
	}
	right, wrong := cognatetest.Password, "Wrong-horse-7"
	check("LEGACY", []row{
		{"ann", wrong, api.ErrIncorrectPassword},
		{"eve", right, api.ErrUserDoesNotExist},
		{"dan", wrong, api.ErrUserDisabled},
		{"una", wrong, api.ErrUserNotConfirmed},
	})
	mustHide(t, p)
	check("ENABLED", []row{
		{"ann", wrong, api.ErrIncorrectPassword},
		{"eve", wrong, api.ErrIncorrectPassword},
		{"dan", wrong, api.ErrIncorrectPassword},
		{"una", wrong, api.ErrIncorrectPassword},
		{"dan", right, api.ErrUserDisabled},
		{"una", right, api.ErrUserNotConfirmed},
	})
}

// Under PreventUserExistenceErrors an unknown name is locked like a user. Otherwise the lock would show which names exist.
func TestNobodyLocksLikeAUser(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	mustHide(t, p)
	for _, name := range []string{"ann", "eve"} {
		for range 5 {
			_, err := withPassword(t, p, name, "Wrong-horse-7")
			cognatetest.WantError(t, "wrong password of "+name, err, api.ErrIncorrectPassword)
		}
		_, err := withPassword(t, p, name, cognatetest.Password)
		cognatetest.WantError(t, "sixth try of "+name, err, api.ErrAttemptsExceeded)
	}
	p.Clock.Advance(time.Second)
	p.MustSignIn("ann", "")
}

func TestLockGrowsAndIsForgotten(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	for range 5 {
		_, err := withPassword(t, p, "ann", "Wrong-horse-7")
		cognatetest.WantError(t, "wrong password", err, api.ErrIncorrectPassword)
	}
	for lock := time.Second; lock < 2*time.Minute; lock *= 2 {
		p.Clock.Advance(lock - time.Second)
		if lock > time.Second {
			_, err := p.SignIn("ann")
			cognatetest.WantError(t, fmt.Sprintf("a second before the end of a lock of %s", lock), err, api.ErrAttemptsExceeded)
		}
		p.Clock.Advance(time.Second)
		_, err := withPassword(t, p, "ann", "Wrong-horse-7")
		cognatetest.WantError(t, fmt.Sprintf("after a lock of %s", lock), err, api.ErrIncorrectPassword)
	}
	p.Clock.Advance(15 * time.Minute)
	for range 4 {
		_, err := withPassword(t, p, "ann", "Wrong-horse-7")
		cognatetest.WantError(t, "wrong password after quiet", err, api.ErrIncorrectPassword)
	}
	p.MustSignIn("ann", "")
}

// Concurrent guesses are counted one by one: the server checks no more of them than of consecutive guesses.
func TestRacingGuessesAreCounted(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		var mu sync.Mutex
		looked := 0
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				_, err := withPassword(t, p, "ann", "Wrong-horse-7")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, api.ErrIncorrectPassword):
					looked++
				case !errors.Is(err, api.ErrAttemptsExceeded):
					t.Errorf("wrong password = %v", err)
				}
			})
		}
		wg.Wait()
		if looked != 5 {
			t.Errorf("%d of 30 racing guesses were looked at, want 5", looked)
		}
	})
}

func TestFlowsByClientAndOperation(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	bare := p.MustClient(cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)).ClientId
	parameters := map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password, "SRP_A": "2"}
	for flow, text := range map[api.AuthFlowType]string{
		api.AuthFlowTypeUserPasswordAuth:      "USER_PASSWORD_AUTH flow not enabled for this client",
		api.AuthFlowTypeUserSrpAuth:           "USER_SRP_AUTH is not enabled for the client.",
		api.AuthFlowTypeAdminUserPasswordAuth: "Initiate Auth method not supported.",
		api.AuthFlowTypeAdminNoSrpAuth:        "Initiate Auth method not supported.",
	} {
		_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{ClientId: bare, AuthFlow: flow, AuthParameters: parameters})
		cognatetest.WantError(t, "InitiateAuth("+string(flow)+")", err, api.InvalidParameterException(text))
	}
	_, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: bare, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth, AuthParameters: parameters,
	})
	cognatetest.WantError(t, "AdminInitiateAuth", err, api.InvalidParameterException("Auth flow not enabled for this client"))

	out := p.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth, AuthParameters: parameters,
	})
	if out.AuthenticationResult == nil {
		t.Errorf("AdminInitiateAuth() = %+v, want tokens", out)
	}
	for _, client := range []string{p.ClientID, bare} {
		_, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: client, AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: parameters,
		})
		cognatetest.WantError(t, "AdminInitiateAuth(USER_PASSWORD_AUTH)", err, api.InvalidParameterException("Initiate Auth method not supported."))
	}
	for _, missing := range []string{"USERNAME", "PASSWORD"} {
		given := map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password}
		delete(given, missing)
		_, err := start(t, p, api.AuthFlowTypeUserPasswordAuth, given)
		cognatetest.WantError(t, "without "+missing, err, api.InvalidParameterException("Missing required parameter "+missing))
	}
	_, err = p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{ClientId: "unknown", AuthFlow: api.AuthFlowTypeUserPasswordAuth, AuthParameters: parameters})
	cognatetest.WantError(t, "unknown client", err, api.ResourceNotFoundException("User pool client unknown does not exist."))
}

func TestSecretHash(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.ClientSecret())
	p.MustUser("ann")
	hash := p.SecretHash("ann")
	given := map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password}

	_, err := start(t, p, api.AuthFlowTypeUserPasswordAuth, given)
	cognatetest.WantError(t, "no hash", err, api.NotAuthorizedException("Client "+p.ClientID+" is configured with secret but SECRET_HASH was not received"))
	given["SECRET_HASH"] = "d3Jvbmc="
	_, err = start(t, p, api.AuthFlowTypeUserPasswordAuth, given)
	cognatetest.WantError(t, "wrong hash", err, api.NotAuthorizedException("Unable to verify secret hash for client "+p.ClientID))
	given["SECRET_HASH"] = hash
	out := cognatetest.Try(start(t, p, api.AuthFlowTypeUserPasswordAuth, given)).Of(t)

	_, err = start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": out.AuthenticationResult.RefreshToken})
	cognatetest.WantError(t, "refresh without hash", err, api.NotAuthorizedException("Client "+p.ClientID+" is configured with secret but SECRET_HASH was not received"))
	refresh := map[string]string{"REFRESH_TOKEN": out.AuthenticationResult.RefreshToken, "SECRET_HASH": p.SecretHash("bob")}
	for _, flow := range []api.AuthFlowType{api.AuthFlowTypeRefreshTokenAuth, api.AuthFlowTypeRefreshToken} {
		_, err = start(t, p, flow, refresh)
		cognatetest.WantError(t, "refresh with the hash of another user", err, api.NotAuthorizedException("SecretHash does not match for the client: "+p.ClientID))
		_, err = p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
			UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: flow, AuthParameters: refresh,
		})
		cognatetest.WantError(t, "an administrator's refresh with it", err, api.NotAuthorizedException("SecretHash does not match for the client: "+p.ClientID))
	}
	refresh["SECRET_HASH"] = hash
	cognatetest.Try(start(t, p, api.AuthFlowTypeRefreshTokenAuth, refresh)).Of(t)

	_, err = p.Client.RevokeToken(t.Context(), &api.RevokeTokenInput{ClientId: p.ClientID, Token: out.AuthenticationResult.RefreshToken})
	cognatetest.WantCode(t, "RevokeToken(no secret)", err, api.CodeUnauthorizedException)
	p.Must(t).RevokeToken(&api.RevokeTokenInput{
		ClientId: p.ClientID, ClientSecret: p.ClientSecret, Token: out.AuthenticationResult.RefreshToken,
	})
	_, err = start(t, p, api.AuthFlowTypeRefreshTokenAuth, refresh)
	cognatetest.WantError(t, "refresh after revocation", err, api.NotAuthorizedException("Refresh Token has been revoked"))
}
