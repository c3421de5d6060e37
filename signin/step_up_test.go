package signin_test

import (
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// A request for step-up authentication gets no ordinary tokens, in any flow.
func TestStepUpIsRefused(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth,
		api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	))
	p.MustUser("ann")
	riddles(p, 1)
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	for flow, byUser := range map[api.AuthFlowType]bool{
		api.AuthFlowTypeUserAuth: true, api.AuthFlowTypeUserPasswordAuth: true, api.AuthFlowTypeUserSrpAuth: true,
		api.AuthFlowTypeCustomAuth: true, api.AuthFlowTypeRefreshTokenAuth: true, api.AuthFlowTypeAdminUserPasswordAuth: false,
	} {
		for name, value := range map[string]string{
			"TARGET_ACR_VALUES": "urn:cognito:loa:4", "MAX_AGE": "60", "ACCESS_TOKEN": tokens.AccessToken,
		} {
			parameters := map[string]string{
				"USERNAME": "ann", "PASSWORD": cognatetest.Password, "PREFERRED_CHALLENGE": "PASSWORD", "SRP_A": "aa",
				"REFRESH_TOKEN": tokens.RefreshToken, name: value,
			}
			want := api.InvalidParameterException(name + " is not supported: this server has no step-up authentication.")
			_, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
				UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters,
			})
			cognatetest.WantError(t, "AdminInitiateAuth("+string(flow)+") with "+name, err, want)
			if byUser {
				_, err := start(t, p, flow, parameters)
				cognatetest.WantError(t, "InitiateAuth("+string(flow)+") with "+name, err, want)
			}
		}
	}
}
