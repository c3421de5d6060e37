package account_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func TestConfirmForgotPassword(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		f.MustUser("anna", verifiedByMail...)
		cognatetest.WantError(t, "ConfirmForgotPassword(unknown)", f.confirmForgotPassword(t, "unknown", "123456", newPassword), errUnknown)
		cognatetest.WantError(t, "ConfirmForgotPassword(no code was sent)", f.confirmForgotPassword(t, "anna", "123456", newPassword), errExpired)
		code := f.mustForget(t, "anna", "a@example.com")
		cognatetest.WantError(t, "ConfirmForgotPassword(wrong code)", f.confirmForgotPassword(t, "anna", wrong(code), newPassword), errMismatch)
		cognatetest.WantCode(t, "ConfirmForgotPassword(weak password)", f.confirmForgotPassword(t, "anna", code, "weak"), api.CodeInvalidPasswordException)
		if err := f.confirmForgotPassword(t, "anna", code, newPassword); err != nil {
			t.Fatalf("ConfirmForgotPassword() = %v", err)
		}
		cognatetest.WantError(t, "ConfirmForgotPassword(spent code)", f.confirmForgotPassword(t, "anna", code, newPassword), errExpired)
		_, err := f.signIn(t, "anna", cognatetest.Password)
		cognatetest.WantError(t, "InitiateAuth(old password)", err, api.NotAuthorizedException("Incorrect username or password."))
		cognatetest.Try(f.signIn(t, "anna", newPassword)).Of(t)
	})
}

// Recovery also ends sign-ins that have started with the old password.
func TestConfirmForgotPasswordEndsOpenSignIns(t *testing.T) {
	t.Parallel()
	p := cognatetest.Pool(t, cognatetest.MFA(api.UserPoolMfaTypeOptional))
	p.MustUser("anna", verifiedByMail...)
	access := p.MustSignIn("anna", "").AuthenticationResult.AccessToken
	secret := p.MustEnrolWith(access)
	p.MustPrefer(access, true, true)
	open := p.MustSignIn("anna", api.ChallengeNameTypeSoftwareTokenMfa).Session
	f := &fixture{p}
	if err := f.confirmForgotPassword(t, "anna", f.mustForget(t, "anna", "a@example.com"), newPassword); err != nil {
		t.Fatalf("ConfirmForgotPassword() = %v", err)
	}
	p.NextStep()
	_, err := p.AnswerCode("anna", open, p.Code(secret))
	cognatetest.WantError(t, "RespondToAuthChallenge(sign-in from before)", err, api.NotAuthorizedException("Invalid session for the user."))
	next, err := f.signIn(t, "anna", newPassword)
	if err != nil || next.ChallengeName != api.ChallengeNameTypeSoftwareTokenMfa {
		t.Errorf("InitiateAuth(new password) = %+v, %v, want the second factor, which recovery leaves on", next, err)
	}
}

func TestConfirmForgotPasswordTooLate(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.MustUser("late", contact("email", "late@example.com")...)
	code := f.mustForget(t, "late", "late@example.com")
	s.Clock.Advance(time.Hour)
	cognatetest.WantError(t, "ConfirmForgotPassword(after an hour)", f.confirmForgotPassword(t, "late", code, newPassword), errExpired)

	for username, now := range map[string][]api.AttributeType{
		"moved":      contact("email", "elsewhere@example.com"),
		"unverified": {{Name: "email_verified", Value: "false"}},
	} {
		f.MustUser(username, contact("email", username+"@example.com")...)
		code := f.mustForget(t, username, username+"@example.com")
		s.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
			UserPoolId: f.PoolID, Username: username, UserAttributes: now,
		})
		cognatetest.WantError(t, "ConfirmForgotPassword("+username+")", f.confirmForgotPassword(t, username, code, newPassword), errExpired)
	}

	f.MustUser("otto", contact("email", "otto@example.com")...)
	code = f.mustForget(t, "otto", "otto@example.com")
	f.mustDisable(t, "otto")
	cognatetest.WantError(t, "ConfirmForgotPassword(disabled)", f.confirmForgotPassword(t, "otto", code, newPassword), errDisabled)
}

func TestConfirmForgotPasswordRace(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		f.MustUser("anna", verifiedByMail...)
		code := f.mustForget(t, "anna", "a@example.com")
		const racers = 6
		errs := make(chan error, racers)
		var group sync.WaitGroup
		for range racers {
			group.Go(func() { errs <- f.confirmForgotPassword(t, "anna", code, newPassword) })
		}
		group.Wait()
		close(errs)
		won := 0
		for err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, errExpired):
				t.Errorf("ConfirmForgotPassword(racing) = %v, want %v", err, errExpired)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d racing confirmations succeeded, want 1", won, racers)
		}
	})
}

// A new password invalidates the codes that were sent before it.
func TestRecoveryCodeEndsWithANewPassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.MustUser("anna", verifiedByMail...)
	code := f.mustForget(t, "anna", "a@example.com")
	s.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
		UserPoolId: f.PoolID, Username: "anna", Password: cognatetest.Password, Permanent: new(true),
	})
	cognatetest.WantError(t, "ConfirmForgotPassword(code from before)", f.confirmForgotPassword(t, "anna", code, newPassword), errExpired)
}

// An error of the password history shows what a user's passwords were. Callers get it only with the right code.
func TestConfirmForgotPasswordAndHistory(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		s.Must(t).UpdateUserPool(&api.UpdateUserPoolInput{
			UserPoolId: f.PoolID, AutoVerifiedAttributes: []api.VerifiedAttributeType{api.VerifiedAttributeTypeEmail},
			Policies: &api.UserPoolPolicyType{PasswordPolicy: &api.PasswordPolicyType{PasswordHistorySize: new(2)}},
		})
		f.MustUser("anna", verifiedByMail...)
		code := f.mustForget(t, "anna", "a@example.com")
		cognatetest.WantError(t, "ConfirmForgotPassword(wrong code, password in force)", f.confirmForgotPassword(t, "anna", wrong(code), cognatetest.Password), errMismatch)
		cognatetest.WantCode(t, "ConfirmForgotPassword(password in force)", f.confirmForgotPassword(t, "anna", code, cognatetest.Password),
			api.CodePasswordHistoryPolicyViolationException)
		if err := f.confirmForgotPassword(t, "anna", code, newPassword); err != nil {
			t.Errorf("ConfirmForgotPassword(after a refused password) = %v, want the code still good", err)
		}
	})
}
