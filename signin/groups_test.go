package signin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const roleARN = "arn:aws:iam::123456789012:role/"

// mustJoin creates a group and adds the user.
func mustJoin(t *testing.T, p *cognatetest.UserPool, username, name, role string, precedence *int) {
	t.Helper()
	p.Must(t).CreateGroup(&api.CreateGroupInput{UserPoolId: p.PoolID, GroupName: name, RoleArn: role, Precedence: precedence})
	p.Must(t).AdminAddUserToGroup(&api.AdminAddUserToGroupInput{UserPoolId: p.PoolID, Username: username, GroupName: name})
}

// groupClaims returns the claims about groups of an ID and an access token.
func groupClaims(t *testing.T, tokens *api.AuthenticationResultType) map[string]any {
	t.Helper()
	found := make(map[string]any)
	for kind, token := range map[string]string{"id": tokens.IdToken, "access": tokens.AccessToken} {
		claims := claimsOf(t, token)
		for _, name := range []string{"groups", "roles", "preferred_role"} {
			if value, ok := claims["cognito:"+name]; ok {
				found[kind+" "+name] = value
			}
		}
	}
	return found
}

// Each issue of tokens reads the user's groups again.
func TestGroupsInTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	if got := groupClaims(t, tokens); len(got) != 0 {
		t.Errorf("claims without groups = %v, want none", got)
	}
	mustJoin(t, p, "ann", "readers", "", nil)
	mustJoin(t, p, "ann", "writers", roleARN+"w", new(5))
	mustJoin(t, p, "ann", "admins", roleARN+"a", new(0))
	want := map[string]any{
		"id groups": []any{"admins", "writers", "readers"}, "access groups": []any{"admins", "writers", "readers"},
		"id roles": []any{roleARN + "a", roleARN + "w"}, "id preferred_role": roleARN + "a",
	}
	for what, issue := range map[string]func() *api.AuthenticationResultType{
		"sign-in": func() *api.AuthenticationResultType { return p.MustSignIn("ann", "").AuthenticationResult },
		"AdminInitiateAuth": func() *api.AuthenticationResultType {
			return p.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
				UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
				AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": cognatetest.Password},
			}).AuthenticationResult
		},
		"REFRESH_TOKEN_AUTH": func() *api.AuthenticationResultType {
			return p.Must(t).InitiateAuth(&api.InitiateAuthInput{
				ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
				AuthParameters: map[string]string{"REFRESH_TOKEN": tokens.RefreshToken},
			}).AuthenticationResult
		},
		"GetTokensFromRefreshToken": func() *api.AuthenticationResultType {
			return p.Must(t).GetTokensFromRefreshToken(&api.GetTokensFromRefreshTokenInput{
				ClientId: p.ClientID, RefreshToken: tokens.RefreshToken,
			}).AuthenticationResult
		},
	} {
		if diff := cmp.Diff(want, groupClaims(t, issue())); diff != "" {
			t.Errorf("claims of %s (-want +got):\n%s", what, diff)
		}
	}
	p.Must(t).UpdateGroup(&api.UpdateGroupInput{UserPoolId: p.PoolID, GroupName: "writers", Precedence: new(0)})
	p.Must(t).DeleteGroup(&api.DeleteGroupInput{UserPoolId: p.PoolID, GroupName: "readers"})
	want = map[string]any{
		"id groups": []any{"writers", "admins"}, "access groups": []any{"writers", "admins"}, "id roles": []any{roleARN + "w", roleARN + "a"},
	}
	if diff := cmp.Diff(want, groupClaims(t, p.MustSignIn("ann", "").AuthenticationResult)); diff != "" {
		t.Errorf("claims after a tie of roles (-want +got):\n%s", diff)
	}
}

// Functions of every version receive the groups, and change them in both tokens.
func TestFunctionsChangeGroups(t *testing.T) {
	t.Parallel()
	for version, member := range map[api.PreTokenGenerationLambdaVersionType]string{
		api.PreTokenGenerationLambdaVersionTypeV10: "claimsOverrideDetails",
		api.PreTokenGenerationLambdaVersionTypeV20: "claimsAndScopeOverrideDetails",
		api.PreTokenGenerationLambdaVersionTypeV30: "claimsAndScopeOverrideDetails",
	} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			p := cognatetest.Pool(t)
			p.MustUser("ann")
			mustJoin(t, p, "ann", "readers", roleARN+"r", nil)
			mustJoin(t, p, "ann", "admins", "", new(1))
			p.MustTokenTrigger(version)
			own := map[string]any{
				"id groups": []any{"admins", "readers"}, "access groups": []any{"admins", "readers"}, "id roles": []any{roleARN + "r"},
				"id preferred_role": roleARN + "r",
			}
			for what, tt := range map[string]struct {
				details map[string]any
				want    map[string]any
			}{
				"nothing": {map[string]any{}, own},
				"empty":   {map[string]any{"groupOverrideDetails": map[string]any{}}, map[string]any{}},
				"null":    {map[string]any{"groupOverrideDetails": nil}, map[string]any{}},
				"other groups": {
					map[string]any{"groupOverrideDetails": map[string]any{
						"groupsToOverride": []string{"x"}, "iamRolesToOverride": []string{"y"}, "preferredRole": "y",
					}},
					map[string]any{"id groups": []any{"x"}, "access groups": []any{"x"}, "id roles": []any{"y"}, "id preferred_role": "y"},
				},
			} {
				p.Triggers.On(cognate.TriggerPreTokenGeneration, cognatetest.Answer(map[string]any{member: tt.details}))
				if diff := cmp.Diff(tt.want, groupClaims(t, p.MustSignIn("ann", "").AuthenticationResult)); diff != "" {
					t.Errorf("claims after %s (-want +got):\n%s", what, diff)
				}
				event := p.Triggers.Last(t, cognate.TriggerPreTokenGeneration).Request.GroupConfiguration
				if strings.Join(event.Groups, " ") != "admins readers" || strings.Join(event.Roles, " ") != roleARN+"r" || event.PreferredRole != roleARN+"r" {
					t.Errorf("groupConfiguration = %+v, want the user's groups", event)
				}
			}
		})
	}
}

// The longest access token of a user: 100 groups with names of 128 characters that have three bytes each. Each operation with
// an access token accepts it.
func TestLongTokens(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	for i := range cognate.QuotaGroupsOfUser.Max {
		mustJoin(t, p, "ann", fmt.Sprintf("%03d%s", i, strings.Repeat("組", 125)), "", nil)
	}
	token := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	if len(token) < 48<<10 {
		t.Errorf("the token has %d bytes, want more than 48 KiB", len(token))
	}
	bodies := map[string]string{
		"ChangePassword":               `,"PreviousPassword":"` + cognatetest.Password + `","ProposedPassword":"Another-horse-7"`,
		"CompleteWebAuthnRegistration": `,"Credential":{}`, "ConfirmDevice": `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
		"DeleteUserAttributes": `,"UserAttributeNames":["name"]`, "DeleteWebAuthnCredential": `,"CredentialId":"none"`,
		"ForgetDevice": `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
		"GetDevice":    `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`, "GetUserAttributeVerificationCode": `,"AttributeName":"email"`,
		"RevokeUserSession": `,"SessionId":"none"`, "SetUserSettings": `,"MFAOptions":[]`,
		"UpdateDeviceStatus":   `,"DeviceKey":"us-east-1_00000000-0000-0000-0000-000000000000"`,
		"UpdateUserAttributes": `,"UserAttributes":[{"Name":"name","Value":"Ann"}]`, "VerifySoftwareToken": `,"UserCode":"123456"`,
		"VerifyUserAttribute": `,"AttributeName":"email","Code":"123456"`,
	}
	call := func(op *api.Operation) {
		_, err := p.Client.Send(t.Context(), op, fmt.Appendf(nil, `{"AccessToken":%q%s}`, token, bodies[op.Name]))
		refusal, ok := errors.AsType[*api.Error](err)
		if err != nil && !ok || ok && (strings.Contains(refusal.Message, "Access Token") || strings.Contains(refusal.Message, "validation error") ||
			refusal.Code == api.CodeSerializationException || strings.Contains(refusal.Message, "too large")) {
			t.Errorf("%s = %v, want the token to be accepted; bodies has the rest of each request", op.Name, err)
		}
	}
	last := make(map[string]*api.Operation) // they end the sign-in
	for _, op := range api.Operations() {
		switch {
		case op.Auth != api.AuthToken && op.Auth != api.AuthTokenOrSession:
		case op.Name == "GlobalSignOut" || op.Name == "DeleteUser":
			last[op.Name] = op
		default:
			call(op)
		}
	}
	call(last["GlobalSignOut"])
	token = p.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Another-horse-7"},
	}).AuthenticationResult.AccessToken
	call(last["DeleteUser"])
}
