package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/authn/webauthn/webauthntest"
	"cognate/cognatetest"
)

// The levels by their default names, and the errors of a step-up.
const (
	acr1 = "urn:cognito:loa:1"
	acr2 = "urn:cognito:loa:2"
	acr3 = "urn:cognito:loa:3"
	acr4 = "urn:cognito:loa:4"
)

var (
	errUnreachable  = api.NotAuthorizedException("User has no factors for any of the requested ACR values.")
	errLevelMet     = api.InvalidParameterException("The access token already satisfies the requested ACR value.")
	errOtherToken   = api.NotAuthorizedException("Access token does not belong to the user and the client.")
	errNoLevels     = api.InvalidParameterException("TARGET_ACR_VALUES is required with ACCESS_TOKEN and MAX_AGE.")
	errUnknownLevel = api.InvalidParameterException("TARGET_ACR_VALUES has no ACR value of the user pool.")
)

// stepUp begins ann's step-up with the access token, if there is one; parameters come in pairs.
func stepUp(t *testing.T, p *cognatetest.UserPool, acr, token string, pairs ...string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	parameters := responses("ann", append(slices.Clip(pairs), "TARGET_ACR_VALUES", acr)...)
	if token != "" {
		parameters["ACCESS_TOKEN"] = token
	}
	return start(t, p, api.AuthFlowTypeUserAuth, parameters)
}

// levelUsers is a pool with optional MFA and all first factors. Its user ann has a password, a verified email address and a
// verified software token that is not switched on, so that an ordinary sign-in with the password reaches level 1.
type levelUsers struct {
	*cognatetest.UserPool
	secret string
	access string // of an ordinary sign-in
}

func newLevelUsers(t *testing.T, s *cognatetest.Server, options ...cognatetest.Option) *levelUsers {
	t.Helper()
	p := s.Pool(t, append([]cognatetest.Option{
		cognatetest.MFA(optional), cognatetest.FirstFactors(api.AuthFactorTypePassword, api.AuthFactorTypeEmailOtp, api.AuthFactorTypeWebAuthn),
		cognatetest.Flows(
			api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
			api.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
		),
	}, options...)...)
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	u := &levelUsers{UserPool: p, access: p.MustSignIn("ann", "").AuthenticationResult.AccessToken}
	u.secret = p.MustEnrolWith(u.access)
	p.NextStep()
	return u
}

// wantLevel checks acr and amr of both tokens, and of those that a refresh makes.
func wantLevel(t *testing.T, p *cognatetest.UserPool, what string, tokens *api.AuthenticationResultType, acr string, amr ...any) {
	t.Helper()
	if tokens == nil {
		t.Fatalf("%s leads to no tokens", what)
	}
	refreshed := cognatetest.Try(start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{
		"REFRESH_TOKEN": tokens.RefreshToken,
	})).Of(t).AuthenticationResult
	want := map[string]any{"acr": acr, "amr": append([]any{}, amr...), "auth_time": claimsOf(t, tokens.AccessToken)["auth_time"]}
	for name, token := range map[string]string{
		"access": tokens.AccessToken, "ID": tokens.IdToken, "refreshed access": refreshed.AccessToken, "refreshed ID": refreshed.IdToken,
	} {
		claims := claimsOf(t, token)
		got := map[string]any{"acr": claims["acr"], "amr": claims["amr"], "auth_time": claims["auth_time"]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: claims of the %s token (-want +got):\n%s", what, name, diff)
		}
	}
}

func TestLevelsOfSignIns(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		u := newLevelUsers(t, s)
		wantLevel(t, u.UserPool, "a password", u.MustSignIn("ann", "").AuthenticationResult, acr1, "pwd")

		out := cognatetest.Try(userAuth(t, u.UserPool, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
		done := cognatetest.Try(u.Answer(byEmail, out.Session, responses("ann", "EMAIL_OTP_CODE", mustCode(t, s, "ann@example.com")))).Of(t)
		wantLevel(t, u.UserPool, "a code", done.AuthenticationResult, acr2, "email_otp")

		u.MustPrefer(u.access, true, true)
		out = u.MustSignIn("ann", totp)
		done = cognatetest.Try(u.AnswerCode("ann", out.Session, u.Code(u.secret))).Of(t)
		wantLevel(t, u.UserPool, "a software token", done.AuthenticationResult, acr4, "pwd", "otp", "mfa")

		required := s.Pool(t, cognatetest.MFA(on))
		required.MustUser("bob")
		a := required.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: required.MustSignIn("bob", api.ChallengeNameTypeMfaSetup).Session})
		v := required.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{Session: a.Session, UserCode: required.Code(a.SecretCode)})
		done = cognatetest.Try(required.Answer(api.ChallengeNameTypeMfaSetup, v.Session, responses("bob"))).Of(t)
		wantLevel(t, required, "the setup of a software token", done.AuthenticationResult, acr4, "pwd", "otp", "mfa")

		for factor, amr := range map[api.WebAuthnFactorConfigurationType][]any{once: {"swk"}, twice: {"swk", "mfa"}} {
			a := &webauthntest.Authenticator{Verifies: true}
			p, _ := withPasskey(t, s, factor, a)
			asked := p.MustAskForPasskey("ann")
			done := cognatetest.Try(p.UsePasskey("ann", a, asked.Session, asked.ChallengeParameters)).Of(t)
			wantLevel(t, p, string(factor), done.AuthenticationResult, acr3, amr...)
		}

		p := s.Pool(t, cognatetest.MFA(on))
		p.MustUser("ann")
		_, access := p.MustEnrol("ann")
		if claims := claimsOf(t, access); claims["acr"] != acr4 {
			t.Errorf("after MFA_SETUP: acr = %v, want %s", claims["acr"], acr4)
		}
	})
}

// The functions of a custom sign-in prove no level, whatever they claim.
func TestLevelsOfCustomSignIns(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	))
	p.MustUser("ann")
	p.MustTokenTrigger(api.PreTokenGenerationLambdaVersionTypeV20)
	claims := map[string]any{"claimsToAddOrOverride": map[string]any{"acr": acr4, "amr": []string{"otp"}}, "claimsToSuppress": []string{"amr"}}
	p.Triggers.On(cognate.TriggerPreTokenGeneration, func(*cognatetest.TriggerEvent) (any, error) {
		return map[string]any{"claimsAndScopeOverrideDetails": map[string]any{
			"idTokenGeneration": claims, "accessTokenGeneration": claims,
		}}, nil
	})
	riddles(p, 1)
	wantLevel(t, p, "a riddle", mustFinishRiddle(t, p, "ann").AuthenticationResult, acr1)
	riddleAfterSRP(p)
	out := mustProveInCustom(t, p, "ann")
	wantLevel(t, p, "a password and a riddle", mustEndCustom(t, p, "ann", out).AuthenticationResult, acr1, "pwd")
}

func TestStepUp(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		u := newLevelUsers(t, s)
		out := cognatetest.Try(stepUp(t, u.UserPool, "urn:unknown "+acr4, u.access)).Of(t)
		if out.ChallengeName != totp {
			t.Fatalf("a step-up to level 4 leads to %+v, want SOFTWARE_TOKEN_MFA", out)
		}
		s.Clock.Advance(time.Minute)
		done := cognatetest.Try(u.AnswerCode("ann", out.Session, u.Code(u.secret))).Of(t)
		wantLevel(t, u.UserPool, "a step-up", done.AuthenticationResult, acr4, "pwd", "otp", "mfa")
		if got, want := claimsOf(t, done.AuthenticationResult.AccessToken)["auth_time"], float64(s.Clock.Now().Unix()); got != want {
			t.Errorf("auth_time = %v, want %v, the time of the step-up", got, want)
		}
		for _, acr := range []string{acr1, acr2, acr3, acr4, acr4 + " " + acr1} {
			_, err := stepUp(t, u.UserPool, acr, done.AuthenticationResult.AccessToken)
			cognatetest.WantError(t, "a step-up of level 4 to "+acr, err, errLevelMet)
		}

		byCode := cognatetest.Try(stepUp(t, u.UserPool, acr3, u.access, "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
		done = cognatetest.Try(u.Answer(byEmail, byCode.Session, responses("ann", "EMAIL_OTP_CODE", mustCode(t, s, "ann@example.com")))).Of(t)
		wantLevel(t, u.UserPool, "a code after the password", done.AuthenticationResult, acr3, "pwd", "email_otp", "mfa")
	})
}

// Without a token, or with one whose sign-in is too old, all factors are asked.
func TestStepUpFromTheStart(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	u := newLevelUsers(t, s)
	s.Clock.Advance(time.Minute)
	inTime := cognatetest.Try(stepUp(t, u.UserPool, acr4, u.access, "MAX_AGE", "3600")).Of(t)
	if inTime.ChallengeName != totp {
		t.Errorf("a step-up in time leads to %s, want SOFTWARE_TOKEN_MFA", inTime.ChallengeName)
	}
	for what, pairs := range map[string][]string{
		"no token": nil, "an old token": {"MAX_AGE", "59", "ACCESS_TOKEN", u.access}, "no age": {"MAX_AGE", "0", "ACCESS_TOKEN", u.access},
	} {
		u.NextStep()
		out := cognatetest.Try(stepUp(t, u.UserPool, acr4, "", pairs...)).Of(t)
		if diff := cmp.Diff([]api.ChallengeNameType{bySRP, byPassword}, out.AvailableChallenges); diff != "" || out.ChallengeName != chooseFirst {
			t.Fatalf("%s: %s, AvailableChallenges (-want +got):\n%s", what, out.ChallengeName, diff)
		}
		_, err := u.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "EMAIL_OTP"))
		cognatetest.WantError(t, what+": a factor that does not lead to the level", err, api.InvalidParameterException("Invalid challenge selected."))
		next := cognatetest.Try(u.Answer(chooseFirst, out.Session, responses("ann", "ANSWER", "PASSWORD", "PASSWORD", cognatetest.Password))).Of(t)
		if next.ChallengeName != totp || next.AuthenticationResult != nil {
			t.Fatalf("%s: the password leads to %+v, want SOFTWARE_TOKEN_MFA", what, next)
		}
		done := cognatetest.Try(u.AnswerCode("ann", next.Session, u.Code(u.secret))).Of(t)
		wantLevel(t, u.UserPool, what, done.AuthenticationResult, acr4, "pwd", "otp", "mfa")
	}
	cognatetest.Try(u.Client.GetUser(t.Context(), &api.GetUserInput{AccessToken: u.access})).Of(t) // the old token stays valid
	low := cognatetest.Try(stepUp(t, u.UserPool, acr1, "", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)).Of(t)
	wantLevel(t, u.UserPool, "level 1", low.AuthenticationResult, acr1, "pwd")
	u.MustPrefer(u.access, true, true)
	low = cognatetest.Try(stepUp(t, u.UserPool, acr1, "", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)).Of(t)
	if low.ChallengeName != totp {
		t.Errorf("level 1 of a user with MFA leads to %+v, want SOFTWARE_TOKEN_MFA", low)
	}
}

// The first level that the user can reach is used.
func TestStepUpChoosesTheLevel(t *testing.T) {
	t.Parallel()
	for _, hides := range []bool{false, true} {
		options := []cognatetest.Option{}
		if hides {
			options = append(options, cognatetest.HideUsers())
		}
		u := newLevelUsers(t, cognatetest.Start(t), options...)
		password := []string{"PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password}
		if out := cognatetest.Try(stepUp(t, u.UserPool, acr4+" "+acr1, "", password...)).Of(t); out.ChallengeName != totp {
			t.Errorf("level 4 or 1 leads to %+v, want SOFTWARE_TOKEN_MFA", out)
		}
		u.Must(t).AdminDeleteSoftwareToken(&api.AdminDeleteSoftwareTokenInput{UserPoolId: u.PoolID, Username: "ann"})
		out := cognatetest.Try(stepUp(t, u.UserPool, acr4+" "+acr1, "", password...)).Of(t)
		wantLevel(t, u.UserPool, "level 4 or 1 without a token", out.AuthenticationResult, acr1, "pwd")
		_, err := stepUp(t, u.UserPool, acr4, "", password...)
		cognatetest.WantError(t, "level 4 without a software token", err, errUnreachable)
		_, err = stepUp(t, u.UserPool, acr4, u.access)
		cognatetest.WantError(t, "level 4 without a software token, by access token", err, errUnreachable)
	}
}

// A pool without MFA reaches the level of a passkey, also after a password.
func TestStepUpByPasskey(t *testing.T) {
	t.Parallel()
	a := new(webauthntest.Authenticator)
	p, access := withPasskey(t, cognatetest.Start(t), once, a)
	out := cognatetest.Try(stepUp(t, p, acr4+" "+acr2, access)).Of(t)
	if out.ChallengeName != byPasskey {
		t.Fatalf("a step-up leads to %+v, want WEB_AUTHN", out)
	}
	done := cognatetest.Try(p.UsePasskey("ann", a, out.Session, out.ChallengeParameters)).Of(t)
	wantLevel(t, p, "a passkey", done.AuthenticationResult, acr3, "pwd", "swk", "mfa")
	_, err := stepUp(t, p, acr4, "")
	cognatetest.WantError(t, "level 4 without MFA", err, errUnreachable)
}

// No factor is set up on the way: a stolen password must not enrol its thief.
func TestStepUpSetsUpNothing(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on), cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	))
	p.MustUser("ann")
	for _, acr := range []string{acr1, acr4} {
		_, err := stepUp(t, p, acr, "", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
		cognatetest.WantError(t, "a step-up to "+acr, err, errUnreachable)
	}
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann", Password: "Temporary-1!"})
	_, err := stepUp(t, p, acr4, "", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", "Temporary-1!")
	cognatetest.WantError(t, "a step-up with a temporary password", err, errUnreachable)
}

func TestStepUpEndsAtAWrongAnswer(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	out := cognatetest.Try(stepUp(t, u.UserPool, acr4, u.access)).Of(t)
	_, err := u.AnswerCode("ann", out.Session, u.WrongCode(u.secret))
	cognatetest.WantError(t, "a wrong code", err, api.ErrCodeMismatch)
	_, err = u.AnswerCode("ann", out.Session, u.Code(u.secret))
	cognatetest.WantError(t, "the right code after a wrong one", err, api.ErrSessionSpent)
}

// A remembered device replaces MFA, but no factor of a step-up.
func TestStepUpOnADevice(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	p.MustAllowChoice("")
	tokens := p.MustSignInOn("ann", d)
	if claims := claimsOf(t, tokens.AccessToken); claims["acr"] != acr1 {
		t.Errorf("a password on a remembered device: acr = %v, want %s", claims["acr"], acr1)
	}
	p.NextStep()
	for what, pairs := range map[string][]string{
		"with a token":   {"ACCESS_TOKEN", tokens.AccessToken},
		"from the start": {"PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password},
	} {
		out := cognatetest.Try(stepUp(t, p, acr4, "", append(pairs, "DEVICE_KEY", d.Key)...)).Of(t)
		if out.ChallengeName != totp {
			t.Fatalf("%s: a step-up on a device leads to %+v, want SOFTWARE_TOKEN_MFA", what, out)
		}
		p.NextStep()
		done := cognatetest.Try(p.AnswerCode("ann", out.Session, p.Code(secret))).Of(t)
		if done.AuthenticationResult == nil {
			t.Errorf("%s: the code leads to %+v, want tokens", what, done)
		}
	}
}

func TestStepUpTokens(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	u := newLevelUsers(t, s)
	u.MustUser("bob")
	other := newLevelUsers(t, s)
	sameUser := u.WithClient(u.MustClient(cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	)))
	fresh := func() *api.AuthenticationResultType { return u.MustSignIn("ann", "").AuthenticationResult }

	expired := fresh()
	s.Clock.Advance(2 * time.Hour)
	revoked := fresh()
	u.Must(t).RevokeToken(&api.RevokeTokenInput{ClientId: u.ClientID, Token: revoked.RefreshToken})
	for what, c := range map[string]struct {
		token string
		want  *api.Error
	}{
		"another user's":   {u.MustSignIn("bob", "").AuthenticationResult.AccessToken, errOtherToken},
		"another pool's":   {other.MustSignIn("ann", "").AuthenticationResult.AccessToken, errOtherToken},
		"another client's": {sameUser.MustSignIn("ann", "").AuthenticationResult.AccessToken, errOtherToken},
		"an expired":       {expired.AccessToken, api.ErrTokenExpired},
		"a revoked":        {revoked.AccessToken, api.ErrTokenRevoked},
		"an ID":            {fresh().IdToken, api.ErrInvalidAccessToken},
		"a refresh":        {fresh().RefreshToken, api.ErrInvalidAccessToken},
		"no":               {"x", api.ErrInvalidAccessToken},
	} {
		_, err := stepUp(t, u.UserPool, acr4, c.token)
		cognatetest.WantError(t, "a step-up with "+what+" token", err, c.want)
		_, err = stepUp(t, u.UserPool, acr4, c.token, "MAX_AGE", "0")
		cognatetest.WantError(t, "a step-up from the start with "+what+" token", err, c.want)
	}
}

// A step-up depends on its access token until the end.
func TestStepUpEndsWithItsToken(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	for what, c := range map[string]struct {
		end  func(*api.AuthenticationResultType)
		want *api.Error
	}{
		"a revoked token": {func(tokens *api.AuthenticationResultType) {
			u.Must(t).RevokeToken(&api.RevokeTokenInput{ClientId: u.ClientID, Token: tokens.RefreshToken})
		}, api.ErrTokenRevoked},
		"a global sign-out": {func(tokens *api.AuthenticationResultType) {
			u.Must(t).GlobalSignOut(&api.GlobalSignOutInput{AccessToken: tokens.AccessToken})
		}, api.ErrInvalidSession},
	} {
		tokens := u.MustSignIn("ann", "").AuthenticationResult
		out := cognatetest.Try(stepUp(t, u.UserPool, acr4, tokens.AccessToken)).Of(t)
		c.end(tokens)
		_, err := u.AnswerCode("ann", out.Session, u.Code(u.secret))
		cognatetest.WantError(t, "the code after "+what, err, c.want)
		_, err = stepUp(t, u.UserPool, acr4, tokens.AccessToken)
		cognatetest.WantError(t, "another step-up after "+what, err, api.ErrTokenRevoked)
	}
}

// A request for step-up authentication that cannot be met gets no ordinary tokens, in any flow.
func TestStepUpIsRefused(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.Flows(
		api.ExplicitAuthFlowsTypeAllowUserAuth, api.ExplicitAuthFlowsTypeAllowUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowUserSrpAuth,
		api.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, api.ExplicitAuthFlowsTypeAllowCustomAuth, api.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
	))
	p.MustUser("ann")
	riddles(p, 1)
	tokens := p.MustSignIn("ann", "").AuthenticationResult
	inUserAuth := map[string]*api.Error{
		"TARGET_ACR_VALUES": errUnreachable, "MAX_AGE": errNoLevels, "ACCESS_TOKEN": errNoLevels,
	}
	type callers struct{ user, admin bool }
	for flow, by := range map[api.AuthFlowType]callers{
		api.AuthFlowTypeUserAuth: {true, true}, api.AuthFlowTypeUserSrpAuth: {true, true}, api.AuthFlowTypeCustomAuth: {true, true},
		api.AuthFlowTypeRefreshTokenAuth: {true, true}, api.AuthFlowTypeUserPasswordAuth: {user: true},
		api.AuthFlowTypeAdminUserPasswordAuth: {admin: true},
	} {
		for name, value := range map[string]string{"TARGET_ACR_VALUES": acr4, "MAX_AGE": "60", "ACCESS_TOKEN": tokens.AccessToken} {
			parameters := map[string]string{
				"USERNAME": "ann", "PASSWORD": cognatetest.Password, "PREFERRED_CHALLENGE": "PASSWORD", "SRP_A": "aa",
				"REFRESH_TOKEN": tokens.RefreshToken, name: value,
			}
			want := inUserAuth[name]
			if flow != api.AuthFlowTypeUserAuth {
				want = api.InvalidParameterException(name + " is not supported in " + string(flow) + ": use USER_AUTH.")
			}
			if by.admin {
				_, err := p.Client.AdminInitiateAuth(t.Context(), &api.AdminInitiateAuthInput{
					UserPoolId: p.PoolID, ClientId: p.ClientID, AuthFlow: flow, AuthParameters: parameters,
				})
				cognatetest.WantError(t, "AdminInitiateAuth("+string(flow)+") with "+name, err, want)
			}
			if by.user {
				_, err := start(t, p, flow, parameters)
				cognatetest.WantError(t, "InitiateAuth("+string(flow)+") with "+name, err, want)
			}
		}
	}
}

func TestStepUpParameters(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	badAge := api.InvalidParameterException("MAX_AGE must be a whole number of seconds.")
	for _, c := range []struct {
		what  string
		pairs []string
		want  *api.Error
	}{
		{"no level", []string{"TARGET_ACR_VALUES", ""}, errUnknownLevel},
		{"spaces", []string{"TARGET_ACR_VALUES", "  "}, errUnknownLevel},
		{"unknown levels", []string{"TARGET_ACR_VALUES", "urn:cognito:loa:5 4 Level4"}, errUnknownLevel},
		{"another case", []string{"TARGET_ACR_VALUES", "URN:cognito:loa:4"}, errUnknownLevel},
		{"an empty token", []string{"TARGET_ACR_VALUES", acr4, "ACCESS_TOKEN", ""}, api.InvalidParameterException("ACCESS_TOKEN must not be empty.")},
		{"an empty age", []string{"TARGET_ACR_VALUES", acr4, "MAX_AGE", ""}, badAge},
		{"a negative age", []string{"TARGET_ACR_VALUES", acr4, "MAX_AGE", "-1"}, badAge},
		{"a fraction", []string{"TARGET_ACR_VALUES", acr4, "MAX_AGE", "1.5"}, badAge},
		{"a long age", []string{"TARGET_ACR_VALUES", acr4, "MAX_AGE", "2147483648"}, badAge},
		{"no levels", []string{"MAX_AGE", "5", "ACCESS_TOKEN", u.access}, errNoLevels},
	} {
		_, err := userAuth(t, u.UserPool, "ann", append(c.pairs, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)...)
		cognatetest.WantError(t, c.what, err, c.want)
	}
	u.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{UserPoolId: u.PoolID, UserPoolTier: api.UserPoolTierTypeLite, MfaConfiguration: optional, Policies: &api.UserPoolPolicyType{
		SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{api.AuthFactorTypePassword}},
	}})
	_, err := stepUp(t, u.UserPool, acr1, "", "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", cognatetest.Password)
	cognatetest.WantError(t, "a step-up in LITE", err, api.FeatureUnavailableInTierException(
		"The following features need to be disabled for the LITE pricing tier configured: Step-Up Authentication"))
}

// The pool's names of the levels count at the time of the request. A token keeps the name of its sign-in.
func TestRenamedLevels(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	tokens := u.MustSignIn("ann", "").AuthenticationResult
	u.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
		UserPoolId: u.PoolID, MfaConfiguration: optional,
		Policies: &api.UserPoolPolicyType{SignInPolicy: &api.SignInPolicyType{AllowedFirstAuthFactors: []api.AuthFactorType{
			api.AuthFactorTypePassword,
		}}},
		AcrConfiguration: map[string]api.AcrLevelConfigType{"Level1": {AcrValue: "low"}, "Level4": {AcrValue: "high"}},
	})
	wantLevel(t, u.UserPool, "a sign-in before", tokens, acr1, "pwd")
	wantLevel(t, u.UserPool, "a sign-in after", u.MustSignIn("ann", "").AuthenticationResult, "low", "pwd")
	_, err := stepUp(t, u.UserPool, acr4, tokens.AccessToken)
	cognatetest.WantError(t, "a step-up to the old name", err, errUnknownLevel)
	out := cognatetest.Try(stepUp(t, u.UserPool, acr4+" high", tokens.AccessToken)).Of(t)
	done := cognatetest.Try(u.AnswerCode("ann", out.Session, u.Code(u.secret))).Of(t)
	wantLevel(t, u.UserPool, "a step-up", done.AuthenticationResult, "high", "pwd", "otp", "mfa")
}

// A client that hides users does not see which factors they have, or whether they exist, before a factor is proven.
func TestStepUpHidesUsers(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t), cognatetest.HideUsers())
	u.MustUser("bob")
	for _, name := range []string{"ann", "bob", "nobody"} {
		out := cognatetest.Try(userAuth(t, u.UserPool, name, "TARGET_ACR_VALUES", acr4)).Of(t)
		if diff := cmp.Diff([]api.ChallengeNameType{bySRP, byPassword}, out.AvailableChallenges); diff != "" {
			t.Errorf("%s: AvailableChallenges (-want +got):\n%s", name, diff)
		}
		_, err := u.Answer(chooseFirst, out.Session, responses(name, "ANSWER", "PASSWORD", "PASSWORD", "Wrong-password-1!"))
		cognatetest.WantError(t, name+" with a wrong password", err, api.ErrIncorrectPassword)
		_, err = userAuth(t, u.UserPool, name, "TARGET_ACR_VALUES", acr4, "ACCESS_TOKEN", u.access)
		if name != "ann" {
			cognatetest.WantError(t, name+" with ann's token", err, errOtherToken)
		}
	}
}

// In a pool without MFA, a code that can begin a sign-in can also follow the password.
func TestStepUpWithoutMFA(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	p := choosers(t, s, off)
	p.MustUser("ben", cognatetest.Attributes(
		"email", "ben@example.com", "email_verified", "true", "phone_number", "+15555550100", "phone_number_verified", "true",
	)...)
	begun := cognatetest.Try(userAuth(t, p, "ben", "TARGET_ACR_VALUES", acr3, "PREFERRED_CHALLENGE", "PASSWORD")).Of(t)
	out := cognatetest.Try(p.Answer(byPassword, begun.Session, responses("ben", "PASSWORD", cognatetest.Password))).Of(t)
	if diff := cmp.Diff([]api.ChallengeNameType{byEmail, bySMS}, out.AvailableChallenges); diff != "" || out.ChallengeName != chooseFirst {
		t.Fatalf("the password leads to %s, AvailableChallenges (-want +got):\n%s", out.ChallengeName, diff)
	}
	chosen := cognatetest.Try(p.Answer(chooseFirst, out.Session, responses("ben", "ANSWER", "EMAIL_OTP"))).Of(t)
	done := cognatetest.Try(p.Answer(byEmail, chosen.Session, responses("ben", "EMAIL_OTP_CODE", mustCode(t, s, "ben@example.com")))).Of(t)
	wantLevel(t, p, "a code after the password", done.AuthenticationResult, acr3, "pwd", "email_otp", "mfa")
}

// A step-up by SRP keeps its level in the SECRET_BLOCK, and administrators have step-up too.
func TestStepUpBySRP(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	exchange := newSRPSignIn(t)
	begun := cognatetest.Try(stepUp(t, u.UserPool, acr4, "", "PREFERRED_CHALLENGE", "PASSWORD_SRP", "SRP_A", exchange.client.A())).Of(t)
	exchange.challenge = begun.ChallengeParameters
	out := cognatetest.Try(proveSRP(u.UserPool, exchange.answer(t, u.UserPool, cognatetest.Password))).Of(t)
	if out.ChallengeName != totp || out.AuthenticationResult != nil {
		t.Fatalf("the password by SRP leads to %+v, want SOFTWARE_TOKEN_MFA", out)
	}
	done := cognatetest.Try(u.AnswerCode("ann", out.Session, u.Code(u.secret))).Of(t)
	wantLevel(t, u.UserPool, "SRP and a code", done.AuthenticationResult, acr4, "pwd", "otp", "mfa")

	byAdmin := u.Must(t).AdminInitiateAuth(&api.AdminInitiateAuthInput{
		UserPoolId: u.PoolID, ClientId: u.ClientID, AuthFlow: api.AuthFlowTypeUserAuth,
		AuthParameters: responses("ann", "TARGET_ACR_VALUES", acr4, "ACCESS_TOKEN", u.access),
	})
	if byAdmin.ChallengeName != totp {
		t.Errorf("AdminInitiateAuth leads to %+v, want SOFTWARE_TOKEN_MFA", byAdmin)
	}
}

// The Session of an ordinary sign-in stays one: its tokens have the level that it has proven, and no other.
func TestSessionsOfOtherSignIns(t *testing.T) {
	t.Parallel()
	u := newLevelUsers(t, cognatetest.Start(t))
	cognatetest.Try(stepUp(t, u.UserPool, acr3, u.access)).Of(t)
	ordinary := cognatetest.Try(userAuth(t, u.UserPool, "ann", "PREFERRED_CHALLENGE", "PASSWORD")).Of(t)
	_, err := u.AnswerCode("ann", ordinary.Session, u.Code(u.secret))
	cognatetest.WantError(t, "a code with the Session of another step", err, api.ErrInvalidSession)
	done := cognatetest.Try(u.Answer(byPassword, ordinary.Session, responses("ann", "PASSWORD", cognatetest.Password))).Of(t)
	wantLevel(t, u.UserPool, "an ordinary sign-in", done.AuthenticationResult, acr1, "pwd")
}
