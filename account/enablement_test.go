package account_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

func TestDisableAndEnable(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna")
	in := cognatetest.Try(f.signIn(t, "anna", cognatetest.Password)).Of(t)
	disable := func() error {
		_, err := s.Client.AdminDisableUser(t.Context(), &api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "anna"})
		return err
	}
	for range 2 { // the second call is not an error
		cognatetest.WantRefusal(t, "AdminDisableUser()", disable(), nil)
	}
	if out := cognatetest.Try(f.get(t, "anna")).Of(t); *out.Enabled || out.UserStatus != api.UserStatusTypeConfirmed {
		t.Errorf("AdminGetUser(disabled) = %+v, want Enabled false and the status kept", out)
	}
	_, err := f.signIn(t, "anna", cognatetest.Password)
	cognatetest.WantRefusal(t, "InitiateAuth(disabled)", err, api.ErrUserDisabled)
	_, err = f.getUser(t, in.AuthenticationResult.AccessToken)
	cognatetest.WantRefusal(t, "GetUser(disabled)", err, api.ErrTokenRevoked)

	_, err = s.Client.AdminEnableUser(t.Context(), &api.AdminEnableUserInput{UserPoolId: f.PoolID, Username: "anna"})
	cognatetest.WantRefusal(t, "AdminEnableUser()", err, nil)
	f.mustToken(t, "anna")
	_, err = f.getUser(t, in.AuthenticationResult.AccessToken)
	cognatetest.WantRefusal(t, "GetUser(token from before)", err, api.ErrTokenRevoked)
	_, err = s.Client.InitiateAuth(t.Context(), &api.InitiateAuthInput{
		ClientId: f.ClientID, AuthFlow: api.AuthFlowTypeRefreshTokenAuth,
		AuthParameters: map[string]string{"REFRESH_TOKEN": in.AuthenticationResult.RefreshToken},
	})
	if err == nil {
		t.Error("InitiateAuth(refresh token from before the user was disabled) succeeded")
	}
}
