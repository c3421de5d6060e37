package user_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// fixture is a user pool with helpers for the operations of this package.
type fixture struct{ *cognatetest.UserPool }

func mustPool(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *fixture {
	t.Helper()
	return &fixture{s.Pool(t, options...)}
}

// schema has attributes of every kind of rule.
var schema = cognatetest.Schema([]api.SchemaAttributeType{
	{Name: "family_name", Required: new(true), Mutable: new(true)},
	{Name: "fixed", AttributeDataType: api.AttributeDataTypeString},
	{Name: "level", AttributeDataType: api.AttributeDataTypeNumber, Mutable: new(true)},
	{Name: "secret", AttributeDataType: api.AttributeDataTypeString, DeveloperOnlyAttribute: new(true), Mutable: new(true)},
}...)

// invite makes a user, without a message.
func (f *fixture) invite(t *testing.T, username string, pairs ...string) (*api.UserType, error) {
	t.Helper()
	out, err := f.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: f.PoolID, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: cognatetest.Attributes(pairs...),
	})
	if err != nil {
		return nil, err
	}
	return out.User, nil
}

// mustUser makes a confirmed user and returns the sub.
func (f *fixture) mustUser(t *testing.T, username string, pairs ...string) (sub string) {
	t.Helper()
	user := cognatetest.Try(f.invite(t, username, pairs...)).Of(t)
	f.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: f.PoolID, Username: username, Password: cognatetest.Password, Permanent: new(true),
	})
	return user.Attributes[0].Value
}

func (f *fixture) get(t *testing.T, username string) (*api.AdminGetUserOutput, error) {
	t.Helper()
	return f.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: f.PoolID, Username: username})
}

// mustToken signs a user in and returns the access token.
func (f *fixture) mustToken(t *testing.T, username string) string {
	t.Helper()
	return f.MustSignIn(username, "").AuthenticationResult.AccessToken
}

func (f *fixture) getUser(t *testing.T, token string) (*api.GetUserOutput, error) {
	t.Helper()
	return f.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
}

func wantDiff(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (f *fixture) adminUpdate(t *testing.T, username string, pairs ...string) error {
	t.Helper()
	_, err := f.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
		UserPoolId: f.PoolID, Username: username, UserAttributes: cognatetest.Attributes(pairs...),
	})
	return err
}
