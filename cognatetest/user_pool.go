package cognatetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"cognate"
	"cognate/api"
	"cognate/authn/totp"
	"cognate/devapi"
)

// Password is every test user's.
const Password = "Correct-horse-7"

// UserPool is a user pool with an app client, for tests of its users. Tests do not change its fields: With... methods return
// another view.
type UserPool struct {
	*Server
	PoolID, ClientID string
	ClientSecret     string // empty if the app client has none
	t                testing.TB
}

// Pool starts a server that runs until the test ends, and returns a user pool of it. See Server.Pool.
func Pool(t testing.TB, options ...Option) *UserPool {
	t.Helper()
	return Start(t).Pool(t, options...)
}

// Pool creates a user pool with an app client. Without options the pool has the API's defaults, and the client has no
// secret and allows every flow.
func (s *Server) Pool(t testing.TB, options ...Option) *UserPool {
	t.Helper()
	o := newSettings(options)
	p := &UserPool{Server: s, t: t, PoolID: s.Must(t).CreateUserPool(&o.pool).UserPool.Id}
	p = p.WithClient(p.MustClient(options...))
	if o.mfa != "" {
		p.MustSetMFA(o.mfa)
	}
	if len(o.triggers) > 0 {
		p.MustTrigger(o.triggers...)
	}
	return p
}

// MustClient creates an app client of the pool. Options of pools have no effect.
func (p *UserPool) MustClient(options ...Option) *api.UserPoolClientType {
	p.t.Helper()
	o := newSettings(options)
	o.client.UserPoolId = p.PoolID
	return p.Must(p.t).CreateUserPoolClient(&o.client).UserPoolClient
}

// MustResourceServer creates a resource server with scopes.
func (p *UserPool) MustResourceServer(identifier string, scopes ...string) {
	p.t.Helper()
	in := &api.CreateResourceServerInput{UserPoolId: p.PoolID, Identifier: identifier, Name: "an API"}
	for _, name := range scopes {
		in.Scopes = append(in.Scopes, api.ResourceServerScopeType{ScopeName: name, ScopeDescription: "may " + name})
	}
	p.Must(p.t).CreateResourceServer(in)
}

// WithClient returns the user pool with another of its app clients.
func (p *UserPool) WithClient(client *api.UserPoolClientType) *UserPool {
	other := *p
	other.ClientID, other.ClientSecret = client.ClientId, client.ClientSecret
	return &other
}

// For returns the user pool with methods that stop the test t, for a subtest of the test that created the pool.
func (p *UserPool) For(t testing.TB) *UserPool {
	other := *p
	other.t = t
	return &other
}

// SecretHash returns the SECRET_HASH of a username for the app client.
func (p *UserPool) SecretHash(username string) string {
	return cognate.SecretHash(p.ClientSecret, username, p.ClientID)
}

// WithFork returns the copy of the user pool that ForkPool made, with the copy of the app client.
func (p *UserPool) WithFork(fork *devapi.Fork) *UserPool {
	other := *p
	other.PoolID, other.ClientID = fork.PoolID, fork.ClientIDs[p.ClientID]
	return &other
}

// On returns a pool of another server with an app client, for a pool that was imported there.
func (p *UserPool) On(s *Server, poolID, clientID string) *UserPool {
	other := *p
	other.Server, other.PoolID, other.ClientID = s, poolID, clientID
	return &other
}

// MustSetMFA sets the pool's MFA mode. Users may have software tokens unless it is OFF.
func (p *UserPool) MustSetMFA(mode api.UserPoolMfaType) {
	p.t.Helper()
	in := &api.SetUserPoolMfaConfigInput{UserPoolId: p.PoolID, MfaConfiguration: mode}
	if mode != api.UserPoolMfaTypeOff {
		in.SoftwareTokenMfaConfiguration = &api.SoftwareTokenMfaConfigType{Enabled: new(true)}
	}
	p.Must(p.t).SetUserPoolMfaConfig(in)
}

// Attributes returns attributes from their names and values, which alternate.
func Attributes(pairs ...string) []api.AttributeType {
	var list []api.AttributeType
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, api.AttributeType{Name: pair[0], Value: pair[1]})
	}
	return list
}

// MustUser creates a confirmed user with Password.
func (p *UserPool) MustUser(username string, attributes ...api.AttributeType) {
	p.t.Helper()
	p.Must(p.t).AdminCreateUser(&api.AdminCreateUserInput{
		UserPoolId: p.PoolID, Username: username, MessageAction: api.MessageActionTypeSuppress, UserAttributes: attributes,
	})
	p.Must(p.t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: username, Password: Password, Permanent: new(true),
	})
}

// SignIn starts a sign-in with Password.
func (p *UserPool) SignIn(username string) (*api.InitiateAuthOutput, error) {
	return p.Client.InitiateAuth(p.t.Context(), &api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": username, "PASSWORD": Password},
	})
}

// MustSignIn starts a sign-in, which must return the challenge want, or tokens if want is empty.
func (p *UserPool) MustSignIn(username string, want api.ChallengeNameType) *api.InitiateAuthOutput {
	p.t.Helper()
	out := Try(p.SignIn(username)).Of(p.t)
	if out.ChallengeName != want || (want == "") != (out.AuthenticationResult != nil) {
		p.t.Fatalf("sign-in of %s leads to %q (tokens: %v), want %q", username, out.ChallengeName, out.AuthenticationResult != nil, want)
	}
	return out
}

// AnswerCode answers a SOFTWARE_TOKEN_MFA challenge.
func (p *UserPool) AnswerCode(username, session, code string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Answer(api.ChallengeNameTypeSoftwareTokenMfa, session, map[string]string{
		"USERNAME": username, "SOFTWARE_TOKEN_MFA_CODE": code,
	})
}

// Answer answers a challenge.
func (p *UserPool) Answer(challenge api.ChallengeNameType, session string, responses map[string]string) (*api.RespondToAuthChallengeOutput, error) {
	return p.Client.RespondToAuthChallenge(p.t.Context(), &api.RespondToAuthChallengeInput{
		ClientId: p.ClientID, ChallengeName: challenge, Session: session, ChallengeResponses: responses,
	})
}

// MustEnrol gives the user a verified software token in a sign-in with MFA_SETUP. It returns the secret and an access token.
// It uses the code of the current time step.
func (p *UserPool) MustEnrol(username string) (secret, accessToken string) {
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
func (p *UserPool) MustEnrolWith(accessToken string) (secret string) {
	p.t.Helper()
	a := p.Must(p.t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{AccessToken: accessToken})
	p.Must(p.t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{
		AccessToken: accessToken, UserCode: p.Code(a.SecretCode),
	})
	return a.SecretCode
}

// MustPrefer enables or disables the signed-in user's software token, and sets whether it is preferred.
func (p *UserPool) MustPrefer(accessToken string, enabled, preferred bool) {
	p.t.Helper()
	p.Must(p.t).SetUserMFAPreference(&api.SetUserMFAPreferenceInput{
		AccessToken:              accessToken,
		SoftwareTokenMfaSettings: &api.SoftwareTokenMfaSettingsType{Enabled: new(enabled), PreferredMfa: new(preferred)},
	})
}

// Code returns the code that an authenticator with the secret shows at the time of the server's clock.
func (s *Server) Code(secret string) string {
	key, err := totp.Decode(secret)
	if err != nil {
		return "no secret: " + secret
	}
	return totp.Code(key, s.Clock.Now())
}

// NextStep moves the clock to the next time step, in which an authenticator shows a new code.
func (s *Server) NextStep() { s.Clock.Advance(30 * time.Second) }

// WrongCode returns six digits that are not the code of any step near the current one.
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

// WantRefusal fails the test unless err is want; a nil want means no error.
func WantRefusal(t testing.TB, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

// WantCode fails the test unless err is an API error with that code and any message.
func WantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if got, ok := errors.AsType[*api.Error](err); !ok || got.Code != code {
		t.Errorf("%s = %v, want %s", what, err, code)
	}
}
