package importer

import (
	"slices"

	"cognate/internal/apigen/description"
)

// An override changes what the facts say about one shape, for the reason given beside it.
type override struct {
	shape  string
	source string
	change func(*description.Shape)
}

// overrides is the one place where the description departs from the imported facts. Every shape named here must exist,
// so that an override which the facts have outgrown is noticed.
var overrides = []override{
	{
		shape:  "PasswordType",
		source: "validation messages of the service since 2023: inner spaces are allowed (docs/behaviour.md §4.3, §8.3)",
		change: func(s *description.Shape) { s.Pattern = `^[\S]+.*[\S]+$` },
	},
	{
		shape:  "UserPoolMfaType",
		source: "order in the service's own message, measured (docs/behaviour.md §1.5)",
		change: said("OPTIONAL", "OFF", "ON"),
	},
	{
		shape: "ExplicitAuthFlowsType",
		source: "order in the service's own message, aws-solutions/media-insights-on-aws pull 199 (2020); the places of " +
			"ALLOW_USER_AUTH and ALLOW_CLIENT_TOKEN_AUTH, which are younger, are assumed. The latter is in no SDK's enumeration, " +
			"but the API reference, GetClientToken, asks for it, and AWS's own example sets it",
		change: func(s *description.Shape) {
			s.Enum = append(s.Enum, "ALLOW_CLIENT_TOKEN_AUTH")
			said("ALLOW_CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH",
				"ALLOW_USER_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH")(s)
		},
	},
	{
		shape:  "S3BucketType",
		source: "RE2 has no lookbehind: the same language, written without",
		change: func(s *description.Shape) { s.GoPattern = `(?:[0-9A-Za-z.\-_]*[0-9A-Za-z\-_])?` },
	},
}

// newerMembers gives members that the newest SDK has as a plain string the shape that it has elsewhere: its types carry
// no lengths and patterns, and the facts leave enumerated members as strings. The key is "Structure.Member", or
// "*.Member" for every structure.
// Source: the enumerations stand in the same SDK, named after the member; UserPoolId is UserPoolIdType everywhere else.
var newerMembers = map[string]string{
	"*.UserPoolId":                            "UserPoolIdType",
	"*.ClientType":                            "ClientTypeType",
	"*.PasswordHashingAlgorithm":              "PasswordHashingAlgorithmType",
	"*.RevokeAssociatedSessions":              "RevokeAssociatedSessionsType",
	"*.UserSessionTracking":                   "UserSessionTrackingType",
	"CustomDomainConfigType.SecurityPolicy":   "SecurityPolicyType",
	"IssuerConfigurationType.Type":            "IssuerType",
	"KeyConfigurationType.KeyType":            "EncryptionKeyType",
	"LimitDefinitionType.LimitClass":          "LimitClass",
	"ResourceServerType.ManagedBy":            "ResourceServerManagedByType",
	"SessionDescriptionType.SessionType":      "SessionTypeType",
	"UpdateUserPoolReplicaRequest.Status":     "UpdateReplicaStatusType",
	"UserPoolReplicaType.Role":                "ReplicaRoleType",
	"UserPoolReplicaType.Status":              "ReplicaStatusType",
	"AdminListUserSessionsRequest.NextToken":  "PaginationKey",
	"AdminListUserSessionsResponse.NextToken": "PaginationKey",
	"ListUserSessionsRequest.NextToken":       "PaginationKey",
	"ListUserSessionsResponse.NextToken":      "PaginationKey",
}

// ownMembers gives members another shape than the facts do, by "Structure.Member".
// Source: the API reference of each structure. The facts take the names of scopes for a resource server's scopes; the
// newest SDK states the limits of the numbers in words only.
var ownMembers = map[string]string{
	"ClientSSOSessionConfigType.MaxValidityMinutes": "SSOSessionValidityMinutesType",
	"GetClientTokenRequest.Scopes":                  "ScopeListType",
	"UserPoolTokenSessionConfigType.MaxPerUser":     "TokenSessionsPerUserType",
}

// ownShapes are shapes that ownMembers need and the facts lack.
var ownShapes = map[string]description.Shape{
	"SSOSessionValidityMinutesType": {Type: "integer", Newer: true, Min: new(int64(0)), Max: new(int64(129600))},
	"TokenSessionsPerUserType":      {Type: "integer", Newer: true, Min: new(int64(1)), Max: new(int64(100))},
}

// said puts the named values first in messages, in that order; values that it doesn't name keep theirs, behind them.
func said(first ...string) func(*description.Shape) {
	return func(s *description.Shape) {
		rank := make(map[string]int, len(first))
		for i, v := range first {
			rank[v] = i - len(first)
		}
		s.EnumSaid = slices.Clone(s.Enum)
		sortStable(s.EnumSaid, rank)
	}
}
