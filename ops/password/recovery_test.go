package password_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

const newPassword = "Another-horse-8"

var (
	errUnknown     = api.UserNotFoundException("Username/client id combination not found.")
	errMismatch    = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errExpired     = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	errLimit       = api.LimitExceededException("Attempt limit exceeded, please try after some time.")
	errNoContact   = api.InvalidParameterException("Cannot reset password for the user as there is no registered/verified email or phone_number")
	errState       = api.NotAuthorizedException("User password cannot be reset in the current state.")
	errByAdmin     = api.NotAuthorizedException("Contact administrator to reset password.")
	errDisabled    = api.NotAuthorizedException("User is disabled.")
	errMustReset   = api.PasswordResetRequiredException("Password reset required for the user")
	errNoHash      = "is configured with secret but SECRET_HASH was not received"
	verifiedByMail = contact("email", "a@example.com")
)

// fixture is a pool with an app client.
type fixture struct {
	*cognatetest.Server
	pool, client string
}

func mustPool(t *testing.T, s *cognatetest.Server, options ...func(*api.CreateUserPoolInput)) *fixture {
	t.Helper()
	in := &api.CreateUserPoolInput{PoolName: "people"}
	for _, option := range options {
		option(in)
	}
	f := &fixture{Server: s, pool: s.Must(t).CreateUserPool(in).UserPool.Id}
	f.client = f.mustClient(t, "", false).ClientId
	return f
}

func (f *fixture) mustClient(t *testing.T, hides api.PreventUserExistenceErrorTypes, secret bool) *api.UserPoolClientType {
	t.Helper()
	return f.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{
		UserPoolId: f.pool, ClientName: "app", PreventUserExistenceErrors: hides, GenerateSecret: new(secret),
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	}).UserPoolClient
}

// by has the pool recover by the mechanisms, in that order; none is the legacy order.
func by(names ...api.RecoveryOptionNameType) func(*api.CreateUserPoolInput) {
	return func(in *api.CreateUserPoolInput) {
		in.AccountRecoverySetting = &api.AccountRecoverySettingType{}
		for i, name := range names {
			in.AccountRecoverySetting.RecoveryMechanisms = append(in.AccountRecoverySetting.RecoveryMechanisms,
				api.RecoveryOptionType{Name: name, Priority: new(i + 1)})
		}
	}
}

// contact is a verified contact.
func contact(name, value string) []api.AttributeType {
	return []api.AttributeType{{Name: name, Value: value}, {Name: name + "_verified", Value: "true"}}
}

// mustUser makes a confirmed user.
func (f *fixture) mustUser(t *testing.T, username string, attributes ...api.AttributeType) {
	t.Helper()
	f.mustInvite(t, username, attributes...)
	f.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: f.pool, Username: username, Password: cognatetest.Password, Permanent: new(true),
	})
}

// mustInvite makes a FORCE_CHANGE_PASSWORD user.
func (f *fixture) mustInvite(t *testing.T, username string, attributes ...api.AttributeType) {
	t.Helper()
	f.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: f.pool, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes,
	})
}

func (f *fixture) forgot(t *testing.T, username string) (*api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: f.client, Username: username})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

// mustForget returns the code that ForgotPassword sends to the destination.
func (f *fixture) mustForget(t *testing.T, username, destination string) string {
	t.Helper()
	if _, err := f.forgot(t, username); err != nil {
		t.Fatalf("ForgotPassword(%s) = %v", username, err)
	}
	return f.code(t, destination)
}

func (f *fixture) code(t *testing.T, destination string) string {
	t.Helper()
	m, ok := f.Mailbox.Last(destination)
	if !ok {
		t.Fatalf("nothing was sent to %s", destination)
	}
	return m.Code
}

func (f *fixture) confirm(t *testing.T, username, code, password string) error {
	t.Helper()
	_, err := f.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: f.client, Username: username, ConfirmationCode: code, Password: password,
	})
	return err
}

func (f *fixture) signIn(t *testing.T, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.client, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

func (f *fixture) reset(t *testing.T, username string) error {
	t.Helper()
	_, err := f.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: f.pool, Username: username})
	return err
}

func (f *fixture) status(t *testing.T, username string) api.UserStatusType {
	t.Helper()
	return f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.pool, Username: username}).UserStatus
}

func (f *fixture) mustDisable(t *testing.T, username string) {
	t.Helper()
	f.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.pool, Username: username})
}

// wrong returns a code that isn't the one.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
