package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// fixture is a user pool whose app client allows password sign-ins.
type fixture struct{ *cognatetest.UserPool }

func mustPool(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *fixture {
	t.Helper()
	return &fixture{s.Pool(t, append([]cognatetest.Option{passwordFlows}, options...)...)}
}

var (
	passwordFlows = cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
	// byEmail makes the pool verify email addresses.
	byEmail = cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail)
	// beforeUpdate makes the pool verify a new email address before it replaces the old one.
	beforeUpdate = cognatetest.VerifyBeforeUpdate(api.VerifiedAttributeTypeEmail)
	// schema has attributes of every kind of rule.
	schema = cognatetest.Schema([]api.SchemaAttributeType{
		{Name: "family_name", Required: new(true), Mutable: new(true)},
		{Name: "fixed", AttributeDataType: api.AttributeDataTypeString},
		{Name: "level", AttributeDataType: api.AttributeDataTypeNumber, Mutable: new(true)},
		{Name: "secret", AttributeDataType: api.AttributeDataTypeString, DeveloperOnlyAttribute: new(true), Mutable: new(true)},
	}...)
)

func (f *fixture) signUp(t *testing.T, username string, pairs ...string) (*api.SignUpOutput, error) {
	t.Helper()
	return f.Client.SignUp(t.Context(), &api.SignUpInput{
		ClientId: f.ClientID, Username: username, Password: cognatetest.Password, UserAttributes: cognatetest.Attributes(pairs...),
	})
}

func (f *fixture) mustSignUp(t *testing.T, username string, pairs ...string) *api.SignUpOutput {
	t.Helper()
	return cognatetest.Try(f.signUp(t, username, pairs...)).Of(t)
}

func (f *fixture) confirmSignUp(t *testing.T, username, code string) error {
	t.Helper()
	_, err := f.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
		ClientId: f.ClientID, Username: username, ConfirmationCode: code,
	})
	return err
}

func (f *fixture) resend(t *testing.T, username string) (*api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.ResendConfirmationCode(t.Context(), &api.ResendConfirmationCodeInput{ClientId: f.ClientID, Username: username})
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

// wrong returns another code.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// shown returns what AdminGetUser shows of a user.
func (f *fixture) shown(t *testing.T, username string) (status api.UserStatusType, list []api.AttributeType) {
	t.Helper()
	out := f.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: username})
	return out.UserStatus, out.UserAttributes
}

// signInError returns the error of a sign-in with cognatetest.Password.
func (f *fixture) signInError(username string) error {
	_, err := f.SignIn(username)
	return err
}

// wantSent checks how many messages went out.
func (f *fixture) wantSent(t *testing.T, n int) {
	t.Helper()
	if got := f.Mailbox.Messages(""); len(got) != n {
		t.Errorf("%d messages went out, want %d", len(got), n)
	}
}

func wantDiff(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// withClient returns the pool with another app client.
func (f *fixture) withClient(options ...cognatetest.Option) *fixture {
	return &fixture{f.WithClient(f.MustClient(append([]cognatetest.Option{passwordFlows}, options...)...))}
}

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
	cognatetest.WantRefusal(t, "AdminSetUserPassword()", f.setPassword(t, username, cognatetest.Password, true), nil)
	return user.Attributes[0].Value
}

func (f *fixture) setPassword(t *testing.T, username, password string, permanent bool) error {
	t.Helper()
	_, err := f.Client.AdminSetUserPassword(t.Context(), &api.AdminSetUserPasswordInput{
		UserPoolId: f.PoolID, Username: username, Password: password, Permanent: &permanent,
	})
	return err
}

func (f *fixture) get(t *testing.T, username string) (*api.AdminGetUserOutput, error) {
	t.Helper()
	return f.Client.AdminGetUser(t.Context(), &api.AdminGetUserInput{UserPoolId: f.PoolID, Username: username})
}

// wantAttributes checks the attributes that AdminGetUser shows.
func (f *fixture) wantAttributes(t *testing.T, username string, pairs ...string) {
	t.Helper()
	out := cognatetest.Try(f.get(t, username)).Of(t)
	wantDiff(t, "attributes of "+username, cognatetest.Attributes(pairs...), out.UserAttributes)
}

func (f *fixture) signIn(t *testing.T, username, password string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return f.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
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
		UserPoolId: f.PoolID, Username: username, UserAttributes: cognatetest.Attributes(pairs...),
	})
	return err
}

func (f *fixture) update(t *testing.T, token string, pairs ...string) ([]api.CodeDeliveryDetailsType, error) {
	t.Helper()
	out, err := f.Client.UpdateUserAttributes(t.Context(), &api.UpdateUserAttributesInput{
		AccessToken: token, UserAttributes: cognatetest.Attributes(pairs...),
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

func (f *fixture) confirmForgotPassword(t *testing.T, username, code, password string) error {
	t.Helper()
	_, err := f.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: f.ClientID, Username: username, ConfirmationCode: code, Password: password,
	})
	return err
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

const newPassword = "Another-horse-8"

var verifiedByMail = contact("email", "a@example.com")

// Errors that several operations share.
var (
	errUnknown    = api.UserNotFoundException("Username/client id combination not found.")
	errMismatch   = api.CodeMismatchException("Invalid verification code provided, please try again.")
	errExpired    = api.ExpiredCodeException("Invalid code provided, please request a code again.")
	errLimit      = api.LimitExceededException("Attempt limit exceeded, please try after some time.")
	errConfirmed  = api.NotAuthorizedException("User cannot be confirmed. Current status is CONFIRMED")
	errNoResend   = api.InvalidParameterException("User is already confirmed.")
	errUnwritable = api.NotAuthorizedException("A client attempted to write unauthorized attribute")
	errTakenEmail = api.AliasExistsException("An account with the given email already exists.")
	errNoContact  = api.InvalidParameterException("Cannot reset password for the user as there is no registered/verified email or phone_number")
	errState      = api.NotAuthorizedException("User password cannot be reset in the current state.")
	errByAdmin    = api.NotAuthorizedException("Contact administrator to reset password.")
	errDisabled   = api.NotAuthorizedException("User is disabled.")
	errMustReset  = api.PasswordResetRequiredException("Password reset required for the user")
)
