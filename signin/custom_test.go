package signin_test

import (
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

const (
	custom   = api.ChallengeNameTypeCustomChallenge
	verifier = api.ChallengeNameTypePasswordVerifier
)

// riddles makes the pool ask riddles in custom sign-ins: "say N", until the needed number of answers is right, at most three in
// total. The functions ignore the other challenges of the sign-in.
func riddles(p *cognatetest.UserPool, rights int) {
	p.MustTrigger(cognate.TriggerDefineAuthChallenge, cognate.TriggerCreateAuthChallenge, cognate.TriggerVerifyAuthChallengeResponse)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		right, asked := 0, 0
		for _, step := range e.Request.Session {
			if step.ChallengeName == "CUSTOM_CHALLENGE" {
				asked++
				if step.ChallengeResult {
					right++
				}
			}
		}
		switch {
		case right == rights:
			return map[string]any{"issueTokens": true, "failAuthentication": false}, nil
		case asked == 3:
			return map[string]any{"issueTokens": false, "failAuthentication": true}, nil
		default:
			return map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": false, "failAuthentication": false}, nil
		}
	})
	p.Triggers.On(cognate.TriggerCreateAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		answer := strconv.Itoa(len(e.Request.Session))
		return map[string]any{
			"publicChallengeParameters":  map[string]string{"riddle": "say " + answer},
			"privateChallengeParameters": map[string]string{"answer": answer, "padding": strings.Repeat("x", 4000)},
			"challengeMetadata":          "RIDDLE_" + answer,
		}, nil
	})
	p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, func(e *cognatetest.TriggerEvent) (any, error) {
		right := e.Request.ChallengeAnswer == e.Request.PrivateChallengeParameters["answer"]
		return map[string]any{"answerCorrect": right}, nil
	})
}

// customAuth begins a custom sign-in; parameters come in pairs.
func customAuth(t *testing.T, p *cognatetest.UserPool, username string, pairs ...string) (*api.InitiateAuthOutput, error) {
	t.Helper()
	return start(t, p, api.AuthFlowTypeCustomAuth, responses(username, pairs...))
}

func TestCustomAuth(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		riddles(p, 2)
		out := cognatetest.Try(customAuth(t, p, "ann")).Of(t)
		want := map[string]string{"riddle": "say 0", "USERNAME": "ann"}
		if diff := cmp.Diff(want, out.ChallengeParameters); diff != "" || out.ChallengeName != custom {
			t.Fatalf("CUSTOM_AUTH = %+v, want CUSTOM_CHALLENGE with %v", out, want)
		}
		if n := len(out.Session); n > 2048 {
			t.Errorf("Session has %d characters, want at most 2048", n)
		}
		wrong := cognatetest.Try(p.Answer(custom, out.Session, responses("ann", "ANSWER", "7"))).Of(t)
		if wrong.ChallengeName != custom || wrong.ChallengeParameters["riddle"] != "say 1" {
			t.Fatalf("a wrong answer = %+v, want the next riddle", wrong)
		}
		_, err := p.Answer(custom, out.Session, responses("ann", "ANSWER", "0"))
		cognatetest.WantError(t, "the Session before", err, api.ErrSessionSpent)
		next := cognatetest.Try(p.Answer(custom, wrong.Session, responses("ann", "ANSWER", "1"))).Of(t)
		history := []cognatetest.ChallengeResult{
			{ChallengeName: "CUSTOM_CHALLENGE", ChallengeMetadata: "RIDDLE_0"},
			{ChallengeName: "CUSTOM_CHALLENGE", ChallengeResult: true, ChallengeMetadata: "RIDDLE_1"},
		}
		if diff := cmp.Diff(history, p.Triggers.Last(t, cognate.TriggerDefineAuthChallenge).Request.Session); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		done := cognatetest.Try(p.Answer(custom, next.Session, responses("ann", "ANSWER", "2"))).Of(t)
		if done.AuthenticationResult == nil {
			t.Fatalf("two right answers = %+v, want tokens", done)
		}
	})
}

func TestCustomAuthFails(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	_, err := customAuth(t, p, "ann")
	cognatetest.WantCode(t, "without functions", err, api.CodeInvalidUserPoolConfigurationException)
	riddles(p, 1)
	session := cognatetest.Try(customAuth(t, p, "ann")).Of(t).Session
	for range 2 {
		session = cognatetest.Try(p.Answer(custom, session, responses("ann", "ANSWER", "no"))).Of(t).Session
	}
	_, err = p.Answer(custom, session, responses("ann", "ANSWER", "no"))
	cognatetest.WantError(t, "the third wrong answer", err, api.ErrIncorrectPassword)

	for _, c := range []struct {
		what     string
		response any
	}{
		{"nothing", map[string]any{}},
		{"a challenge of no name", map[string]any{"challengeName": "NONSENSE"}},
		{"a password that was not offered", map[string]any{"challengeName": "PASSWORD_VERIFIER"}},
		{"a factor that the user has not", map[string]any{"challengeName": "SOFTWARE_TOKEN_MFA"}},
	} {
		p.Triggers.On(cognate.TriggerDefineAuthChallenge, cognatetest.Answer(c.response))
		_, err := customAuth(t, p, "ann")
		cognatetest.WantCode(t, "defining "+c.what, err, api.CodeInvalidLambdaResponseException)
	}
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, cognatetest.Fail("no"))
	_, err = customAuth(t, p, "ann")
	cognatetest.WantError(t, "a function that fails", err, api.UserLambdaValidationException("DefineAuthChallenge failed with error no."))
}

// If the functions require a password by SRP, it comes before the riddle.
func TestCustomAuthWithSRP(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	riddles(p, 1)
	afterPassword := func(e *cognatetest.TriggerEvent) (any, error) {
		names := ""
		for _, step := range e.Request.Session {
			if !step.ChallengeResult {
				return map[string]any{"failAuthentication": true}, nil
			}
			names += step.ChallengeName + " "
		}
		switch strings.TrimSpace(names) {
		case "SRP_A":
			return map[string]any{"challengeName": "PASSWORD_VERIFIER"}, nil
		case "SRP_A PASSWORD_VERIFIER":
			return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
		case "SRP_A PASSWORD_VERIFIER CUSTOM_CHALLENGE":
			return map[string]any{"issueTokens": true}, nil
		default:
			return map[string]any{"failAuthentication": true}, nil
		}
	}
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, afterPassword)
	begin := func() (*srpSignIn, map[string]string) {
		s := newSRPSignIn(t)
		out := cognatetest.Try(customAuth(t, p, "ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", s.client.A())).Of(t)
		if out.ChallengeName != verifier || out.Session != "" {
			t.Fatalf("CUSTOM_AUTH with SRP_A = %+v, want PASSWORD_VERIFIER", out)
		}
		s.challenge = out.ChallengeParameters
		return s, out.ChallengeParameters
	}
	s, _ := begin()
	_, err := proveSRP(p, s.answer(t, p, "Wrong-horse-7"))
	cognatetest.WantError(t, "a wrong password", err, api.ErrIncorrectPassword)
	s, _ = begin()
	asked := cognatetest.Try(proveSRP(p, s.answer(t, p, cognatetest.Password))).Of(t)
	if asked.ChallengeName != custom || asked.AuthenticationResult != nil {
		t.Fatalf("PASSWORD_VERIFIER = %+v, want CUSTOM_CHALLENGE", asked)
	}
	done := cognatetest.Try(p.Answer(custom, asked.Session, responses("ann", "ANSWER", "2"))).Of(t)
	if done.AuthenticationResult == nil {
		t.Errorf("CUSTOM_CHALLENGE = %+v, want tokens", done)
	}
	_, err = customAuth(t, p, "ann", "CHALLENGE_NAME", "SRP_A")
	cognatetest.WantError(t, "SRP_A missing", err, api.InvalidParameterException("Missing required parameter SRP_A"))
	_, err = customAuth(t, p, "ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", "0")
	cognatetest.WantCode(t, "SRP_A of zero", err, api.CodeInvalidParameterException)
}

// mustFinishRiddle answers the riddle of a custom sign-in without a password, and returns what follows.
func mustFinishRiddle(t *testing.T, p *cognatetest.UserPool, username string, pairs ...string) *api.RespondToAuthChallengeOutput {
	t.Helper()
	out := cognatetest.Try(customAuth(t, p, username)).Of(t)
	return cognatetest.Try(p.Answer(custom, out.Session, responses(username, append(pairs, "ANSWER", "0")...))).Of(t)
}

// Without a password, MFA follows only if the pool requires it, or as the tag of the pool says.
func TestMFAAfterCustomAuth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tag  string
		mode api.UserPoolMfaType
		want api.ChallengeNameType // empty for tokens
	}{
		{"", off, ""},
		{"", optional, ""},
		{"", on, totp},
		{"never", off, ""},
		{"never", optional, ""},
		{"never", on, ""},
		{"when-required", off, ""},
		{"when-required", optional, ""},
		{"when-required", on, totp},
		{"always", off, ""},
		{"always", optional, totp},
		{"always", on, totp},
	} {
		t.Run(c.tag+"/"+string(c.mode), func(t *testing.T) {
			t.Parallel()
			options := []cognatetest.Option{cognatetest.MFA(optional)}
			if c.tag != "" {
				options = append(options, cognatetest.Tag(cognate.TagCustomAuthMFA, c.tag))
			}
			p := cognatetest.Pool(t, options...)
			p.MustUser("ann")
			access := p.MustSignIn("ann", "").AuthenticationResult.AccessToken
			secret := p.MustEnrolWith(access)
			p.MustPrefer(access, true, true)
			p.NextStep()
			riddles(p, 1)
			p.MustSetMFA(c.mode)
			out := mustFinishRiddle(t, p, "ann")
			if out.ChallengeName != c.want || (c.want == "") != (out.AuthenticationResult != nil) {
				t.Fatalf("CUSTOM_CHALLENGE = %+v, want %q or else tokens", out, c.want)
			}
			if c.want == totp && cognatetest.Try(p.AnswerCode("ann", out.Session, p.Code(secret))).Of(t).AuthenticationResult == nil {
				t.Error("SOFTWARE_TOKEN_MFA leads to no tokens")
			}
		})
	}
}

// Without a password, a temporary password does not stop the sign-in, and the status stays.
func TestCustomAuthOfTemporaryPassword(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	riddles(p, 1)
	mustInvite(t, p, "bob")
	if out := mustFinishRiddle(t, p, "bob"); out.AuthenticationResult == nil {
		t.Errorf("CUSTOM_CHALLENGE = %+v, want tokens", out)
	}
	user := p.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: p.PoolID, Username: "bob"})
	if user.UserStatus != api.UserStatusTypeForceChangePassword {
		t.Errorf("UserStatus = %s, want FORCE_CHANGE_PASSWORD", user.UserStatus)
	}

	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: "bob", Password: cognatetest.Password, Permanent: new(true),
	})
	p.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: p.PoolID, Username: "bob", UserAttributes: verifiedEmail("bob@example.com"),
	})
	p.Must(t).AdminResetUserPassword(&api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "bob"})
	_, err := customAuth(t, p, "bob")
	cognatetest.WantError(t, "CUSTOM_AUTH of RESET_REQUIRED", err, api.ErrPasswordMustReset)
}

// riddleAfterSRP makes the functions of a pool with riddles ask for the password, then for one riddle, and then issue tokens,
// whatever the service asks between them.
func riddleAfterSRP(p *cognatetest.UserPool) {
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		steps := names(e.Request.Session)
		switch {
		case len(steps) == 1 && steps[0] == "SRP_A":
			return map[string]any{"challengeName": "PASSWORD_VERIFIER"}, nil
		case steps[len(steps)-1] == "CUSTOM_CHALLENGE":
			return map[string]any{"issueTokens": true}, nil
		default:
			return map[string]any{"challengeName": "CUSTOM_CHALLENGE"}, nil
		}
	})
}

// names returns the names of the right steps.
func names(steps []cognatetest.ChallengeResult) []string {
	var right []string
	for _, step := range steps {
		if step.ChallengeResult {
			right = append(right, step.ChallengeName)
		}
	}
	return right
}

// mustProveInCustom begins a custom sign-in with SRP, proves the password and returns what follows.
func mustProveInCustom(t *testing.T, p *cognatetest.UserPool, username string, pairs ...string) *api.RespondToAuthChallengeOutput {
	t.Helper()
	return cognatetest.Try(proveInCustom(t, p, username, pairs...)).Of(t)
}

func proveInCustom(t *testing.T, p *cognatetest.UserPool, username string, pairs ...string) (*api.RespondToAuthChallengeOutput, error) {
	t.Helper()
	s := newSRPSignIn(t)
	out := cognatetest.Try(customAuth(t, p, username, append(pairs, "CHALLENGE_NAME", "SRP_A", "SRP_A", s.client.A())...)).Of(t)
	s.challenge = out.ChallengeParameters
	in := s.answer(t, p, cognatetest.Password)
	maps.Copy(in, responses(username, pairs...))
	return proveSRP(p, in)
}

// mustEndCustom answers the riddle after the other steps. The last answer may have more responses, in pairs.
func mustEndCustom(t *testing.T, p *cognatetest.UserPool, username string, out *api.RespondToAuthChallengeOutput, pairs ...string) *api.RespondToAuthChallengeOutput {
	t.Helper()
	_, answer, _ := strings.Cut(out.ChallengeParameters["riddle"], " ")
	if out.ChallengeName != custom || out.AuthenticationResult != nil {
		t.Fatalf("the service's own challenges lead to %+v, want CUSTOM_CHALLENGE", out)
	}
	return cognatetest.Try(p.Answer(custom, out.Session, responses(username, append(pairs, "ANSWER", answer)...))).Of(t)
}

// After the password the service itself asks for the second factor and for a new password. Only then it calls
// DefineAuthChallenge, which finds these steps in its session.
func TestServiceAsksAfterPasswordInCustomAuth(t *testing.T) {
	t.Parallel()
	s := newFlowServer(t, false, false)
	p := s.second.UserPool
	riddleAfterSRP(p)
	for _, c := range []struct {
		user    string
		choices map[api.ChallengeNameType][]string
		asks    []string // after PASSWORD_VERIFIER
		session []string // as the functions find it at the end
	}{
		{"sam", nil, []string{"SMS_MFA", "CUSTOM_CHALLENGE"}, []string{"SMS_MFA", "CUSTOM_CHALLENGE"}},
		{"mia", nil, []string{"EMAIL_OTP", "CUSTOM_CHALLENGE"}, []string{"EMAIL_OTP", "CUSTOM_CHALLENGE"}},
		{"tom", nil, []string{"SOFTWARE_TOKEN_MFA", "CUSTOM_CHALLENGE"}, []string{"SOFTWARE_TOKEN_MFA", "CUSTOM_CHALLENGE"}},
		{
			"sue", choice("SELECT_MFA_TYPE", "ANSWER", "SMS_MFA"),
			[]string{"SELECT_MFA_TYPE", "SMS_MFA", "CUSTOM_CHALLENGE"},
			[]string{"SMS_MFA", "CUSTOM_CHALLENGE"},
		},
		{
			"sue", choice("SELECT_MFA_TYPE", "ANSWER", "SOFTWARE_TOKEN_MFA"),
			[]string{"SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA", "CUSTOM_CHALLENGE"},
			[]string{"SOFTWARE_TOKEN_MFA", "CUSTOM_CHALLENGE"},
		},
		{
			invitedUser, nil,
			[]string{"NEW_PASSWORD_REQUIRED", "EMAIL_OTP", "CUSTOM_CHALLENGE"},
			[]string{"NEW_PASSWORD_REQUIRED", "EMAIL_OTP", "CUSTOM_CHALLENGE"},
		},
		{"bob", nil, []string{"CUSTOM_CHALLENGE", "MFA_SETUP"}, []string{"CUSTOM_CHALLENGE"}},
	} {
		p.Triggers.Sources() // forgets the events before
		w := s.newWalk(&flowPath{pool: inSecond, user: c.user, flow: "CUSTOM_AUTH", parameters: customSRP, choices: c.choices}, false)
		var asks []string
		for r := w.begin(); ; {
			w.sign(r)
			answer := cognatetest.Try(w.send(r)).Of(t)
			if answer["AuthenticationResult"] != nil {
				break
			}
			asks = append(asks, text(answer, "ChallengeName"))
			r = w.next(answer)
		}
		if diff := cmp.Diff(append([]string{"PASSWORD_VERIFIER"}, c.asks...), asks); diff != "" {
			t.Errorf("%s: challenges (-want +got):\n%s", c.user, diff)
		}
		steps := names(p.Triggers.Last(t, cognate.TriggerDefineAuthChallenge).Request.Session)
		if diff := cmp.Diff(append([]string{"SRP_A", "PASSWORD_VERIFIER"}, c.session...), steps); diff != "" {
			t.Errorf("%s: session of DefineAuthChallenge (-want +got):\n%s", c.user, diff)
		}
		called := 0
		for _, source := range p.Triggers.Sources() {
			if source == "DefineAuthChallenge_Authentication" {
				called++
			}
		}
		if called != 3 { // at the start, before the riddle and after it
			t.Errorf("%s: DefineAuthChallenge was called %d times, want 3", c.user, called)
		}
	}
}

// If the functions ask for the second factor before the password, the service does not repeat it. A wrong code gets no further.
func TestSecondFactorOnceInCustomAuth(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	riddles(p, 1)
	riddleAfterSRP(p)
	out := mustProveInCustom(t, p, "ann")
	if out.ChallengeName != totp {
		t.Fatalf("PASSWORD_VERIFIER = %+v, want SOFTWARE_TOKEN_MFA", out)
	}
	_, err := p.AnswerCode("ann", out.Session, p.WrongCode(secret))
	cognatetest.WantError(t, "a wrong code", err, api.ErrCodeMismatch)
	out = cognatetest.Try(p.AnswerCode("ann", out.Session, p.Code(secret))).Of(t)
	if mustEndCustom(t, p, "ann", out).AuthenticationResult == nil {
		t.Error("the riddle after the code leads to no tokens")
	}

	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		switch steps := names(e.Request.Session); steps[len(steps)-1] {
		case "SRP_A":
			return map[string]any{"challengeName": "SOFTWARE_TOKEN_MFA"}, nil
		case "SOFTWARE_TOKEN_MFA":
			return map[string]any{"challengeName": "PASSWORD_VERIFIER"}, nil
		default:
			return map[string]any{"issueTokens": true}, nil
		}
	})
	p.NextStep()
	s := newSRPSignIn(t)
	begun := cognatetest.Try(customAuth(t, p, "ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", s.client.A())).Of(t)
	asked := cognatetest.Try(p.AnswerCode("ann", begun.Session, p.Code(secret))).Of(t)
	s.challenge = asked.ChallengeParameters
	if done := cognatetest.Try(proveSRP(p, s.answer(t, p, cognatetest.Password))).Of(t); done.AuthenticationResult == nil {
		t.Errorf("PASSWORD_VERIFIER after the code = %+v, want tokens", done)
	}
}

// The right password of a user whose password must be reset does not get further. A client that hides users sees that state
// after the password.
func TestCustomAuthOfPasswordToReset(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	riddles(p, 1)
	riddleAfterSRP(p)
	p.MustUser("ann", verifiedEmail("ann@example.com")...)
	p.Must(t).AdminResetUserPassword(&api.AdminResetUserPasswordInput{UserPoolId: p.PoolID, Username: "ann"})
	_, err := customAuth(t, p, "ann", "CHALLENGE_NAME", "SRP_A", "SRP_A", newSRPSignIn(t).client.A())
	cognatetest.WantError(t, "CUSTOM_AUTH with SRP", err, api.ErrPasswordMustReset)
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
	})
	_, err = proveInCustom(t, p, "ann")
	cognatetest.WantError(t, "PASSWORD_VERIFIER", err, api.ErrPasswordMustReset)
}

// onDeviceInCustom returns a pool that tracks devices and asks riddles, whose user ann has a remembered device.
func onDeviceInCustom(t *testing.T, replaceMFA bool) (*cognatetest.UserPool, *cognatetest.Device) {
	t.Helper()
	p := cognatetest.Pool(t, cognatetest.TrackDevices(replaceMFA, false))
	p.MustUser("ann")
	d := p.MustConfirmDevice(p.MustSignIn("ann", "").AuthenticationResult)
	riddles(p, 1)
	return p, d
}

// A custom sign-in without a password has no new device, and its tokens can be refreshed without one. A remembered device that
// its last answer names proves itself at the end.
func TestDeviceOfCustomAuth(t *testing.T) {
	t.Parallel()
	for what, replaces := range map[string]bool{"devices replace MFA": true, "devices replace nothing": false} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p, d := onDeviceInCustom(t, replaces)
			for key, pairs := range map[string][]string{"": nil, "us-east-1_0": {"DEVICE_KEY", "us-east-1_0"}} {
				tokens := mustFinishRiddle(t, p, "ann", pairs...).AuthenticationResult
				if tokens == nil || tokens.NewDeviceMetadata != nil || claimsOf(t, tokens.AccessToken)["device_key"] != nil {
					t.Fatalf("CUSTOM_CHALLENGE on %q = %+v, want tokens without a device", key, tokens)
				}
				cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, "")).Of(t)
				cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, d.Key)).Of(t)
			}
			begun := cognatetest.Try(customAuth(t, p, "ann", "DEVICE_KEY", d.Key)).Of(t)
			named := cognatetest.Try(p.Answer(custom, begun.Session, responses("ann", "ANSWER", "0"))).Of(t)
			if named.AuthenticationResult == nil || claimsOf(t, named.AuthenticationResult.AccessToken)["device_key"] != nil {
				t.Errorf("a device that only the start names = %+v, want tokens without a device", named)
			}
			out := mustFinishRiddle(t, p, "ann", "DEVICE_KEY", d.Key)
			if out.ChallengeName != deviceSRP || out.AuthenticationResult != nil {
				t.Fatalf("CUSTOM_CHALLENGE on the device = %+v, want DEVICE_SRP_AUTH", out)
			}
			tokens := mustProve(t, p, out.Session, d)
			wantOnDevice(t, "the device's proof", tokens, d)
			_, err := refreshOn(t, p, tokens.RefreshToken, "")
			cognatetest.WantError(t, "a refresh without the device", err, errNoRefresh)
			cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, d.Key)).Of(t)

			p.Must(t).AdminForgetDevice(&api.AdminForgetDeviceInput{UserPoolId: p.PoolID, Username: "ann", DeviceKey: d.Key})
			_, err = refreshOn(t, p, tokens.RefreshToken, d.Key)
			cognatetest.WantError(t, "a refresh on the forgotten device", err, errNoRefresh)
		})
	}
}

// Where the pool requires MFA, the answer to its challenge gets no new device either.
func TestDeviceOfCustomAuthWithMFA(t *testing.T) {
	t.Parallel()
	p, d := onDeviceInCustom(t, true)
	p.MustSetMFA(on)
	out := mustFinishRiddle(t, p, "ann", "DEVICE_KEY", d.Key)
	a := p.Must(t).AssociateSoftwareToken(&api.AssociateSoftwareTokenInput{Session: out.Session})
	v := p.Must(t).VerifySoftwareToken(&api.VerifySoftwareTokenInput{Session: a.Session, UserCode: p.Code(a.SecretCode)})
	tokens := cognatetest.Try(p.Answer(api.ChallengeNameTypeMfaSetup, v.Session, responses("ann"))).Of(t).AuthenticationResult
	for what, get := range map[string]func() *api.AuthenticationResultType{
		"MFA_SETUP": func() *api.AuthenticationResultType { return tokens },
		"SOFTWARE_TOKEN_MFA": func() *api.AuthenticationResultType {
			p.NextStep()
			return cognatetest.Try(p.AnswerCode("ann", mustFinishRiddle(t, p, "ann").Session, p.Code(a.SecretCode))).Of(t).AuthenticationResult
		},
	} {
		tokens := get()
		if tokens.NewDeviceMetadata != nil || claimsOf(t, tokens.AccessToken)["device_key"] != nil {
			t.Errorf("%s = %+v, want tokens without a device", what, tokens)
		}
		cognatetest.Try(refreshOn(t, p, tokens.RefreshToken, "")).Of(t)
	}
	p.NextStep()
	asked := cognatetest.Try(p.Answer(totp, mustFinishRiddle(t, p, "ann", "DEVICE_KEY", d.Key).Session, responses(
		"ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(a.SecretCode), "DEVICE_KEY", d.Key,
	))).Of(t)
	wantOnDevice(t, "the device after SOFTWARE_TOKEN_MFA", mustProve(t, p, asked.Session, d), d)
	out = mustFinishRiddle(t, p, "ann", "DEVICE_KEY", d.Key)
	if out.ChallengeName != deviceSRP {
		t.Fatalf("CUSTOM_CHALLENGE on a device that has had a second factor = %+v, want DEVICE_SRP_AUTH", out)
	}
	wantOnDevice(t, "the device instead of MFA", mustProve(t, p, out.Session, d), d)
}

// With SRP a sign-in without DEVICE_KEY gets a new device. A device that replaces MFA is not asked twice, and the second factor
// is challenged at the end if the last answer does not name the device.
func TestDeviceOfCustomAuthWithSRP(t *testing.T) {
	t.Parallel()
	p, secret, d, _ := onDevice(t, cognatetest.Start(t))
	riddles(p, 1)
	riddleAfterSRP(p)
	p.NextStep()
	out := cognatetest.Try(p.AnswerCode("ann", mustProveInCustom(t, p, "ann").Session, p.Code(secret))).Of(t)
	wantNewDevice(t, "CUSTOM_CHALLENGE without a device", mustEndCustom(t, p, "ann", out).AuthenticationResult)

	p.NextStep()
	out = cognatetest.Try(p.AnswerCode("ann", mustProveInCustom(t, p, "ann").Session, p.Code(secret))).Of(t)
	asked := mustEndCustom(t, p, "ann", out, "DEVICE_KEY", d.Key)
	wantOnDevice(t, "the device after MFA", mustProve(t, p, asked.Session, d), d)

	asked = mustEndCustom(t, p, "ann", mustProveInCustom(t, p, "ann", "DEVICE_KEY", d.Key), "DEVICE_KEY", d.Key)
	if asked.ChallengeName != deviceSRP {
		t.Fatalf("CUSTOM_CHALLENGE on the device = %+v, want DEVICE_SRP_AUTH", asked)
	}
	wantOnDevice(t, "the device instead of MFA", mustProve(t, p, asked.Session, d), d)

	asked = mustEndCustom(t, p, "ann", mustProveInCustom(t, p, "ann", "DEVICE_KEY", d.Key))
	if asked.ChallengeName != totp || asked.AuthenticationResult != nil {
		t.Fatalf("CUSTOM_CHALLENGE without the device = %+v, want SOFTWARE_TOKEN_MFA", asked)
	}
	p.NextStep()
	asked = mustEndCustom(t, p, "ann", mustProveInCustom(t, p, "ann", "DEVICE_KEY", d.Key))
	done := cognatetest.Try(p.AnswerCode("ann", asked.Session, p.Code(secret))).Of(t).AuthenticationResult
	wantNewDevice(t, "SOFTWARE_TOKEN_MFA at the end", done)
}

// If the functions require the second factor themselves, the sign-in asks for it only once.
func TestCustomAuthAsksForSecondFactor(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	riddles(p, 1)
	p.Triggers.On(cognate.TriggerDefineAuthChallenge, func(e *cognatetest.TriggerEvent) (any, error) {
		if len(e.Request.Session) == 0 {
			return map[string]any{"challengeName": "SOFTWARE_TOKEN_MFA"}, nil
		}
		return map[string]any{"issueTokens": true}, nil
	})
	out := cognatetest.Try(customAuth(t, p, "ann")).Of(t)
	if out.ChallengeName != totp {
		t.Fatalf("CUSTOM_AUTH = %+v, want SOFTWARE_TOKEN_MFA", out)
	}
	_, err := p.AnswerCode("ann", out.Session, p.WrongCode(secret))
	cognatetest.WantError(t, "a wrong code", err, api.ErrCodeMismatch)
	if done := cognatetest.Try(p.AnswerCode("ann", out.Session, p.Code(secret))).Of(t); done.AuthenticationResult == nil {
		t.Errorf("SOFTWARE_TOKEN_MFA = %+v, want tokens", done)
	}
	want := []cognatetest.ChallengeResult{{ChallengeName: "SOFTWARE_TOKEN_MFA", ChallengeResult: true}}
	if diff := cmp.Diff(want, p.Triggers.Last(t, cognate.TriggerDefineAuthChallenge).Request.Session); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// Of concurrent answers to one challenge, the functions judge one. The functions count attempts, and no client can avoid the
// count.
func TestCustomAuthAnswersRace(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustUser("ann")
		riddles(p, 1)
		out := cognatetest.Try(customAuth(t, p, "ann")).Of(t)
		var judged atomic.Int32
		p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, func(*cognatetest.TriggerEvent) (any, error) {
			judged.Add(1)
			return map[string]any{"answerCorrect": false}, nil
		})
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() { _, _ = p.Answer(custom, out.Session, responses("ann", "ANSWER", strconv.Itoa(i))) })
		}
		group.Wait()
		if n := judged.Load(); n != 1 {
			t.Errorf("%d answers to one challenge were judged, want 1", n)
		}
	})
}

// If the client hides users, a decoy gets the challenges of a user, and no tokens whatever the functions say.
func TestCustomAuthOfDecoy(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	riddles(p, 1)
	_, err := customAuth(t, p, "eve")
	cognatetest.WantError(t, "LEGACY", err, api.ErrUserDoesNotExist)
	p.Must(t).UpdateUserPoolClient(&api.UpdateUserPoolClientInput{
		UserPoolId: p.PoolID, ClientId: p.ClientID, PreventUserExistenceErrors: api.PreventUserExistenceErrorTypesEnabled,
	})
	out := cognatetest.Try(customAuth(t, p, "eve")).Of(t)
	if !p.Triggers.Last(t, cognate.TriggerCreateAuthChallenge).Request.UserNotFound {
		t.Error("the event of an unknown name does not say userNotFound")
	}
	_, err = p.Answer(custom, out.Session, responses("eve", "ANSWER", "0"))
	cognatetest.WantError(t, "the right answer of a decoy", err, api.ErrIncorrectPassword)
}

// A change of the user ends an unfinished sign-in, also between the calls of the functions.
func TestCustomAuthEndsWithChanges(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	riddles(p, 1)
	out := cognatetest.Try(customAuth(t, p, "ann")).Of(t)
	p.Triggers.On(cognate.TriggerVerifyAuthChallengeResponse, func(*cognatetest.TriggerEvent) (any, error) {
		_, err := p.Client.AdminUserGlobalSignOut(t.Context(), &api.AdminUserGlobalSignOutInput{UserPoolId: p.PoolID, Username: "ann"})
		return map[string]any{"answerCorrect": true}, err
	})
	if out, err := p.Answer(custom, out.Session, responses("ann", "ANSWER", "0")); err == nil {
		t.Errorf("the answer during a global sign-out = %+v, want a refusal", out)
	}
	out = cognatetest.Try(customAuth(t, p, "ann")).Of(t)
	p.Clock.Advance(3 * time.Minute)
	_, err := p.Answer(custom, out.Session, responses("ann", "ANSWER", "0"))
	cognatetest.WantError(t, "an answer after the session's time", err, api.ErrSessionExpired)
}
