package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// mustDisablePassword ends the sign-in of a user with a password.
func mustDisablePassword(t *testing.T, p *cognatetest.UserPool, username string) {
	t.Helper()
	p.Must(t).AdminDisableProviderForUser(&api.AdminDisableProviderForUserInput{
		UserPoolId: p.PoolID, User: &api.ProviderUserIdentifierType{
			ProviderName: "Cognito", ProviderAttributeName: "Cognito_Subject", ProviderAttributeValue: username,
		},
	})
}

// A user for whom an administrator has disabled the provider Cognito cannot sign in with a password, in any flow, and cannot
// get a new one. Grants and unfinished sign-ins have ended. Other factors work.
func TestDisabledPassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, off)
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	set := p.MustSignIn("ann", "").AuthenticationResult
	p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
	recovery := mustCode(t, s, "ann@example.com")
	before := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
	begun, _, err := beginSRP(t, p, "ann")
	if err != nil {
		t.Fatal(err)
	}
	session := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "PASSWORD")).Of(t).Session
	mustDisablePassword(t, p, "ann")
	mustDisablePassword(t, p, "ann") // again

	wrong := api.ErrIncorrectPassword
	_, err = withPassword(t, p, "ann", cognatetest.Password)
	cognatetest.WantError(t, "USER_PASSWORD_AUTH", err, wrong)
	_, err = withPassword(t, p, "ann", "")
	cognatetest.WantCode(t, "USER_PASSWORD_AUTH without a password", err, api.CodeInvalidParameterException)
	_, err = p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: responses("ann", "PASSWORD", cognatetest.Password),
	})
	cognatetest.WantError(t, "ADMIN_USER_PASSWORD_AUTH", err, wrong)
	_, err = proveSRP(p, begun.answer(t, p, cognatetest.Password))
	cognatetest.WantCode(t, "USER_SRP_AUTH, begun before", err, api.CodeNotAuthorizedException)
	if begun, _, err = beginSRP(t, p, "ann"); err != nil {
		t.Fatal(err)
	}
	_, err = proveSRP(p, begun.answer(t, p, cognatetest.Password))
	cognatetest.WantError(t, "USER_SRP_AUTH", err, wrong)
	_, err = p.Answer(byPassword, session, responses("ann", "PASSWORD", cognatetest.Password))
	cognatetest.WantCode(t, "USER_AUTH, begun before", err, api.CodeNotAuthorizedException)
	_, err = userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
	cognatetest.WantError(t, "USER_AUTH with a password", err, wrong)
	after := cognatetest.Try(userAuth(t, p, "ann")).Of(t)
	if len(before.AvailableChallenges) != len(after.AvailableChallenges) {
		t.Errorf("challenges = %v, want %v as before", after.AvailableChallenges, before.AvailableChallenges)
	}

	_, err = p.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: set.AccessToken})
	cognatetest.WantCode(t, "GetUser with a token from before", err, api.CodeNotAuthorizedException)
	_, err = start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": set.RefreshToken})
	cognatetest.WantError(t, "refresh with a token from before", err, api.NotAuthorizedException("Refresh Token has been revoked"))

	cantReset := api.NotAuthorizedException("User password cannot be reset in the current state.")
	_, err = p.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
	cognatetest.WantError(t, "ForgotPassword", err, cantReset)
	_, err = p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
		ClientId: p.ClientID, Username: "ann", ConfirmationCode: recovery, Password: "Another-horse-8",
	})
	cognatetest.WantError(t, "ConfirmForgotPassword with a code from before", err, cantReset)
	_, err = p.Client.AdminResetUserPassword(t.Context(), &api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann"})
	cognatetest.WantError(t, "AdminResetUserPassword", err, cantReset)

	asked := cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	out := cognatetest.Try(p.Answer(byEmail, asked.Session, responses("ann", "EMAIL_OTP_CODE", mustCode(t, s, "ann@example.com")))).Of(t)
	if out.AuthenticationResult == nil {
		t.Fatalf("sign-in with EMAIL_OTP = %+v, want tokens", out)
	}
	for name, previous := range map[string]string{"without the previous one": "", "with it": cognatetest.Password} {
		_, err = p.Client.ChangePassword(t.Context(), &api.ChangePasswordInput{
			AccessToken: out.AuthenticationResult.AccessToken, PreviousPassword: previous, ProposedPassword: "Another-horse-8",
		})
		cognatetest.WantError(t, "ChangePassword "+name, err, cantReset)
	}

	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: "Another-horse-8", Permanent: new(true)})
	if _, err := withPassword(t, p, "ann", "Another-horse-8"); err != nil {
		t.Errorf("sign-in after AdminSetUserPassword = %v", err)
	}
	p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
}

// A client that hides users gets the same answers for a user whose password is disabled as for an unknown name.
func TestDisabledPasswordIsHidden(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.HideUsers())
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	mustDisablePassword(t, p, "ann")
	for _, username := range []string{"ann", "eve"} {
		_, err := withPassword(t, p, username, cognatetest.Password)
		cognatetest.WantError(t, "USER_PASSWORD_AUTH of "+username, err, api.ErrIncorrectPassword)
		begun, _, err := beginSRP(t, p, username)
		if err != nil {
			t.Fatal(err)
		}
		_, err = proveSRP(p, begun.answer(t, p, cognatetest.Password))
		cognatetest.WantError(t, "USER_SRP_AUTH of "+username, err, api.ErrIncorrectPassword)
		chosen := cognatetest.Try(userAuth(t, p, username)).Of(t)
		if chosen.ChallengeName != chooseFirst || len(chosen.AvailableChallenges) != 2 {
			t.Errorf("USER_AUTH of %s = %s with %v, want a choice of two", username, chosen.ChallengeName, chosen.AvailableChallenges)
		}
		if d := p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: username}).CodeDeliveryDetails; d == nil || d.Destination == "" {
			t.Errorf("ForgotPassword(%s) = %v, want a destination", username, d)
		}
		_, err = p.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
			ClientId: p.ClientID, Username: username, ConfirmationCode: "123456", Password: "Another-horse-8",
		})
		cognatetest.WantCode(t, "ConfirmForgotPassword of "+username, err, api.CodeCodeMismatchException)
	}
	if n := len(p.Mailbox.Messages("ann@example.com")); n != 0 {
		t.Errorf("%d messages were sent, want none", n)
	}
}

// An invitation that was not accepted ends with the password.
func TestDisabledTemporaryPassword(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	invite := func(action api.MessageActionType) {
		t.Helper()
		p.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
			UserPoolId: p.PoolID, Username: "ann", TemporaryPassword: cognatetest.Password, MessageAction: action,
			UserAttributes: cognatetest.Attributes("email", "ann@example.com"),
		})
	}
	invite(api.MessageActionTypeSuppress)
	out := p.MustSignIn("ann", api.ChallengeNameTypeNewPasswordRequired)
	mustDisablePassword(t, p, "ann")
	_, err := p.Answer(api.ChallengeNameTypeNewPasswordRequired, out.Session, responses("ann", "NEW_PASSWORD", "Another-horse-8"))
	cognatetest.WantCode(t, "NEW_PASSWORD_REQUIRED, begun before", err, api.CodeNotAuthorizedException)
	_, err = p.SignIn("ann")
	cognatetest.WantError(t, "sign-in with the temporary password", err, api.ErrIncorrectPassword)
	invite(api.MessageActionTypeResend)
	p.MustSignIn("ann", api.ChallengeNameTypeNewPasswordRequired)
}
