package signin_test

import (
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

// If the functions accept a user, the user must still give the second factor and replace a temporary password.
func TestCustomAuthKeepsSecondFactor(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	riddles(p, 1)
	out := cognatetest.Try(customAuth(t, p, "ann")).Of(t)
	asked := cognatetest.Try(p.Answer(custom, out.Session, responses("ann", "ANSWER", "0"))).Of(t)
	if asked.ChallengeName != totp || asked.AuthenticationResult != nil {
		t.Fatalf("CUSTOM_CHALLENGE = %+v, want SOFTWARE_TOKEN_MFA", asked)
	}
	if done := cognatetest.Try(p.AnswerCode("ann", asked.Session, p.Code(secret))).Of(t); done.AuthenticationResult == nil {
		t.Errorf("SOFTWARE_TOKEN_MFA = %+v, want tokens", done)
	}

	p.MustUser("bob")
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: "bob", Password: cognatetest.Password,
	})
	out = cognatetest.Try(customAuth(t, p, "bob")).Of(t)
	asked = cognatetest.Try(p.Answer(custom, out.Session, responses("bob", "ANSWER", "0"))).Of(t)
	if asked.ChallengeName != api.ChallengeNameTypeNewPasswordRequired {
		t.Errorf("CUSTOM_CHALLENGE of a temporary password = %+v, want NEW_PASSWORD_REQUIRED", asked)
	}
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
