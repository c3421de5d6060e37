package importer

import "slices"

// categories has the operations of each category of rate limits.
// Source: developer guide, Quotas in Amazon Cognito, "API request rate quotas" (docs/behaviour.md §8.4). The guide does not list
// the newest operations: their categories are those of their neighbours.
var categories = map[string][]string{
	"UserAuthentication": {"AdminInitiateAuth", "AdminRespondToAuthChallenge", "InitiateAuth", "RespondToAuthChallenge"},
	"UserCreation":       {"AdminConfirmSignUp", "AdminCreateUser", "ConfirmSignUp", "SignUp"},
	"UserAccountRecovery": {
		"AdminResetUserPassword", "AdminSetUserPassword", "ChangePassword", "ConfirmForgotPassword", "ForgotPassword",
	},
	"UserRead": {"AdminGetUser", "AdminGetUserAuthFactors", "GetUser", "GetUserAuthFactors"},
	"UserUpdate": {
		"AdminAddUserToGroup", "AdminDeleteUser", "AdminDeleteUserAttributes", "AdminDisableProviderForUser", "AdminDisableUser",
		"AdminEnableUser", "AdminLinkProviderForUser", "AdminRemoveUserFromGroup", "AdminUpdateUserAttributes",
		"AdminUserGlobalSignOut", "DeleteUser", "DeleteUserAttributes", "GlobalSignOut", "UpdateUserAttributes", "VerifyUserAttribute",
	},
	"UserToken": {"GetTokensFromRefreshToken", "RevokeToken"},
	"UserResourceRead": {
		"AdminGetDevice", "AdminListDevices", "AdminListGroupsForUser", "AdminListUserAuthEvents", "AdminListUserSessions", "GetDevice",
		"GetUserAttributeVerificationCode", "ListDevices", "ListUserSessions", "ListWebAuthnCredentials", "ResendConfirmationCode",
	},
	"UserResourceUpdate": {
		"AdminDeleteSoftwareToken", "AdminForgetDevice", "AdminRevokeUserSession", "AdminSetUserMFAPreference", "AdminSetUserSettings",
		"AdminUpdateAuthEventFeedback", "AdminUpdateDeviceStatus", "AssociateSoftwareToken", "CompleteWebAuthnRegistration",
		"ConfirmDevice", "DeleteWebAuthnCredential", "ForgetDevice", "RevokeUserSession", "SetUserMFAPreference", "SetUserSettings",
		"StartWebAuthnRegistration", "UpdateAuthEventFeedback", "UpdateDeviceStatus", "VerifySoftwareToken",
	},
	"UserList":       {"ListUsers", "ListUsersInGroup"},
	"UserPoolRead":   {"DescribeUserPool", "ListUserPoolReplicas", "ListUserPools"},
	"UserPoolUpdate": {"CreateUserPool", "CreateUserPoolReplica", "DeleteUserPool", "DeleteUserPoolReplica", "UpdateUserPool", "UpdateUserPoolReplica"},
	"UserPoolResourceRead": {
		"DescribeIdentityProvider", "DescribeManagedLoginBranding", "DescribeManagedLoginBrandingByClient", "DescribeResourceServer",
		"DescribeRiskConfiguration", "DescribeTerms", "DescribeTermsByClient", "DescribeUserImportJob", "DescribeUserPoolDomain",
		"GetCSVHeader", "GetGroup", "GetIdentityProviderByIdentifier", "GetLogDeliveryConfiguration", "GetSigningCertificate",
		"GetUICustomization", "GetUserPoolMfaConfig", "GetUserPoolSessionConfiguration", "ListGroups", "ListIdentityProviders",
		"ListResourceServers", "ListTagsForResource", "ListTerms", "ListUserImportJobs",
	},
	"UserPoolResourceUpdate": {
		"AddCustomAttributes", "CreateGroup", "CreateIdentityProvider", "CreateManagedLoginBranding", "CreateResourceServer",
		"CreateTerms", "CreateUserImportJob", "CreateUserPoolDomain", "DeleteGroup", "DeleteIdentityProvider",
		"DeleteManagedLoginBranding", "DeleteResourceServer", "DeleteTerms", "DeleteUserPoolDomain", "SetLogDeliveryConfiguration",
		"SetRiskConfiguration", "SetUICustomization", "SetUserPoolMfaConfig", "SetUserPoolSessionConfiguration", "StartUserImportJob",
		"StopUserImportJob", "TagResource", "UntagResource", "UpdateGroup", "UpdateIdentityProvider", "UpdateManagedLoginBranding",
		"UpdateResourceServer", "UpdateTerms", "UpdateUserPoolDomain",
	},
	"UserPoolClientRead": {
		"DescribeUserPoolClient", "GetUserPoolClientSessionConfiguration", "ListUserPoolClientSecrets", "ListUserPoolClients",
	},
	"UserPoolClientUpdate": {
		"AddUserPoolClientSecret", "CreateUserPoolClient", "DeleteUserPoolClient", "DeleteUserPoolClientSecret",
		"SetUserPoolClientSessionConfiguration", "UpdateUserPoolClient",
	},
	"ClientAuthentication": {"GetClientToken"},
	"LimitManagement":      {"GetProvisionedLimit", "UpdateProvisionedLimit"},
}

// categoryOf returns the category of an operation; "" if it has none, which a test of package cognate reports.
func categoryOf(operation string) string {
	for category, names := range categories {
		if slices.Contains(names, operation) {
			return category
		}
	}
	return ""
}
