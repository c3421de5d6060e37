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

// fixture is a user pool whose app client allows password sign-ins.
type fixture struct{ *cognatetest.UserPool }

func mustPool(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *fixture {
	t.Helper()
	flows := cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
	return &fixture{s.Pool(t, append([]cognatetest.Option{flows}, options...)...)}
}

// contact returns a verified contact.
func contact(name, value string) []api.AttributeType {
	return []api.AttributeType{{Name: name, Value: value}, {Name: name + "_verified", Value: "true"}}
}

// mustInvite makes a FORCE_CHANGE_PASSWORD user.
func (f *fixture) mustInvite(t *testing.T, username string, attributes ...api.AttributeType) {
	t.Helper()
	f.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: f.PoolID, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes,
	})
}

func (f *fixture) forgot(t *testing.T, username string) (*api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: f.ClientID, Username: username})
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

func (f *fixture) confirmForgotPassword(t *testing.T, username, code, password string) error {
	t.Helper()
	_, err := f.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: f.ClientID, Username: username, ConfirmationCode: code, Password: password,
	})
	return err
}

func (f *fixture) signIn(t *testing.T, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": password},
	})
}

func (f *fixture) reset(t *testing.T, username string) error {
	t.Helper()
	_, err := f.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: f.PoolID, Username: username})
	return err
}

func (f *fixture) status(t *testing.T, username string) api.UserStatusType {
	t.Helper()
	return f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: username}).UserStatus
}

func (f *fixture) mustDisable(t *testing.T, username string) {
	t.Helper()
	f.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: username})
}

// wrong returns another code.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
