package signin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// mustMachine creates a client that gets tokens by client credentials, with two scopes.
func mustMachine(t *testing.T, p *cognatetest.UserPool) *api.UserPoolClientType {
	t.Helper()
	p.MustResourceServer("my-api", "read", "write")
	flow := cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth)
	return p.MustClient(flow, cognatetest.ClientSecret(), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthFlowsUserPoolClient = new(true)
		in.AllowedOAuthFlows = []api.OAuthFlowType{api.OAuthFlowTypeClientCredentials}
		in.AllowedOAuthScopes = []string{"my-api/read", "my-api/write"}
	}))
}

func clientToken(t *testing.T, p *cognatetest.UserPool, c *api.UserPoolClientType, scopes ...string) (*api.ClientAuthenticationResultType, error) {
	t.Helper()
	out, err := p.Client.GetClientToken(t.Context(), &api.GetClientTokenInput{
		ClientId: c.ClientId, Secret: c.ClientSecret, Scopes: scopes, ClientMetadata: map[string]string{"from": "test"},
	})
	if err != nil {
		return nil, err
	}
	return out.ClientAuthenticationResult, nil
}

func TestGetClientToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	machine := mustMachine(t, p)
	p.Clock.Advance(time.Hour)
	now := float64(p.Clock.Now().Unix())
	for _, c := range []struct {
		asked []string
		want  string
	}{
		{nil, "my-api/read my-api/write"},
		{[]string{"my-api/write"}, "my-api/write"},
		{[]string{"my-api/write", "my-api/read", "my-api/write"}, "my-api/write my-api/read"},
	} {
		result := cognatetest.Try(clientToken(t, p, machine, c.asked...)).Of(t)
		if *result.ExpiresIn != 3600 || result.TokenType != "Bearer" {
			t.Errorf("result = %+v, want a Bearer token for an hour", result)
		}
		claims := claimsOf(t, result.AccessToken)
		if jti, ok := claims["jti"].(string); !ok || len(jti) != 36 {
			t.Errorf("jti = %v", claims["jti"])
		}
		delete(claims, "jti")
		want := map[string]any{
			"sub": machine.ClientId, "client_id": machine.ClientId, "iss": p.URL + "/" + p.PoolID, "token_use": "access",
			"scope": c.want, "version": 2.0, "auth_time": now, "iat": now, "exp": now + 3600,
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("claims differ (-want +got):\n%s", diff)
		}
	}
}

func TestGetClientTokenRefusals(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	machine := mustMachine(t, p)
	notAMachine := api.NotAuthorizedException("Client is not allowed to get tokens for itself.")
	ask := func(id, secret string, scopes ...string) error {
		_, err := clientToken(t, p, &api.UserPoolClientType{ClientId: id, ClientSecret: secret}, scopes...)
		return err
	}
	const wrong = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	cognatetest.WantError(t, "an unknown client", ask("unknown", wrong), api.ResourceNotFoundException("User pool client unknown does not exist."))
	cognatetest.WantError(t, "a wrong secret", ask(machine.ClientId, wrong),
		api.NotAuthorizedException("Invalid client or secret"))
	cognatetest.WantError(t, "a public client", ask(p.ClientID, wrong), notAMachine)
	for _, scope := range []string{"my-api/delete", "aws.cognito.signin.user.admin", "openid"} {
		cognatetest.WantError(t, "scope "+scope, ask(machine.ClientId, machine.ClientSecret, "my-api/read", scope),
			api.InvalidParameterException("Invalid scope requested: "+scope))
	}
	for what, change := range map[string]func(*api.UpdateUserPoolClientInput){
		"without the flow": func(in *api.UpdateUserPoolClientInput) { in.ExplicitAuthFlows = nil },
		"without scopes": func(in *api.UpdateUserPoolClientInput) {
			in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows, in.AllowedOAuthScopes = nil, nil, nil
		},
		"without scopes of a resource server": func(in *api.UpdateUserPoolClientInput) {
			in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows = nil, nil
			in.AllowedOAuthScopes = []string{"openid", "aws.cognito.signin.user.admin"}
		},
	} {
		in := &api.UpdateUserPoolClientInput{
			UserPoolId: p.PoolID, ClientId: machine.ClientId, ExplicitAuthFlows: machine.ExplicitAuthFlows,
			AllowedOAuthFlowsUserPoolClient: new(true), AllowedOAuthFlows: machine.AllowedOAuthFlows,
			AllowedOAuthScopes: machine.AllowedOAuthScopes, CallbackURLs: []string{"https://app.example.com"},
		}
		change(in)
		p.Must(t).UpdateUserPoolClient(in)
		cognatetest.WantError(t, what, ask(machine.ClientId, machine.ClientSecret), notAMachine)
	}
}

// The client of the developer guide has a secret, ALLOW_CLIENT_TOKEN_AUTH and scopes, and no OAuth 2.0 flow.
func TestGetClientTokenWithoutOAuthFlow(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustResourceServer("my-api", "read", "write")
	flow := cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowClientTokenAuth)
	client := p.MustClient(flow, cognatetest.ClientSecret(), cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
		in.AllowedOAuthScopes = []string{"my-api/read", "openid", "my-api/write"}
	}))
	for what, c := range map[string]struct {
		scopes []string
		want   string
	}{
		"no scopes":    {nil, "my-api/read my-api/write"},
		"one scope":    {[]string{"my-api/read"}, "my-api/read"},
		"other scopes": {[]string{"my-api/write", "my-api/read"}, "my-api/write my-api/read"},
	} {
		claims := claimsOf(t, cognatetest.Try(clientToken(t, p, client, c.scopes...)).Of(t).AccessToken)
		if claims["scope"] != c.want || claims["client_id"] != client.ClientId {
			t.Errorf("GetClientToken(%s): claims = %v, want scope %s", what, claims, c.want)
		}
	}
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: client.ClientId, ExplicitAuthFlows: client.ExplicitAuthFlows,
		AllowedOAuthScopes: client.AllowedOAuthScopes, EnableTokenRevocation: new(false),
	})
	if jti, there := claimsOf(t, cognatetest.Try(clientToken(t, p, client)).Of(t).AccessToken)["jti"]; there {
		t.Errorf("jti = %v without token revocation, want none", jti)
	}
	_, err := clientToken(t, p, client, "openid")
	cognatetest.WantError(t, "GetClientToken(openid)", err, api.InvalidParameterException("Invalid scope requested: openid"))
}

// A machine's token is valid for none of the operations of users, and users cannot sign in to its client.
func TestMachinesAreNotUsers(t *testing.T) {
	t.Parallel()
	p := mustRotatingPool(t, cognatetest.Start(t), 0)
	refresh := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	machine := mustMachine(t, p)
	token := cognatetest.Try(clientToken(t, p, machine)).Of(t).AccessToken
	cognatetest.WantError(t, "GetUser", getUser(t, p, token), api.ErrTokenScope)
	_, err := p.Client.GlobalSignOut(t.Context(), &api.GlobalSignOutInput{AccessToken: token})
	cognatetest.WantError(t, "GlobalSignOut", err, api.ErrTokenScope)

	hash := cognate.SecretHash(machine.ClientSecret, "ann", machine.ClientId)
	for flow, want := range map[api.AuthFlowType]string{
		api.AuthFlowTypeUserPasswordAuth: "USER_PASSWORD_AUTH flow not enabled for this client",
		api.AuthFlowTypeUserSrpAuth:      "USER_SRP_AUTH is not enabled for the client.",
		api.AuthFlowTypeRefreshTokenAuth: "REFRESH_TOKEN_AUTH is not enabled for the client.",
	} {
		_, err := p.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
			ClientId: machine.ClientId, AuthFlow: flow, AuthParameters: map[string]string{
				"USERNAME": "ann", "PASSWORD": cognatetest.Password, "SECRET_HASH": hash, "REFRESH_TOKEN": refresh, "SRP_A": "aa",
			},
		})
		cognatetest.WantError(t, string(flow), err, api.InvalidParameterException(want))
	}
	_, err = p.Client.GetTokensFromRefreshToken(t.Context(), &api.GetTokensFromRefreshTokenInput{
		ClientId: machine.ClientId, ClientSecret: machine.ClientSecret, RefreshToken: refresh,
	})
	cognatetest.WantError(t, "GetTokensFromRefreshToken", err, api.InvalidParameterException("Token refresh is not enabled for the client."))
}

// Version 3 of the trigger event is used for a machine's token. Even if the function adds a scope of users, the token is not
// valid for the operations of users.
func TestTriggerOfAMachinesToken(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	machine := mustMachine(t, p)
	p.MustTokenTrigger(api.PreTokenGenerationLambdaVersionTypeV20)
	cognatetest.Try(clientToken(t, p, machine)).Of(t)
	if sources := p.Triggers.Sources(); len(sources) != 0 {
		t.Errorf("version 2 was asked: %v", sources)
	}
	p.MustTokenTrigger(api.PreTokenGenerationLambdaVersionTypeV30)
	p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Answer(map[string]any{
		"claimsAndScopeOverrideDetails": map[string]any{"accessTokenGeneration": map[string]any{
			"claimsToAddOrOverride": map[string]any{"tenant": "one", "sub": "someone-else", "event_id": "e"},
			"scopesToAdd":           []string{"aws.cognito.signin.user.admin"},
		}},
	}))
	token := cognatetest.Try(clientToken(t, p, machine, "my-api/read")).Of(t).AccessToken
	claims := claimsOf(t, token)
	if claims["tenant"] != "one" || claims["sub"] != machine.ClientId || claims["event_id"] != nil ||
		claims["scope"] != "my-api/read aws.cognito.signin.user.admin" {
		t.Errorf("claims = %v", claims)
	}
	event := p.Triggers.Last(t, cognate.TriggerPreTokenGeneration)
	if event.Source != "TokenGeneration_ClientCredentials" || event.Request.ClientMetadata["from"] != "test" || len(event.Request.Scopes) != 1 {
		t.Errorf("event = %s", event.JSON)
	}
	if err := getUser(t, p, token); err == nil {
		t.Error("a machine's token opens GetUser")
	}
	p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Fail("not today"))
	_, err := clientToken(t, p, machine)
	cognatetest.WantCode(t, "a failing function", err, api.CodeNotAuthorizedException)
}
