package attack_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

// recorder keeps the requests of a client that the server answered with 200. It sends those that spend something a second time at once, and
// keeps the ones that succeed again.
type recorder struct {
	mu              sync.Mutex
	requests, again []recorded
}

type recorded struct{ operation, body string }

// spending are the operations that spend a code or a Session.
var spending = []string{"ConfirmSignUp", "ConfirmForgotPassword", "RespondToAuthChallenge", "VerifySoftwareToken"}

func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	send := func() (*http.Response, error) {
		same := r.Clone(r.Context())
		same.Body = io.NopCloser(bytes.NewReader(body))
		return http.DefaultTransport.RoundTrip(same)
	}
	resp, err := send()
	if err != nil || resp.StatusCode != http.StatusOK || r.Header.Get("Authorization") != "" {
		return resp, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.requests = append(c.requests, recorded{operation, string(body)})
	if slices.Contains(spending, operation) {
		second, err := send()
		if err != nil {
			return nil, err
		}
		defer second.Body.Close()
		if second.StatusCode == http.StatusOK {
			c.again = append(c.again, recorded{operation, string(body)})
		}
	}
	return resp, nil
}

// An attacker who has seen every request of a user without an access token, from the sign-up to a new password, and sends each one again,
// gets no tokens. The user keeps the password and the factors.
func TestReplayedRequests(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.Recovery("verified_email"),
		cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeWebAuthn), cognatetest.TrackDevices(false, false),
		cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
			in.RefreshTokenRotation = &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(0)}
			in.ExplicitAuthFlows = []api.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}
		}))
	p.Must(t).SetUserPoolMfaConfig(&api.SetUserPoolMfaConfigInput{
		UserPoolId: p.PoolID, MfaConfiguration: api.UserPoolMfaTypeOptional,
		SoftwareTokenMfaConfiguration: &api.SoftwareTokenMfaConfigType{Enabled: new(true)},
		WebAuthnConfiguration:         &api.WebAuthnConfigurationType{RelyingPartyId: cognatetest.RelyingPartyID, FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
	})
	seen := new(recorder)
	p.Client.HTTP = &http.Client{Transport: seen}
	m := p.Must(t)

	m.SignUp(&api.SignUpInput{ClientId: p.ClientID, Username: "ann", Password: "First-horse-7", UserAttributes: cognatetest.Attributes("email", "ann@example.com")})
	m.ConfirmSignUp(&api.ConfirmSignUpInput{ClientId: p.ClientID, Username: "ann", ConfirmationCode: lastCode(t, p, "ann@example.com")})
	m.ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: "ann"})
	m.ConfirmForgotPassword(&api.ConfirmForgotPasswordInput{
		ClientId: p.ClientID, Username: "ann", ConfirmationCode: lastCode(t, p, "ann@example.com"), Password: cognatetest.Password,
	})
	passkey := &webauthntest.Authenticator{Verifies: true, Counts: true}
	access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
	secret := p.MustEnrolWith(access)
	p.MustRegister(access, passkey)
	asked := p.MustAskForPasskey("ann")
	_ = cognatetest.Try(p.UsePasskey("ann", passkey, asked.Session, asked.ChallengeParameters)).Of(t)
	p.MustPrefer(access, true, true)
	p.NextStep()
	challenged := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa)
	tokens := cognatetest.Try(p.AnswerCode("ann", challenged.Session, p.Code(secret))).Of(t).AuthenticationResult
	p.MustConfirmDevice(tokens)
	rotated := m.GetTokensFromRefreshToken(&api.GetTokensFromRefreshTokenInput{ClientId: p.ClientID, RefreshToken: tokens.RefreshToken, DeviceKey: tokens.NewDeviceMetadata.DeviceKey}).AuthenticationResult
	m.ChangePassword(&api.ChangePasswordInput{AccessToken: rotated.AccessToken, PreviousPassword: cognatetest.Password, ProposedPassword: secondPassword})
	m.GetUserAttributeVerificationCode(&api.GetUserAttributeVerificationCodeInput{AccessToken: rotated.AccessToken, AttributeName: "email"})
	m.VerifyUserAttribute(&api.VerifyUserAttributeInput{AccessToken: rotated.AccessToken, AttributeName: "email", Code: lastCode(t, p, "ann@example.com")})

	journey := seen.requests
	if len(journey) < 19 {
		t.Fatalf("recorded %d requests, want the whole journey", len(journey))
	}
	p.Client.HTTP = nil
	for _, r := range seen.again {
		t.Errorf("%s succeeds twice: %.200s", r.operation, r.body)
	}
	replay := func(r recorded) {
		if strings.Contains(r.body, `"AccessToken"`) {
			return // the token allows the request until it ends
		}
		got := call(t, p.Server, r.operation, r.body, nil)
		if strings.Contains(got.body, `"AccessToken":"ey`) {
			t.Errorf("%s gives tokens a second time: %.200s", r.operation, r.body)
		}
	}
	// First the latest ones: in the order of the user, the replay of ForgotPassword replaces the code that a later one has.
	for _, r := range slices.Backward(journey) {
		replay(r)
	}
	p.Clock.Advance(16 * time.Minute) // the lock after the replays ends
	for _, r := range journey {
		replay(r)
	}
	user := m.AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "ann"})
	if user.UserStatus != api.UserStatusTypeConfirmed || user.PreferredMfaSetting != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("the user after the replays: %+v", user)
	}
	p.Clock.Advance(16 * time.Minute) // the lock after the replays ends
	if _, err := signInWith(t, p, "ann", secondPassword); err != nil {
		t.Errorf("the password of the user after the replays = %v", err)
	}
	if _, err := signInWith(t, p, "ann", cognatetest.Password); err == nil {
		t.Error("a replay brought the previous password back")
	}
}

// An attacker who has seen every request of the setup of a software token during a sign-in, and sends each one again, gets no tokens. The
// token of the user stays.
func TestReplayedSetup(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	p.MustUser("ann")
	seen := new(recorder)
	p.Client.HTTP = &http.Client{Transport: seen}
	m := p.Must(t)
	asked := p.MustSignIn("ann", api.ChallengeNameTypeMfaSetup)
	associated := m.AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: asked.Session})
	verified := m.VerifySoftwareToken(&api.VerifySoftwareTokenInput{Session: associated.Session, UserCode: p.Code(associated.SecretCode)})
	_ = cognatetest.Try(p.Answer(api.ChallengeNameTypeMfaSetup, verified.Session, map[string]string{"USERNAME": "ann"})).Of(t)
	setup := seen.requests
	if len(setup) != 4 {
		t.Fatalf("recorded %d requests, want 4", len(setup))
	}
	p.Client.HTTP = nil
	for _, r := range seen.again {
		t.Errorf("%s succeeds twice: %.200s", r.operation, r.body)
	}
	for _, r := range slices.Backward(setup) {
		unchanged(t, p.Server, "a second "+r.operation, func() {
			got := call(t, p.Server, r.operation, r.body, nil)
			if (got.status == http.StatusOK) != (r.operation == "InitiateAuth") || strings.Contains(got.body, `"AccessToken"`) {
				t.Errorf("a second %s = %d %s, want an error, or the challenge again", r.operation, got.status, got.body)
			}
		})
	}
	p.NextStep()
	challenged := p.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa)
	_ = cognatetest.Try(p.AnswerCode("ann", challenged.Session, p.Code(associated.SecretCode))).Of(t)
}

func lastCode(t *testing.T, p *cognatetest.UserPool, to string) string {
	t.Helper()
	m, ok := p.Mailbox.Last(to)
	if !ok {
		t.Fatalf("no message to %s", to)
	}
	return m.Code
}

// One refresh token of a client that rotates them, used by two servers, the API and /oauth2/token at the same time without a grace period:
// one use wins. The others end the sign-in, because the token was used twice.
func TestRacingRefreshesAtBothDoors(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t, oauthClient, cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) {
			in.RefreshTokenRotation = &api.RefreshTokenRotationType{Feature: api.FeatureTypeEnabled, RetryGracePeriodSeconds: new(0)}
			in.ExplicitAuthFlows = []api.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}
		}))
		domain := mustDomain(t, p)
		tokens := mustGrant(t, p, "ann")
		refused := &api.Error{Code: api.CodeNotAuthorizedException}
		won := cognatetest.Race(t, api.CodeNotAuthorizedException, func(i int) error {
			var got reply
			if i%2 == 0 {
				got = call(t, s, "GetTokensFromRefreshToken", sprintf(`{"ClientId":%q,"RefreshToken":%q}`, p.ClientID, tokens.RefreshToken), nil)
			} else {
				got = post(t, domain+"/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {p.ClientID}, "refresh_token": {tokens.RefreshToken}}, nil)
			}
			switch {
			case got.status == http.StatusOK:
				return nil
			case got.code == api.CodeNotAuthorizedException, got.code == api.CodeRefreshTokenReuseException, got.code == "invalid_grant":
				return refused
			}
			return errors.New(got.body)
		})
		if won > 1 {
			t.Errorf("%d uses of one refresh token got tokens, want at most one", won)
		}
		if got := call(t, s, "GetTokensFromRefreshToken", sprintf(`{"ClientId":%q,"RefreshToken":%q}`, p.ClientID, tokens.RefreshToken), nil); got.status == http.StatusOK {
			t.Error("the refresh token works after the race")
		}
		if got := call(t, s, "GetUser", sprintf(`{"AccessToken":%q}`, tokens.AccessToken), nil); got.status == http.StatusOK {
			t.Error("the sign-in goes on although its refresh token was used twice")
		}
	})
}
