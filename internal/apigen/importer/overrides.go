package importer

import (
	"slices"

	"cognate/internal/apigen/description"
)

// An override changes one shape of the facts. source is the reason.
type override struct {
	shape  string
	source string
	change func(*description.Shape)
}

// overrides has all changes to shapes of the facts. If a shape does not exist, the import fails, so outdated overrides
// are found.
var overrides = []override{
	{
		shape:  "PasswordType",
		source: "validation messages of the service since 2023: inner spaces are allowed (docs/behaviour.md §4.3, §8.3)",
		change: func(s *description.Shape) { s.Pattern = `^[\S]+.*[\S]+$` },
	},
	{
		shape:  "UserPoolMfaType",
		source: "order in the service's own message, measured (docs/behaviour.md §1.5)",
		change: messageOrder("OPTIONAL", "OFF", "ON"),
	},
	{
		shape: "ExplicitAuthFlowsType",
		source: "order in the service's own message, aws-solutions/media-insights-on-aws pull 199 (2020); the positions of " +
			"ALLOW_USER_AUTH and ALLOW_CLIENT_TOKEN_AUTH, which are newer, are assumed. No SDK's enumeration has the latter, " +
			"but the API reference, GetClientToken, requires it, and AWS's own example sets it",
		change: func(s *description.Shape) {
			s.Enum = append(s.Enum, "ALLOW_CLIENT_TOKEN_AUTH")
			messageOrder("ALLOW_CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH",
				"ALLOW_USER_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH")(s)
		},
	},
	{
		shape:  "DescriptionType",
		source: "UpdateGroup keeps the description that a request leaves out, and an empty one removes it: Terraform sends that",
		change: func(s *description.Shape) { s.EmptyCounts = true },
	},
	{
		shape:  "LogConfigurationListType",
		source: "a null entry is dropped, recorded (docs/behaviour.md §5.10)",
		change: func(s *description.Shape) { s.DropsNull = true },
	},
	{
		shape: "DomainType",
		source: "the pattern of the facts is that of a prefix, and the service has its own message for it (docs/behaviour.md §5.8). " +
			"A custom domain is a host name with dots",
		change: func(s *description.Shape) { s.Pattern = "" },
	},
	{
		shape:  "S3BucketType",
		source: "RE2 has no lookbehind; this expression matches the same strings without it",
		change: func(s *description.Shape) { s.GoPattern = `(?:[0-9A-Za-z.\-_]*[0-9A-Za-z\-_])?` },
	},
}

// newerMembers has the shapes of members that are plain strings in the newest SDK: its types have no lengths and no
// patterns. The key is "Structure.Member", or "*.Member" for every structure.
// Source: these members have the same shapes everywhere else.
var newerMembers = map[string]string{
	"*.UserPoolId":                            "UserPoolIdType",
	"AdminListUserSessionsRequest.NextToken":  "PaginationKey",
	"AdminListUserSessionsResponse.NextToken": "PaginationKey",
	"ListUserSessionsRequest.NextToken":       "PaginationKey",
	"ListUserSessionsResponse.NextToken":      "PaginationKey",
}

// ownMembers has the shapes of members whose shape in the facts is wrong or too loose. The key is "Structure.Member".
// Source: the API reference of each structure. The facts confuse names of scopes with a resource server's scopes. The
// newest SDK has the limits of the numbers only in its documentation.
var ownMembers = map[string]string{
	"ClientSSOSessionConfigType.MaxValidityMinutes": "SSOSessionValidityMinutesType",
	"GetClientTokenRequest.Scopes":                  "ScopeListType",
	"UserPoolTokenSessionConfigType.MaxPerUser":     "TokenSessionsPerUserType",
}

// ownShapes has the shapes that ownMembers needs and that the facts do not have.
var ownShapes = map[string]description.Shape{
	"SSOSessionValidityMinutesType": {Type: "integer", Newer: true, Min: new(int64(0)), Max: new(int64(129600))},
	"TokenSessionsPerUserType":      {Type: "integer", Newer: true, Min: new(int64(1)), Max: new(int64(100))},
}

// bodies has the maximum sizes of requests that are documented for an operation, by its name.
var bodies = map[string]body{
	"CreateManagedLoginBranding": {max: 2 << 20},                                             // API reference, CreateManagedLoginBranding
	"UpdateManagedLoginBranding": {max: 2 << 20},                                             // API reference, UpdateManagedLoginBranding
	"SetUICustomization":         {max: 135 << 10, tooLarge: "request parameters too large"}, // developer guide, hosted UI (classic) branding
	"CreateIdentityProvider":     {max: identityProviderBody},
	"UpdateIdentityProvider":     {max: identityProviderBody},

	"AdminCreateUser":           {max: attributesBody},
	"AdminUpdateUserAttributes": {max: attributesBody},
	"SignUp":                    {max: attributesBody},
	"UpdateUserAttributes":      {max: attributesBody},
}

// body is the documented maximum of a request in bytes, and the message for a larger one.
type body struct {
	max      int64
	tooLarge string
}

// identityProviderBody has room for a metadata document of SAML, with its certificates: a value of ProviderDetails may have
// 131,072 characters, and a client can write each with six bytes (docs/behaviour.md §8.1).
const identityProviderBody = 1 << 20

// attributesBody has room for the attributes of a user: about 16 standard attributes and 50 custom ones, each with 2,048 bytes
// (docs/behaviour.md §4.7, §8.4), and for the other members.
const attributesBody = 256 << 10

// maxEntries is the maximum of a map of a request that has none in the facts.
//
// Assumed: a map of a request, such as ClientMetadata or AuthParameters, may have 100 entries.
const maxEntries = 100

// messageOrder sets the order of an enumeration in messages: the values in first, then the others in their order.
func messageOrder(first ...string) func(*description.Shape) {
	return func(s *description.Shape) {
		rank := make(map[string]int, len(first))
		for i, v := range first {
			rank[v] = i - len(first)
		}
		s.EnumInMessages = slices.Clone(s.Enum)
		sortStable(s.EnumInMessages, rank)
	}
}
