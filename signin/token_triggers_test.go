package signin_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// Tokens with the changes of a function still have the claims that the server sets.
func TestTokensChangedByAFunction(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann", api.AttributeType{Name: "email", Value: "ann@example.com"})
	p.MustTokenTrigger(api.PreTokenGenerationLambdaVersionTypeV20)
	changes := func(claims map[string]any) map[string]any {
		claims["sub"], claims["event_id"], claims["exp"], claims["client_id"] = "someone-else", "another", 4102444800, "else"
		return map[string]any{
			"claimsToAddOrOverride": claims, "claimsToSuppress": []string{"email", "jti", "token_use"},
			"scopesToAdd": []string{"orders/read", "two words"},
		}
	}
	p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Answer(map[string]any{
		"claimsAndScopeOverrideDetails": map[string]any{
			"idTokenGeneration":     changes(map[string]any{"levels": []int{1, 2}, "vip": true}),
			"accessTokenGeneration": changes(map[string]any{"tenant": map[string]any{"id": "one"}}),
			"groupOverrideDetails":  map[string]any{"groupsToOverride": []string{"admins"}, "iamRolesToOverride": []string{"r"}, "preferredRole": "r"},
		},
	}))
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	event := p.Triggers.Last(t, cognate.TriggerPreTokenGeneration)
	if diff := cmp.Diff([]string{"aws.cognito.signin.user.admin"}, event.Request.Scopes); event.Version != "2" || diff != "" {
		t.Errorf("event = %s", event.JSON)
	}
	user := p.Must(t).GetUser(&api.GetUserInput{AccessToken: tokens.AccessToken})
	if user.Username != "ann" {
		t.Errorf("the access token is %s's, want ann's", user.Username)
	}
	id, access := claimsOf(t, tokens.IdToken), claimsOf(t, tokens.AccessToken)
	for name, want := range map[string]any{
		"levels": []any{1.0, 2.0}, "vip": true, "email": nil, "sub": user.UserAttributes[0].Value, "token_use": "id", "aud": p.ClientID,
		"cognito:groups": []any{"admins"}, "cognito:roles": []any{"r"}, "cognito:preferred_role": "r",
	} {
		if diff := cmp.Diff(want, id[name]); diff != "" {
			t.Errorf("%s of the ID token (-want +got):\n%s", name, diff)
		}
	}
	for name, want := range map[string]any{
		"tenant": map[string]any{"id": "one"}, "client_id": p.ClientID, "token_use": "access", "cognito:groups": []any{"admins"},
		"cognito:roles": nil, "scope": "aws.cognito.signin.user.admin orders/read",
	} {
		if diff := cmp.Diff(want, access[name]); diff != "" {
			t.Errorf("%s of the access token (-want +got):\n%s", name, diff)
		}
	}
	if access["jti"] == nil || access["event_id"] == "another" || access["exp"] == 4102444800.0 {
		t.Errorf("access token = %v, want what revokes it unchanged", access)
	}
}
