package signup_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate/api"
	"cognate/cognatetest"
)

// fixture is a user pool whose app client allows password sign-ins.
type fixture struct{ *cognatetest.UserPool }

func mustPool(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *fixture {
	t.Helper()
	flows := cognatetest.Flows(api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)
	return &fixture{s.Pool(t, append([]cognatetest.Option{flows}, options...)...)}
}

// byEmail makes the pool verify email addresses.
var byEmail = cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail)

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
