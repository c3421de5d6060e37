package signin_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	first := p.MustSignIn("ann", "").AuthenticationResult
	p.Clock.Advance(2 * time.Hour)
	for _, flow := range []api.AuthFlowType{api.AuthFlowTypeRefreshTokenAuth, api.AuthFlowTypeRefreshToken} {
		out := cognatetest.Try(start(t, p, flow, map[string]string{"REFRESH_TOKEN": first.RefreshToken})).Of(t)
		result := out.AuthenticationResult
		if result == nil || result.AccessToken == "" || result.IdToken == "" || result.RefreshToken != "" || *result.ExpiresIn != 3600 {
			t.Fatalf("%s = %+v, want new access and ID tokens and no refresh token", flow, result)
		}
		p.Must(t).GetUser(&api.GetUserInput{AccessToken: result.AccessToken})
	}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p, other := s.Pool(t), s.Pool(t)
	p.MustUser("ann")
	refresh := func(p *cognatetest.UserPool, token string) error {
		_, err := start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": token})
		return err
	}
	invalid := api.NotAuthorizedException("Invalid Refresh Token.")
	token := p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	cognatetest.WantError(t, "a made-up token", refresh(p, "eyJjdHkiOiJKV1QifQ.x.y"), invalid)
	cognatetest.WantError(t, "a token of another pool", refresh(other, token), invalid)

	p.Clock.Advance(30 * 24 * time.Hour)
	cognatetest.WantError(t, "an expired token", refresh(p, token), api.NotAuthorizedException("Refresh Token has expired"))

	token = p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	p.Must(t).AdminUserGlobalSignOut(&api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
	cognatetest.WantError(t, "a token signed out", refresh(p, token), api.NotAuthorizedException("Refresh Token has been revoked"))

	token = p.MustSignIn("ann", "").AuthenticationResult.RefreshToken
	p.Must(t).AdminDeleteUser(&api.AdminDeleteUserInput{UserPoolId: p.PoolID, Username: "ann"})
	cognatetest.WantError(t, "a deleted user's token", refresh(p, token), invalid)
}
