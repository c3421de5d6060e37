package signin_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate"
	"cognate/api"
	"cognate/cognatetest"
)

// The order of the triggers of a sign-in, and the content of their events (docs/behaviour.md §6.1, §6.2).
func TestTriggersOfSignIn(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(on))
	p.MustUser("ann")
	secret, _ := p.MustEnrol("ann")
	p.NextStep()
	p.MustTrigger(cognate.TriggerPreAuthentication, cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration)
	begun := p.Must(t).InitiateAuth(&api.InitiateAuthInput{
		ClientId: p.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth, ClientMetadata: map[string]string{"at": "start"},
		AuthParameters: responses("ann", "PASSWORD", cognatetest.Password),
	})
	pre := p.Triggers.Last(t, cognate.TriggerPreAuthentication).Request
	if diff := cmp.Diff(map[string]string{"at": "start"}, pre.ValidationData); diff != "" || pre.ClientMetadata != nil {
		t.Errorf("PreAuthentication got %+v, want the metadata as validation data only", pre)
	}
	if diff := cmp.Diff([]string{"PreAuthentication_Authentication"}, p.Triggers.Sources()); diff != "" {
		t.Fatalf("triggers of the first step (-want +got):\n%s", diff)
	}
	done := p.Must(t).RespondToAuthChallenge(&api.RespondToAuthChallengeInput{
		ClientId: p.ClientID, ChallengeName: totp, Session: begun.Session, ClientMetadata: map[string]string{"at": "answer"},
		ChallengeResponses: responses("ann", "SOFTWARE_TOKEN_MFA_CODE", p.Code(secret)),
	})
	if got := p.Triggers.Last(t, cognate.TriggerPostAuthentication).Request.ClientMetadata["at"]; got != "answer" {
		t.Errorf("PostAuthentication got the metadata %q, want that of the answer", got)
	}
	want := []string{"PostAuthentication_Authentication", "TokenGeneration_Authentication"}
	if diff := cmp.Diff(want, p.Triggers.Sources()); diff != "" {
		t.Errorf("triggers of the last step (-want +got):\n%s", diff)
	}
	cognatetest.Try(start(t, p, api.AuthFlowTypeRefreshTokenAuth, map[string]string{
		"REFRESH_TOKEN": done.AuthenticationResult.RefreshToken,
	})).Of(t)
	if diff := cmp.Diff([]string{"TokenGeneration_RefreshTokens"}, p.Triggers.Sources()); diff != "" {
		t.Errorf("triggers of a refresh (-want +got):\n%s", diff)
	}
}

// If a trigger fails, the sign-in fails with the function's message, and there are no tokens and no grant.
func TestTriggersRefuse(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	for _, of := range []cognate.Trigger{
		cognate.TriggerPreAuthentication, cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration,
	} {
		p.MustTrigger(of)
		p.Triggers.On(of, cognatetest.Fail("go away"))
		_, err := p.SignIn("ann")
		cognatetest.WantError(t, string(of), err, api.UserLambdaValidationException(string(of)+" failed with error go away."))
	}
	p.MustTrigger()
	p.MustSignIn("ann", "")
}

// A wrong password is refused after PreAuthentication and before PostAuthentication.
func TestTriggersOfWrongPassword(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.MustTrigger(cognate.TriggerPreAuthentication, cognate.TriggerPostAuthentication, cognate.TriggerPreTokenGeneration)
	_, err := withPassword(t, p, "ann", "Wrong-horse-7")
	cognatetest.WantError(t, "a wrong password", err, api.ErrIncorrectPassword)
	if diff := cmp.Diff([]string{"PreAuthentication_Authentication"}, p.Triggers.Sources()); diff != "" {
		t.Errorf("triggers (-want +got):\n%s", diff)
	}
	mustHide(t, p)
	_, err = withPassword(t, p, "eve", "Wrong-horse-7")
	cognatetest.WantError(t, "password of an unknown name", err, api.ErrIncorrectPassword)
	if e := p.Triggers.Last(t, cognate.TriggerPreAuthentication); !e.Request.UserNotFound || e.UserName != "eve" {
		t.Errorf("the event of an unknown name = %+v, want userNotFound and the name as typed", e)
	}
}

func TestTriggerOfNewPassword(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustUser("ann")
	p.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: p.PoolID, Username: "ann", Password: cognatetest.Password,
	})
	p.MustTrigger(cognate.TriggerPreTokenGeneration)
	asked := p.MustSignIn("ann", api.ChallengeNameTypeNewPasswordRequired)
	cognatetest.Try(p.Answer(asked.ChallengeName, asked.Session, responses("ann", "NEW_PASSWORD", "Correct-horse-8"))).Of(t)
	if diff := cmp.Diff([]string{"TokenGeneration_NewPasswordChallenge"}, p.Triggers.Sources()); diff != "" {
		t.Errorf("triggers (-want +got):\n%s", diff)
	}
}

// The function gets an unknown name with the password. A user that it knows signs in like any user of the pool.
func TestMigrationAtSignIn(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := s.Pool(t)
		p.MustTrigger(cognate.TriggerUserMigration)
		p.Triggers.On(cognate.TriggerUserMigration, func(e *cognatetest.TriggerEvent) (any, error) {
			if e.UserName != "ann" || e.Request.Password != cognatetest.Password {
				return nil, nil
			}
			return map[string]any{
				"userAttributes": map[string]string{"email": "ann@example.com", "email_verified": "true"}, "finalUserStatus": "CONFIRMED",
			}, nil
		})
		_, err := withPassword(t, p, "ann", "Wrong-horse-7")
		cognatetest.WantError(t, "a wrong password", err, api.ErrUserDoesNotExist)
		if _, _, err := beginSRP(t, p, "ann"); err == nil {
			t.Error("SRP migrates a user whose password it can't show")
		}
		p.MustSignIn("ann", "")
		asked := len(p.Triggers.Sources())
		p.MustSignIn("ann", "")
		if n := len(p.Triggers.Sources()); asked != 2 || n != 0 {
			t.Errorf("the function was asked %d times before and %d times after, want 2 and 0", asked, n)
		}
	})
}

// Guesses at a password that only the function knows are counted like others, also concurrent ones.
func TestMigrationLocks(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustTrigger(cognate.TriggerUserMigration)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = withPassword(t, p, "ann", "Wrong-horse-7") })
	}
	group.Wait()
	if n := len(p.Triggers.Sources()); n > 5 {
		t.Errorf("the function was asked %d times, want at most 5", n)
	}
	_, err := withPassword(t, p, "ann", cognatetest.Password)
	cognatetest.WantError(t, "the next attempt", err, api.ErrAttemptsExceeded)
}

// In a choice-based sign-in, a password that the request does not prefer does not call the function: users and unknown names
// get the choice. A preferred password does.
func TestMigrationAtChoice(t *testing.T) {
	t.Parallel()
	p := choosers(t, cognatetest.Start(t), off)
	p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
	p.MustTrigger(cognate.TriggerUserMigration)
	p.Triggers.On(cognate.TriggerUserMigration, cognatetest.Answer(map[string]any{}))
	for _, name := range []string{"ann", "eve"} {
		for _, prefers := range []string{"", "EMAIL_OTP"} {
			out, err := userAuth(t, p, name, "PASSWORD", "Wrong-horse-7", "PREFERRED_CHALLENGE", prefers)
			if err != nil || out.Session == "" {
				t.Errorf("USER_AUTH of %s with a password that prefers %q = %+v, %v, want a challenge", name, prefers, out, err)
			}
		}
	}
	if n := len(p.Triggers.Sources()); n != 0 {
		t.Errorf("the function was asked %d times, want never", n)
	}
	for _, name := range []string{"ann", "eve"} {
		_, err := userAuth(t, p, name, "PASSWORD", "Wrong-horse-7", "PREFERRED_CHALLENGE", "PASSWORD")
		cognatetest.WantError(t, "a wrong password of "+name, err, api.ErrIncorrectPassword)
	}
	if n := len(p.Triggers.Sources()); n != 1 {
		t.Errorf("the function was asked %d times, want once, for the unknown name", n)
	}
}

// Guesses with different spellings of a name are counted together, even if the spellings are different users in the pool. They
// can be one user in the directory that the function uses.
func TestMigrationLocksSpellings(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t)
	p.MustTrigger(cognate.TriggerUserMigration)
	for _, name := range []string{"ann", "Ann", "ANN", "aNn", "anN", "AnN", " ann", "aNN"} {
		_, _ = withPassword(t, p, name, "Wrong-horse-7")
	}
	if n := len(p.Triggers.Sources()); n != 5 {
		t.Errorf("the function was asked %d times, want 5", n)
	}
	_, err := withPassword(t, p, "ANn", cognatetest.Password)
	cognatetest.WantError(t, "another spelling", err, api.ErrAttemptsExceeded)
}
