package cognatetest

import (
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
)

// The relying party of pools with passkeys, and a page of it.
const (
	RelyingPartyID = "example.com"
	Page           = "https://app.example.com"
)

// MustAllowPasskeys lets the pool's users begin a sign-in with a passkey, or the other first factors, and the client let
// them choose. The pool's passkeys count as one factor, or as two.
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

// MustAllowChoice lets the client's users choose how they begin a sign-in, and hides who exists, or doesn't.
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

// MustRegister has the authenticator make a passkey for the signed-in user.
func (p *UserPool) MustRegister(accessToken string, a *webauthntest.Authenticator) {
	p.t.Helper()
	begun := p.Must(p.t).StartWebAuthnRegistration(&api.StartWebAuthnRegistrationInput{AccessToken: accessToken})
	credential := Try(a.Create(Page, begun.CredentialCreationOptions)).Of(p.t)
	p.Must(p.t).CompleteWebAuthnRegistration(&api.CompleteWebAuthnRegistrationInput{
		AccessToken: accessToken, Credential: credential,
	})
}

// AskForPasskey begins a sign-in that prefers a passkey.
func (p *UserPool) AskForPasskey(username string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(p.t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PREFERRED_CHALLENGE": string(api.ChallengeNameTypeWebAuthn)},
	})
}

// MustAskForPasskey begins a sign-in that prefers a passkey, and must lead to one.
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
