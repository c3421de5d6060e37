package server_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// ruleBreakers are requests whose shape is valid, and which break a rule of their operation. UserPoolId is missing. named is the error
// for the name of a user or client that a pool does not have; nil for a request without such a name.
var ruleBreakers = []struct {
	operation, members string
	named              error
}{
	{"AddCustomAttributes", `"CustomAttributes":[{"Name":"a","AttributeDataType":"String"},{"Name":"a","AttributeDataType":"String"}]`, nil},
	{"AdminCreateUser", `"Username":"ann","UserAttributes":[{"Name":"nothing","Value":"x"}]`, nil},
	{"AdminDeleteUserAttributes", `"Username":"nobody","UserAttributeNames":["sub"]`, api.ErrUserDoesNotExist},
	{"AdminDisableProviderForUser", `"User":{}`, nil},
	{"AdminInitiateAuth", `"ClientId":"nothing","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{}`, api.ErrClientNotFound("nothing")},
	{"AdminLinkProviderForUser", `"DestinationUser":{},"SourceUser":{}`, nil},
	{"AdminSetUserMFAPreference", `"Username":"nobody","SMSMfaSettings":{"PreferredMfa":true},"SoftwareTokenMfaSettings":{"PreferredMfa":true}`, api.ErrUserDoesNotExist},
	{"AdminSetUserSettings", `"Username":"nobody","MFAOptions":[{"DeliveryMedium":"EMAIL","AttributeName":"email"}]`, api.ErrUserDoesNotExist},
	{"AdminUpdateUserAttributes", `"Username":"nobody","UserAttributes":[{"Name":"sub","Value":"x"}]`, api.ErrUserDoesNotExist},
	{"CreateIdentityProvider", `"ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"unknown":"1"}`, nil},
	{"CreateManagedLoginBranding", `"ClientId":"nothing"`, api.ErrClientNotFound("nothing")},
	{"CreateResourceServer", `"Identifier":"i","Name":"n","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"d"}]`, nil},
	{"CreateTerms", `"ClientId":"nothing","TermsName":"terms-of-use","TermsSource":"LINK","Enforcement":"NONE","Links":{"cognito:english":"http://example.com"}`, api.ErrClientNotFound("nothing")},
	{"CreateUserImportJob", `"JobName":"j","CloudWatchLogsRoleArn":"arn:aws:s3:a:123456789012:bucket"`, nil},
	{"CreateUserPoolClient", `"ClientName":"c","GenerateSecret":true,"ClientSecret":"a_secret_that_the_caller_chose"`, nil},
	{"CreateUserPoolDomain", `"Domain":"cognito-domain"`, nil},
	{"CreateUserPoolReplica", `"RegionName":"nowhere","UserPoolTags":{"cognate:unknown":"x"}`, nil},
	{"ListGroups", `"NextToken":"invalid"`, nil},
	{"ListUsers", `"Filter":"invalid"`, nil},
	{"SetLogDeliveryConfiguration", `"LogConfigurations":[{"LogLevel":"INFO","EventSource":"userNotification"}]`, nil},
	{"SetRiskConfiguration", `"RiskExceptionConfiguration":{"BlockedIPRangeList":["invalid"]}`, nil},
	{"SetUICustomization", `"CSS":"a{}"`, nil},
	{"SetUserPoolMfaConfig", `"MfaConfiguration":"ON"`, nil},
	{"UpdateIdentityProvider", `"ProviderName":"Google","ProviderDetails":{"unknown":"1"}`, nil},
	{"UpdateManagedLoginBranding", `"ManagedLoginBrandingId":"00000000-0000-4000-8000-000000000000","Settings":{"unknown":1}`, nil},
	{"UpdateUserPool", `"MfaConfiguration":"ON"`, nil},
	{"UpdateUserPoolClient", `"ClientId":"nothing","AllowedOAuthScopes":["server/scope"]`, api.ErrClientNotFound("nothing")},
	{"UpdateUserPoolDomain", `"Domain":"login","ManagedLoginVersion":7`, nil},
}

// The pool is looked up before the rules of the operation are checked, and so is the user or client that the request names.
func TestPoolsComeBeforeRules(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := s.Pool(t)
	send := func(operation, members string) error {
		op, _ := api.Lookup(operation)
		_, err := s.Client.Send(t.Context(), op, []byte("{"+members+"}"))
		return err
	}
	const unknown = cognatetest.Region + "_Unknown00"
	for _, r := range ruleBreakers {
		err := send(r.operation, `"UserPoolId":"`+unknown+`",`+r.members)
		cognatetest.WantRefusal(t, r.operation+" of an unknown pool", err, api.ErrPoolNotFound(unknown))
		err = send(r.operation, `"UserPoolId":"`+p.PoolID+`",`+r.members)
		if r.named != nil {
			cognatetest.WantRefusal(t, r.operation+" of an unknown user or client", err, r.named)
		} else if err == nil {
			t.Errorf("%s(%s) succeeded, want a refusal", r.operation, r.members)
		}
	}
	arn := "arn:aws:cognito-idp:" + cognatetest.Region + ":" + cognatetest.AccountID + ":userpool/" + unknown
	err := send("UntagResource", `"ResourceArn":"`+arn+`","TagKeys":["a","a"]`)
	cognatetest.WantRefusal(t, "UntagResource of an unknown pool", err, api.ErrPoolNotFound(unknown))
}
