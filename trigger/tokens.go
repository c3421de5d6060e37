package trigger

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cognate"
	"cognate/api"
	"cognate/tokens"
)

// Sources of the events before tokens are issued (docs/behaviour.md §6.2).
const (
	TokenGenerationAuthentication       = "TokenGeneration_Authentication"
	TokenGenerationHostedAuth           = "TokenGeneration_HostedAuth"
	TokenGenerationNewPasswordChallenge = "TokenGeneration_NewPasswordChallenge"
	TokenGenerationAuthenticateDevice   = "TokenGeneration_AuthenticateDevice"
	TokenGenerationRefreshTokens        = "TokenGeneration_RefreshTokens"
	TokenGenerationClientCredentials    = "TokenGeneration_ClientCredentials"
)

// machineUsername is the user name in events for client credentials, which have no user (docs/behaviour.md §6.3).
const machineUsername = "ClientCredentials"

type tokenRequest struct {
	UserAttributes     map[string]string   `json:"userAttributes"`
	GroupConfiguration *groupConfiguration `json:"groupConfiguration"`
	Scopes             []string            `json:"scopes,omitzero"` // not in the first version
	ClientMetadata     map[string]string   `json:"clientMetadata,omitempty"`
}

type groupConfiguration struct {
	GroupsToOverride   []string `json:"groupsToOverride"`
	IAMRolesToOverride []string `json:"iamRolesToOverride"`
	PreferredRole      *string  `json:"preferredRole"`
}

type tokenResponseV1 struct {
	ClaimsOverrideDetails *struct {
		ClaimsToAddOrOverride map[string]string `json:"claimsToAddOrOverride"`
		ClaimsToSuppress      []string          `json:"claimsToSuppress"`
		GroupOverrideDetails  jsontext.Value    `json:"groupOverrideDetails"`
	} `json:"claimsOverrideDetails"`
}

type tokenResponseV2 struct {
	ClaimsAndScopeOverrideDetails *struct {
		IDTokenGeneration     *claimChanges  `json:"idTokenGeneration"`
		AccessTokenGeneration *claimChanges  `json:"accessTokenGeneration"`
		GroupOverrideDetails  jsontext.Value `json:"groupOverrideDetails"`
	} `json:"claimsAndScopeOverrideDetails"`
}

type claimChanges struct {
	ClaimsToAddOrOverride map[string]jsontext.Value `json:"claimsToAddOrOverride"`
	ClaimsToSuppress      []string                  `json:"claimsToSuppress"`
	ScopesToAdd           []string                  `json:"scopesToAdd"`
	ScopesToSuppress      []string                  `json:"scopesToSuppress"`
}

// PreTokenGeneration asks the function for changes to the tokens of a sign-in; nil changes nothing. scopes are those of the
// access token. Tokens for client credentials (source TokenGenerationClientCredentials) have no user, and only the third
// version of the trigger supports them. Source: Cognito developer guide, Pre token generation Lambda trigger;
// docs/behaviour.md §6.3.
func (s *Service) PreTokenGeneration(ctx context.Context, call Call, source string, scopes []string) (*tokens.Changes, error) {
	version := call.Pool.TokenTriggerVersion()
	machine := source == TokenGenerationClientCredentials
	if !call.Pool.HasTrigger(cognate.TriggerPreTokenGeneration) || machine && version != api.PreTokenGenerationLambdaVersionTypeV30 {
		return nil, nil
	}
	request := tokenRequest{UserAttributes: call.userAttributes(), ClientMetadata: call.Metadata}
	if machine {
		call.Username = machineUsername
	} else {
		request.GroupConfiguration = groupsToEvent(call.Groups)
	}
	if version == api.PreTokenGenerationLambdaVersionTypeV10 {
		return s.idTokenChanges(ctx, &call, newEvent(&call, source, request, tokenResponseV1{}))
	}
	request.Scopes = append([]string{}, scopes...)
	e := newEvent(&call, source, request, tokenResponseV2{})
	e.Version = map[api.PreTokenGenerationLambdaVersionType]string{
		api.PreTokenGenerationLambdaVersionTypeV20: "2", api.PreTokenGenerationLambdaVersionTypeV30: "3",
	}[version]
	return s.tokenChanges(ctx, &call, e)
}

// idTokenChanges sends an event of the first version. Its answer changes the ID token and the groups.
func (s *Service) idTokenChanges(ctx context.Context, call *Call, e *event) (*tokens.Changes, error) {
	var response tokenResponseV1
	if err := s.invoke(ctx, call, cognate.TriggerPreTokenGeneration, e, &response); err != nil {
		return nil, err
	}
	details := response.ClaimsOverrideDetails
	if details == nil {
		return nil, nil
	}
	groups, err := groupsFromEvent(details.GroupOverrideDetails)
	if err != nil {
		return nil, err
	}
	claims := make(map[string]any, len(details.ClaimsToAddOrOverride))
	for name, value := range details.ClaimsToAddOrOverride {
		claims[name] = value
	}
	return &tokens.Changes{
		ID: tokens.ClaimChanges{Set: claims, Suppress: details.ClaimsToSuppress}, Groups: groups,
	}, nil
}

// tokenChanges sends an event of a later version. Its answer changes both tokens.
func (s *Service) tokenChanges(ctx context.Context, call *Call, e *event) (*tokens.Changes, error) {
	var response tokenResponseV2
	if err := s.invoke(ctx, call, cognate.TriggerPreTokenGeneration, e, &response); err != nil {
		return nil, err
	}
	details := response.ClaimsAndScopeOverrideDetails
	if details == nil {
		return nil, nil
	}
	groups, err := groupsFromEvent(details.GroupOverrideDetails)
	if err != nil {
		return nil, err
	}
	return &tokens.Changes{
		ID: details.IDTokenGeneration.toNoun(), Access: details.AccessTokenGeneration.toNoun(), Groups: groups,
	}, nil
}

func (c *claimChanges) toNoun() tokens.ClaimChanges {
	if c == nil {
		return tokens.ClaimChanges{}
	}
	claims := make(map[string]any, len(c.ClaimsToAddOrOverride))
	for name, value := range c.ClaimsToAddOrOverride {
		switch value.Kind() {
		case 'n': // null changes nothing
		case '"':
			var text string
			_ = json.Unmarshal(value, &text) // a string, by its kind
			claims[name] = text
		default: // unchanged JSON: a number keeps its digits
			claims[name] = value
		}
	}
	return tokens.ClaimChanges{
		Set: claims, Suppress: c.ClaimsToSuppress, AddScopes: c.ScopesToAdd, SuppressScopes: c.ScopesToSuppress,
	}
}

func groupsToEvent(g tokens.GroupConfiguration) *groupConfiguration {
	return &groupConfiguration{
		GroupsToOverride: append([]string{}, g.Groups...), IAMRolesToOverride: append([]string{}, g.Roles...),
		PreferredRole: optional(g.PreferredRole),
	}
}

// groupsFromEvent returns the groups in groupOverrideDetails. An empty or null member removes the user's groups
// (docs/behaviour.md §6.3).
// Assumed: without groupOverrideDetails the groups do not change, as in samples of the guide.
func groupsFromEvent(details jsontext.Value) (*tokens.GroupConfiguration, error) {
	if len(details) == 0 {
		return nil, nil
	}
	var groups groupConfiguration
	if err := json.Unmarshal(details, &groups); err != nil {
		return nil, errUnrecognizable
	}
	out := &tokens.GroupConfiguration{Groups: groups.GroupsToOverride, Roles: groups.IAMRolesToOverride}
	if groups.PreferredRole != nil {
		out.PreferredRole = *groups.PreferredRole
	}
	return out, nil
}
