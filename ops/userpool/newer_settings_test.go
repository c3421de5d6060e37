package userpool_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// acrLevels returns the names of all levels, with a name for the first one.
func acrLevels(first string) map[string]api.AcrLevelConfigType {
	return map[string]api.AcrLevelConfigType{
		"Level1": {AcrValue: first}, "Level2": {AcrValue: "urn:cognito:loa:2"},
		"Level3": {AcrValue: "urn:cognito:loa:3"}, "Level4": {AcrValue: "urn:cognito:loa:4"},
	}
}

// Source: docs/behaviour.md §3.6, §7.7.
func TestNewerSettings(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	invalid := api.InvalidParameterException
	inLite := func(feature string) error {
		return api.FeatureUnavailableInTierException(
			"The following features need to be disabled for the LITE pricing tier configured: " + feature)
	}
	acr := func(pairs ...string) api.UpdateUserPoolInput {
		levels := make(map[string]api.AcrLevelConfigType)
		for _, a := range cognatetest.Attributes(pairs...) {
			levels[a.Name] = api.AcrLevelConfigType{AcrValue: a.Value}
		}
		return api.UpdateUserPoolInput{AcrConfiguration: levels}
	}
	dcr := func(c api.DcrConfigurationType) api.UpdateUserPoolInput {
		return api.UpdateUserPoolInput{DcrConfiguration: &c}
	}
	key := func(c api.KeyConfigurationType) api.UpdateUserPoolInput {
		return api.UpdateUserPoolInput{KeyConfiguration: &c}
	}
	lite := func(in api.UpdateUserPoolInput) api.UpdateUserPoolInput {
		in.UserPoolTier = api.UserPoolTierTypeLite
		return in
	}
	const kms = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
	for name, test := range map[string]struct {
		in   api.UpdateUserPoolInput
		want error
	}{
		"levels":                     {acr("Level1", "low", "Level4", "high"), nil},
		"two levels that swap names": {acr("Level1", "urn:cognito:loa:2", "Level2", "urn:cognito:loa:1"), nil},
		"unknown level":              {acr("Level5", "top"), invalid("Invalid level in AcrConfiguration: valid levels are Level1, Level2, Level3, Level4")},
		"name with a space":          {acr("Level1", "very low"), invalid("Invalid AcrValue for Level1 in AcrConfiguration")},
		"long name":                  {acr("Level3", strings.Repeat("x", 65)), invalid("Invalid AcrValue for Level3 in AcrConfiguration")},
		"name of two levels":         {acr("Level1", "x", "Level3", "x"), invalid("The AcrValue x appears more than once in AcrConfiguration")},
		"default name of another":    {acr("Level1", "urn:cognito:loa:4"), invalid("The AcrValue urn:cognito:loa:4 appears more than once in AcrConfiguration")},
		"levels in LITE":             {lite(acr("Level1", "low")), inLite("Step-Up Authentication")},
		"default levels in LITE":     {lite(acr("Level1", "urn:cognito:loa:1")), nil},
		"registration":               {dcr(api.DcrConfigurationType{AllowedScopes: []string{"a/b", "aws.cognito.signin.user.admin"}}), nil},
		"registration in LITE":       {lite(dcr(api.DcrConfigurationType{})), inLite("Dynamic Client Registration")},
		"no registration in LITE":    {lite(dcr(api.DcrConfigurationType{EnableStatus: "Disabled"})), nil},
		"the scope of registration": {
			dcr(api.DcrConfigurationType{AllowedScopes: []string{"aws.cognito/dcr/register"}}), invalid("Invalid scope in AllowedScopes: aws.cognito/dcr/register"),
		},
		"a scope that is not custom": {dcr(api.DcrConfigurationType{AllowedScopes: []string{"openid"}}), invalid("Invalid scope in AllowedScopes: openid")},
		"grant types twice": {
			dcr(api.DcrConfigurationType{OpenDcrGrantTypes: []api.OAuthFlowType{"code", "code"}}), invalid("code appears more than once in OpenDcrGrantTypes."),
		},
		"key of the customer":         {key(api.KeyConfigurationType{KeyType: "CUSTOMER_MANAGED_KEY", KmsKeyArn: kms}), nil},
		"key of the customer, no ARN": {key(api.KeyConfigurationType{KeyType: "CUSTOMER_MANAGED_KEY"}), invalid("The KeyType CUSTOMER_MANAGED_KEY requires KmsKeyArn")},
		"key of AWS with an ARN":      {key(api.KeyConfigurationType{KmsKeyArn: kms}), invalid("KmsKeyArn requires the KeyType CUSTOMER_MANAGED_KEY")},
	} {
		test.in.UserPoolId = mustCreate(t, s, api.CreateUserPoolInput{}).Id
		cognatetest.WantRefusal(t, "UpdateUserPool("+name+")", update(t, s, test.in), test.want)
		_, err := s.Client.CreateUserPool(t.Context(), &api.CreateUserPoolInput{
			PoolName: "people", UserPoolTier: test.in.UserPoolTier, AcrConfiguration: test.in.AcrConfiguration,
			DcrConfiguration: test.in.DcrConfiguration, KeyConfiguration: test.in.KeyConfiguration,
		})
		cognatetest.WantRefusal(t, "CreateUserPool("+name+")", err, test.want)
	}
}

// Structures that a request contains in part read back complete.
func TestPartialSettingsReadBackComplete(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	pool := mustCreate(t, s, api.CreateUserPoolInput{
		DcrConfiguration: &api.DcrConfigurationType{}, KeyConfiguration: &api.KeyConfigurationType{},
		IssuerConfiguration: &api.IssuerConfigurationType{},
		AcrConfiguration:    map[string]api.AcrLevelConfigType{"Level1": {AcrValue: "low"}},
	})
	for what, pair := range map[string][2]any{
		"AcrConfiguration":    {acrLevels("low"), pool.AcrConfiguration},
		"KeyConfiguration":    {&api.KeyConfigurationType{KeyType: "AWS_OWNED_KEY"}, pool.KeyConfiguration},
		"IssuerConfiguration": {&api.IssuerConfigurationType{Type: "ORIGINAL"}, pool.IssuerConfiguration},
		"DcrConfiguration": {&api.DcrConfigurationType{
			EnableStatus: "Enabled", OpenDcrEnabled: new(false),
			AuthenticatedGrantTypes: []api.OAuthFlowType{"code", "client_credentials"}, OpenDcrGrantTypes: []api.OAuthFlowType{"code"},
		}, pool.DcrConfiguration},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}
