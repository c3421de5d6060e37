package cognatetest

import (
	"errors"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/totp"
)

// Password is every test user's.
const Password = "Correct-horse-7"

// People is a pool with an app client, for tests about its users.
type People struct {
	*Server
	PoolID, ClientID string
	t                testing.TB
}

// MustPeople makes a pool with that MFA mode, where users may have software tokens unless it is OFF, and a client that
// allows every flow. The tags are the pool's.
func (s *Server) MustPeople(t testing.TB, mode api.UserPoolMfaType, tags map[string]string) *People {
	t.Helper()
	p := &People{Server: s, t: t}
	pool := s.Must(t).CreateUserPool(&api.CreateUserPoolInput{PoolName: "people", UserPoolTags: tags})
	p.PoolID = pool.UserPool.Id
	client := s.Must(t).CreateUserPoolClient(&api.CreateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientName: "app",
		ExplicitAuthFlows: []api.ExplicitAuthFlowsType{
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
			api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserAuth,
		},
	})
	p.ClientID = client.UserPoolClient.ClientId
	p.MustSetMFA(mode)
	return p
}

// MustSetMFA moves the pool to another MFA mode.
func (p *People) MustSetMFA(mode api.UserPoolMfaType) {
	p.t.Helper()
	in := &api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, MfaConfiguration: mode}
	if mode != api.UserPoolMfaTypeOff {
		in.SoftwareTokenMfaConfiguration = &api.SoftwareTokenMfaConfigType{Enabled: new(true)}
	}
	p.Must(p.t).SetUserPoolMfaConfig(in)
}

// MustUser makes a confirmed user with Password.
func (p *People) MustUser(username string, attributes ...api.AttributeType) {
	p.t.Helper()
	p.Must(p.t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes,
	})
	p.Must(p.t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: username, Password: Password, Permanent: new(true),
	})
}

// SignIn begins a sign-in with Password.
func (p *People) SignIn(username string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(p.t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": Password},
	})
}

// MustSignIn begins a sign-in that must lead to the challenge, or to tokens where it is empty.
func (p *People) MustSignIn(username string, want api.ChallengeNameType) *api.InitiateAuthOutput {
	p.t.Helper()
	out := Try(p.SignIn(username)).Of(p.t)
	if out.ChallengeName != want || (want == "") != (out.AuthenticationResult != nil) {
		p.t.Fatalf("sign-in of %s leads to %q (tokens: %v), want %q", username, out.ChallengeName, out.AuthenticationResult != nil, want)
	}
	return out
}

// AnswerCode answers a SOFTWARE_TOKEN_MFA challenge.
func (p *People) AnswerCode(username, session, code string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Answer(api.ChallengeNameTypeSoftwareTokenMfa, session, map[string]string{
		"USERNAME": username, "SOFTWARE_TOKEN_MFA_CODE": code,
	})
}

// Answer answers a challenge.
func (p *People) Answer(challenge api.ChallengeNameType, session string, responses map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Client.RespondToAuthChallenge(p.t.Context(), &api.RespondToAuthChallengeInput{
		ClientId: p.ClientID, ChallengeName: challenge, Session: session, ChallengeResponses: responses,
	})
}

// MustEnrol gives the user a verified software token by a sign-in at MFA_SETUP, and returns its secret and access token.
// The code of the present time step is spent by it.
func (p *People) MustEnrol(username string) (secret, accessToken string) {
	p.t.Helper()
	s1 := p.MustSignIn(username, api.ChallengeNameTypeMfaSetup).Session
	a := p.Must(p.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: s1})
	v := p.Must(p.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		Session: a.Session, UserCode: p.Code(a.SecretCode),
	})
	out := Try(p.Answer(api.ChallengeNameTypeMfaSetup, v.Session, map[string]string{"USERNAME": username})).Of(p.t)
	return a.SecretCode, out.AuthenticationResult.AccessToken
}

// MustEnrolWith gives a signed-in user a verified software token, and returns its secret.
func (p *People) MustEnrolWith(accessToken string) (secret string) {
	p.t.Helper()
	a := p.Must(p.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: accessToken})
	p.Must(p.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		AccessToken: accessToken, UserCode: p.Code(a.SecretCode),
	})
	return a.SecretCode
}

// MustPrefer switches the signed-in user's software token on, or off, and preferred.
func (p *People) MustPrefer(accessToken string, enabled, preferred bool) {
	p.t.Helper()
	p.Must(p.t).SetUserMFAPreference(&api.SetUserMFAPreferenceInput{
		AccessToken:              accessToken,
		SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(enabled), PreferredMfa: new(preferred)},
	})
}

// Code returns what an authenticator with the secret shows now, by the server's clock.
func (s *Server) Code(secret string) string {
	key, err := totp.Decode(secret)
	if err != nil {
		return "no secret: " + secret
	}
	return totp.Code(key, s.Clock.Now())
}

// NextStep moves the clock to the next time step, where an authenticator shows a new code.
func (s *Server) NextStep() { s.Clock.Advance(30 * time.Second) }

// WrongCode returns six digits that no step near now has.
func (s *Server) WrongCode(secret string) string {
	key, err := totp.Decode(secret)
	if err != nil {
		return "000000"
	}
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if _, err := totp.Verify(key, code, s.Clock.Now(), 0); err != nil {
			return code
		}
	}
	return "444444"
}

// WantError fails the test unless err is the API error with that code and message.
func WantError(t testing.TB, what string, err error, want *api.Error) {
	t.Helper()
	got, ok := errors.AsType[*api.Error](err)
	if !ok || got.Code != want.Code || got.Message != want.Message {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

// WantCode fails the test unless err is an API error with that code, whatever its message.
func WantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if got, ok := errors.AsType[*api.Error](err); !ok || got.Code != code {
		t.Errorf("%s = %v, want %s", what, err, code)
	}
}
