package user_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// fixture is a pool with an app client.
type fixture struct {
	*cognatetest.Server
	pool, client string
}

type (
	poolOption   = func(*api.CreateUserPoolInput)
	clientOption = func(*api.CreateUserPoolClientInput)
)

// byEmail has the pool verify email addresses.
func byEmail(in *api.CreateUserPoolInput) {
	in.AutoVerifiedAttributes = []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail}
}

// beforeUpdate has it verify a new one before the old one goes.
func beforeUpdate(in *api.CreateUserPoolInput) {
	byEmail(in)
	in.UserAttributeUpdateSettings = &api.UserAttributeUpdateSettingsType{
		AttributesRequireVerificationBeforeUpdate: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
	}
}

// emailIsUsername has users sign up with an email address.
func emailIsUsername(in *api.CreateUserPoolInput) {
	in.UsernameAttributes = []api.UsernameAttributeType{api.UsernameAttributeTypeEmail}
}

func emailIsAlias(in *api.CreateUserPoolInput) {
	in.AliasAttributes = []api.AliasAttributeType{api.AliasAttributeTypeEmail, api.AliasAttributeTypePreferredUsername}
}

// schema has attributes of every kind of rule.
func schema(in *api.CreateUserPoolInput) {
	in.Schema = []api.SchemaAttributeType{
		{Name: "family_name", Required: new(true), Mutable: new(true)},
		{Name: "fixed", AttributeDataType: api.AttributeDataTypeString},
		{Name: "level", AttributeDataType: api.AttributeDataTypeNumber, Mutable: new(true)},
		{Name: "secret", AttributeDataType: api.AttributeDataTypeString, DeveloperOnlyAttribute: new(true), Mutable: new(true)},
	}
}

func mustPool(t *testing.T, s *cognatetest.Server, options ...poolOption) *fixture {
	t.Helper()
	in := &api.CreateUserPoolInput{PoolName: "people"}
	for _, option := range options {
		option(in)
	}
	f := &fixture{Server: s, pool: s.Must(t).CreateUserPool(in).UserPool.Id}
	f.client = f.mustClient(t)
	return f
}

func (f *fixture) mustClient(t *testing.T, options ...clientOption) string {
	t.Helper()
	in := &api.CreateUserPoolClientInput{
		UserPoolId: f.pool, ClientName: "app",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	}
	for _, option := range options {
		option(in)
	}
	return f.Must(t).CreateUserPoolClient(in).UserPoolClient.ClientId
}

func attributes(pairs ...string) []api.AttributeType {
	var list []api.AttributeType
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, api.AttributeType{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

// invite makes a user, without a message.
func (f *fixture) invite(t *testing.T, username string, pairs ...string) (*api.UserType, error) {
	t.Helper()
	out, err := f.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: f.pool, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes(pairs...),
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
	wantRefusal(t, "AdminSetUserPassword()", f.setPassword(t, username, cognatetest.Password, true), nil)
	return user.Attributes[0].Value
}

func (f *fixture) setPassword(t *testing.T, username, password string, permanent bool) error {
	t.Helper()
	_, err := f.Client.AdminSetUserPassword(t.Context(), &api.AdminSetUserPasswordInput{
		UserPoolId: f.pool, Username: username, Password: password, Permanent: &permanent,
	})
	return err
}

func (f *fixture) get(t *testing.T, username string) (*api.AdminGetUserOutput, error) {
	t.Helper()
	return f.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: f.pool, Username: username})
}

// wantAttributes checks what AdminGetUser says of a user.
func (f *fixture) wantAttributes(t *testing.T, username string, pairs ...string) {
	t.Helper()
	out := cognatetest.Try(f.get(t, username)).Of(t)
	wantDiff(t, "attributes of "+username, attributes(pairs...), out.UserAttributes)
}

func (f *fixture) signIn(t *testing.T, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.client, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

// mustToken signs a user in and returns the access token.
func (f *fixture) mustToken(t *testing.T, username string) string {
	t.Helper()
	out := cognatetest.Try(f.signIn(t, username, cognatetest.Password)).Of(t)
	if out.AuthenticationResult == nil {
		t.Fatalf("InitiateAuth(%s) leads to %s, want tokens", username, out.ChallengeName)
	}
	return out.AuthenticationResult.AccessToken
}

func (f *fixture) getUser(t *testing.T, token string) (*api.GetUserOutput, error) {
	t.Helper()
	return f.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: token})
}

func (f *fixture) adminUpdate(t *testing.T, username string, pairs ...string) error {
	t.Helper()
	_, err := f.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
		UserPoolId: f.pool, Username: username, UserAttributes: attributes(pairs...),
	})
	return err
}

func (f *fixture) update(t *testing.T, token string, pairs ...string) ([]api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.UpdateUserAttributes(t.Context(), &api.UpdateUserAttributesInput{
		AccessToken: token, UserAttributes: attributes(pairs...),
	})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetailsList, nil
}

func (f *fixture) verify(t *testing.T, token, name, code string) error {
	t.Helper()
	_, err := f.Client.VerifyUserAttribute(t.Context(), &api.VerifyUserAttributeInput{
		AccessToken: token, AttributeName: name, Code: code,
	})
	return err
}

// sent returns the secret of the newest message to a destination.
func (f *fixture) sent(t *testing.T, destination string) string {
	t.Helper()
	m, ok := f.Mailbox.Last(destination)
	if !ok {
		t.Fatalf("nothing was sent to %s", destination)
	}
	return m.Code
}

// wantSent checks how many messages went out, to whomever.
func (f *fixture) wantSent(t *testing.T, n int) {
	t.Helper()
	if got := f.Mailbox.Messages(""); len(got) != n {
		t.Errorf("%d messages went out, want %d", len(got), n)
	}
}

// wantRefusal checks an error by code and text; a nil want is none.
func wantRefusal(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func wantDiff(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// The refusals that several operations share, as callers know them.
var (
	errMismatch   = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errExpired    = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	errLimit      = api.LimitExceededException("Attempt limit exceeded, please try after some time.")
	errUnwritable = api.NotAuthorizedException("A client attempted to write unauthorized attribute")
	errTakenEmail = api.AliasExistsException("An account with the given email already exists.")
)
