package signup_test

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

// emailIsUsername has users sign up with an email address.
func emailIsUsername(in *api.CreateUserPoolInput) {
	in.UsernameAttributes = []api.UsernameAttributeType{api.UsernameAttributeTypeEmail}
}

func emailIsAlias(in *api.CreateUserPoolInput) {
	in.AliasAttributes = []api.AliasAttributeType{api.AliasAttributeTypeEmail, api.AliasAttributeTypePreferredUsername}
}

func adminOnly(in *api.CreateUserPoolInput) {
	in.AdminCreateUserConfig = &api.AdminCreateUserConfigType{AllowAdminCreateUserOnly: new(true)}
}

func hiding(in *api.CreateUserPoolClientInput) {
	in.PreventUserExistenceErrors = api.PreventUserExistenceErrorTypesEnabled
}

func mustPool(t *testing.T, s *cognatetest.Server, options ...poolOption) *fixture {
	t.Helper()
	in := &api.CreateUserPoolInput{PoolName: "people"}
	for _, option := range options {
		option(in)
	}
	f := &fixture{Server: s, pool: s.Must(t).CreateUserPool(in).UserPool.Id}
	f.client = f.mustClient(t).ClientId
	return f
}

func (f *fixture) mustClient(t *testing.T, options ...clientOption) *api.UserPoolClientType {
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
	return f.Must(t).CreateUserPoolClient(in).UserPoolClient
}

func attributes(pairs ...string) []api.AttributeType {
	var list []api.AttributeType
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, api.AttributeType{Name: pairs[i], Value: pairs[i+1]})
	}
	return list
}

func (f *fixture) signUp(t *testing.T, username string, pairs ...string) (*api.SignUpOutput, error) {
	t.Helper()
	return f.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: f.client, Username: username, Password: cognatetest.Password, UserAttributes: attributes(pairs...),
	})
}

func (f *fixture) mustSignUp(t *testing.T, username string, pairs ...string) *api.SignUpOutput {
	t.Helper()
	return cognatetest.Try(f.signUp(t, username, pairs...)).Of(t)
}

func (f *fixture) confirm(t *testing.T, username, code string) error {
	t.Helper()
	_, err := f.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
		ClientId: f.client, Username: username, ConfirmationCode: code,
	})
	return err
}

func (f *fixture) resend(t *testing.T, username string) (*api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: f.client, Username: username})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

// code returns the newest code that was sent to a destination.
func (f *fixture) code(t *testing.T, destination string) string {
	t.Helper()
	m, ok := f.Mailbox.Last(destination)
	if !ok {
		t.Fatalf("nothing was sent to %s", destination)
	}
	return m.Code
}

// wrong returns a code that isn't the one.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// shown is what AdminGetUser says of a user.
func (f *fixture) shown(t *testing.T, username string) (status api.UserStatusType, list []api.AttributeType) {
	t.Helper()
	out := f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.pool, Username: username})
	return out.UserStatus, out.UserAttributes
}

func (f *fixture) signIn(t *testing.T, username string) error {
	t.Helper()
	_, err := f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.client, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": cognatetest.Password},
	})
	return err
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

// The refusals of sign-up, as callers know them.
var (
	errUnknown   = api.UserNotFoundException("Username/client id combination not found.")
	errMismatch  = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errExpired   = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	errLimit     = api.LimitExceededException("Attempt limit exceeded, please try after some time.")
	errConfirmed = api.NotAuthorizedException("User cannot be confirmed. Current status is CONFIRMED")
	errNoResend  = api.InvalidParameterException("User is already confirmed.")
)
