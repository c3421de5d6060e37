package cognatetest

import (
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
)

// The relying party of pools with passkeys, and a page of its origin.
const (
	RelyingPartyID = "example.com"
	Page           = "https://app.example.com"
)

// MustAllowPasskeys lets the pool's users start a sign-in with a passkey or another first factor, and lets the client's
// users choose. A passkey of the pool counts as one factor or as two.
func (p *UserPool) MustAllowPasskeys(mode api.UserPoolMfaType, factor api.WebAuthnFactorConfigurationType) {
	p.t.Helper()
	in := &api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: mode,
		WebAuthnConfiguration: &api.WebAuthnConfigurationType{RelyingPartyId: RelyingPartyID, FactorConfiguration: factor},
	}
	if mode != api.UserPoolMfaTypeOff {
		in.SoftwareTokenMfaConfiguration = &api.SoftwareTokenMfaConfigType{Enabled: new(true)}
	}
	p.Must(p.t).SetUserPoolMfaConfig(in)
	p.Must(p.t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: p.PoolID, Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{
			AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn},
		}},
	})
	p.MustAllowChoice("")
}

// MustAllowChoice lets the client's users choose how to start a sign-in, and sets whether the client hides which users
// exist.
func (p *UserPool) MustAllowChoice(hide api.PreventUserExistenceErrorTypes) {
	p.t.Helper()
	p.Must(p.t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, PreventUserExistenceErrors: hide,
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, // for helpers that sign in
		},
	})
}

// MustRegister makes a passkey for the signed-in user with the authenticator.
func (p *UserPool) MustRegister(accessToken string, a *webauthntest.Authenticator) {
	p.t.Helper()
	begun := p.Must(p.t).StartWebAuthnRegistration(&api.StartWebAuthnRegistrationInput{AccessToken: accessToken})
	credential := Try(a.Create(Page, begun.CredentialCreationOptions)).Of(p.t)
	p.Must(p.t).CompleteWebAuthnRegistration(&api.CompleteWebAuthnRegistrationInput{
		AccessToken: accessToken, Credential: credential,
	})
}

// AskForPasskey starts a sign-in that prefers a passkey.
func (p *UserPool) AskForPasskey(username string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(p.t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PREFERRED_CHALLENGE": string(api.ChallengeNameTypeWebAuthn)},
	})
}

// MustAskForPasskey starts a sign-in that prefers a passkey. The challenge must be WEB_AUTHN.
func (p *UserPool) MustAskForPasskey(username string) *api.InitiateAuthOutput {
	p.t.Helper()
	out := Try(p.AskForPasskey(username)).Of(p.t)
	if out.ChallengeName != api.ChallengeNameTypeWebAuthn {
		p.t.Fatalf("a sign-in of %s that prefers a passkey leads to %q, want WEB_AUTHN", username, out.ChallengeName)
	}
	return out
}

// UsePasskey answers a WEB_AUTHN challenge with one of the authenticator's passkeys.
func (p *UserPool) UsePasskey(username string, a *webauthntest.Authenticator, session string, parameters map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	p.t.Helper()
	credential := Try(a.Get(Page, []byte(parameters["CREDENTIAL_REQUEST_OPTIONS"]))).Of(p.t)
	return p.Answer(api.ChallengeNameTypeWebAuthn, session, map[string]string{"USERNAME": username, "CREDENTIAL": string(credential)})
}
