package tokens_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/tokens"
)

func TestTokenChangesApply(t *testing.T) {
	t.Parallel()
	both := func(c tokens.ClaimChanges) *tokens.Changes { return &tokens.Changes{ID: c, Access: c} }
	type claims = map[string]any
	everything := claims{}
	names := []string{
		"acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "cognito:username", "cognito:anything", "device_key",
		"event_id", "exp", "iat", "identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sid", "sub", "token_use", "username", "version", "",
	}
	for _, name := range names {
		everything[name] = "forged"
	}
	for name, tc := range map[string]struct {
		use           cognate.TokenUse
		changes       *tokens.Changes
		before, after claims
	}{
		"nothing": {"id", nil, claims{"sub": "1"}, claims{"sub": "1"}},
		"set, replaced and suppressed": {
			"id", both(tokens.ClaimChanges{Set: claims{"a": 1, "email": "x"}, Suppress: []string{"name"}}),
			claims{"email": "y", "name": "z"},
			claims{"a": 1, "email": "x"},
		},
		"suppression wins": {
			"access", both(tokens.ClaimChanges{Set: claims{"a": 1}, Suppress: []string{"a"}}), claims{"scope": "s"}, claims{"scope": "s"},
		},
		"protected claims of an ID token":      {"id", both(tokens.ClaimChanges{Set: everything, Suppress: names}), claims{"sub": "1", "aud": "c"}, claims{"sub": "1", "aud": "c"}},
		"protected claims of an access token":  {"access", both(tokens.ClaimChanges{Set: everything, Suppress: names}), claims{"sub": "1", "client_id": "c"}, claims{"sub": "1", "client_id": "c"}},
		"its client may be an audience":        {"access", both(tokens.ClaimChanges{Set: claims{"aud": "c"}}), claims{"client_id": "c"}, claims{"client_id": "c", "aud": "c"}},
		"aud must be the client itself":        {"access", both(tokens.ClaimChanges{Set: claims{"aud": []string{"c"}}}), claims{"client_id": "c"}, claims{"client_id": "c"}},
		"the scope is no claim like others":    {"access", both(tokens.ClaimChanges{Set: claims{"scope": "root"}, Suppress: []string{"scope"}}), claims{"scope": "s"}, claims{"scope": "s"}},
		"scopes are for access tokens":         {"id", both(tokens.ClaimChanges{AddScopes: []string{"s"}}), claims{}, claims{}},
		"scopes are added once and removed":    {"access", both(tokens.ClaimChanges{AddScopes: []string{"b", "a", "c"}, SuppressScopes: []string{"c", "d"}}), claims{"scope": "a d"}, claims{"scope": "a b"}},
		"a scope with a space would be two":    {"access", both(tokens.ClaimChanges{AddScopes: []string{"b c", "", "d\te", "f"}}), claims{"scope": "a"}, claims{"scope": "a f"}},
		"no scope is left":                     {"access", both(tokens.ClaimChanges{SuppressScopes: []string{"a"}}), claims{"scope": "a"}, claims{}},
		"groups are replaced":                  {"id", &tokens.Changes{Groups: &tokens.GroupConfiguration{Groups: []string{"g"}, Roles: []string{"r"}, PreferredRole: "r"}}, claims{"cognito:groups": []string{"old"}}, claims{"cognito:groups": []string{"g"}, "cognito:roles": []string{"r"}, "cognito:preferred_role": "r"}},
		"access tokens name groups, not roles": {"access", &tokens.Changes{Groups: &tokens.GroupConfiguration{Groups: []string{"g"}, Roles: []string{"r"}}}, claims{}, claims{"cognito:groups": []string{"g"}}},
		"groups are removed":                   {"access", &tokens.Changes{Groups: &tokens.GroupConfiguration{}}, claims{"cognito:groups": []string{"old"}}, claims{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.changes.Apply(tc.use, tc.before)
			if diff := cmp.Diff(tc.after, tc.before); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}
