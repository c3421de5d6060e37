package account_test

import (
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func TestConfirmSignUp(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail)
		sub := f.mustSignUp(t, "anna", "email", "a@example.com", "phone_number", "+15555559934").UserSub
		code := f.code(t, "a@example.com")
		cognatetest.WantRefusal(t, "ConfirmSignUp(wrong code)", f.confirmSignUp(t, "anna", wrong(code)), errMismatch)
		cognatetest.WantRefusal(t, "ConfirmSignUp()", f.confirmSignUp(t, "anna", code), nil)
		status, list := f.shown(t, "anna")
		if status != api.UserStatusTypeConfirmed {
			t.Errorf("status after ConfirmSignUp = %s, want CONFIRMED", status)
		}
		wantDiff(t, "attributes after ConfirmSignUp", cognatetest.Attributes("sub", sub, "email", "a@example.com", "email_verified", "true",
			"phone_number", "+15555559934", "phone_number_verified", "false"), list)
		cognatetest.WantRefusal(t, "InitiateAuth(confirmed)", f.signInError("anna"), nil)
		cognatetest.WantRefusal(t, "ConfirmSignUp(again)", f.confirmSignUp(t, "anna", code), errConfirmed)
		f.wantSent(t, 1)
	})
}

func TestConfirmSignUpRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)

	cognatetest.WantRefusal(t, "ConfirmSignUp(unknown)", f.confirmSignUp(t, "unknown", "123456"), errUnknown)

	f.mustSignUp(t, "late", "email", "late@example.com")
	code := f.code(t, "late@example.com")
	s.Clock.Advance(24 * time.Hour)
	cognatetest.WantRefusal(t, "ConfirmSignUp(expired)", f.confirmSignUp(t, "late", code), errExpired)

	f.mustSignUp(t, "nocode")
	cognatetest.WantRefusal(t, "ConfirmSignUp(no code was sent)", f.confirmSignUp(t, "nocode", "123456"), errExpired)

	f.mustSignUp(t, "otto", "email", "otto@example.com")
	code = f.code(t, "otto@example.com")
	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "otto"})
	cognatetest.WantRefusal(t, "ConfirmSignUp(disabled)", f.confirmSignUp(t, "otto", code), api.ErrUserDisabled)

	f.mustSignUp(t, "emma", "email", "emma@example.com")
	code = f.code(t, "emma@example.com")
	s.Must(t).AdminUpdateUserAttributes(&api.AdminUpdateUserAttributesInput{
		UserPoolId: f.PoolID, Username: "emma", UserAttributes: cognatetest.Attributes("email", "other@example.com"),
	})
	cognatetest.WantRefusal(t, "ConfirmSignUp(code of an address that was replaced)", f.confirmSignUp(t, "emma", code), errExpired)
	if _, list := f.shown(t, "emma"); list[2].Value != "false" {
		t.Errorf("attributes = %v, want the new address unverified", list)
	}
}

func TestConfirmSignUpRace(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail)
		f.mustSignUp(t, "anna", "email", "a@example.com")
		code := f.code(t, "a@example.com")
		const racers = 6
		errs := make(chan error, racers)
		var group sync.WaitGroup
		for range racers {
			group.Go(func() { errs <- f.confirmSignUp(t, "anna", code) })
		}
		group.Wait()
		close(errs)
		won := 0
		for err := range errs {
			if err == nil {
				won++
				continue
			}
			cognatetest.WantRefusal(t, "ConfirmSignUp(racing)", err, errConfirmed)
		}
		if won != 1 {
			t.Errorf("%d of %d racing confirmations succeeded, want 1", won, racers)
		}
	})
}

func TestConfirmSignUpLimits(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)
	f.mustSignUp(t, "anna", "email", "a@example.com")
	code := f.code(t, "a@example.com")
	for range 15 {
		cognatetest.WantRefusal(t, "ConfirmSignUp(wrong code)", f.confirmSignUp(t, "anna", wrong(code)), errMismatch)
	}
	cognatetest.WantRefusal(t, "ConfirmSignUp(16th answer within an hour)", f.confirmSignUp(t, "anna", code), errLimit)
	s.Clock.Advance(time.Hour)
	cognatetest.WantRefusal(t, "ConfirmSignUp(wrong code, after an hour)", f.confirmSignUp(t, "anna", wrong(code)),
		&api.Error{Code: api.CodeTooManyFailedAttemptsException})
	cognatetest.WantRefusal(t, "ConfirmSignUp(right code that is given up)", f.confirmSignUp(t, "anna", code), errExpired)
	if _, err := f.resend(t, "anna"); err != nil {
		t.Fatalf("ResendConfirmationCode() = %v", err)
	}
	cognatetest.WantRefusal(t, "ConfirmSignUp(new code)", f.confirmSignUp(t, "anna", f.code(t, "a@example.com")), nil)
}

func TestConfirmSignUpAlias(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail, cognatetest.EmailIsAlias())
		f.mustSignUp(t, "first", "email", "a@example.com")
		cognatetest.WantRefusal(t, "InitiateAuth(by an alias that isn't verified)", f.signInError("a@example.com"), api.ErrUserDoesNotExist)
		cognatetest.WantRefusal(t, "ConfirmSignUp(first)", f.confirmSignUp(t, "first", f.code(t, "a@example.com")), nil)
		cognatetest.WantRefusal(t, "InitiateAuth(by alias)", f.signInError("a@example.com"), nil)

		f.mustSignUp(t, "second", "email", "a@example.com")
		code := f.code(t, "a@example.com")
		cognatetest.WantRefusal(t, "ConfirmSignUp(alias of another)", f.confirmSignUp(t, "second", code),
			api.AliasExistsException("An account with the email already exists."))
		_, err := s.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
			ClientId: f.ClientID, Username: "second", ConfirmationCode: code, ForceAliasCreation: new(true),
		})
		cognatetest.WantRefusal(t, "ConfirmSignUp(ForceAliasCreation, same code)", err, nil)
		user := s.Must(t).AdminGetUser(&api.AdminGetUserInput{UserPoolId: f.PoolID, Username: "a@example.com"})
		if user.Username != "second" {
			t.Errorf("the alias means %s, want second", user.Username)
		}
		if _, list := f.shown(t, "first"); list[2].Value != "false" {
			t.Errorf("attributes of the former owner = %v, want the address unverified", list)
		}
	})
}

// A client that hides users gets the same answer for an unknown name and for a wrong code of a user.
func TestConfirmSignUpHidesUsers(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, cognatetest.HideUsers())
	f.mustSignUp(t, "anna", "email", "a@example.com")
	code := f.code(t, "a@example.com")
	f.mustSignUp(t, "nocode")
	f.mustSignUp(t, "otto", "email", "otto@example.com")
	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "otto"})

	names := []string{"unknown", "anna", "nocode", "otto"}
	wantAll := func(when string, want error) {
		t.Helper()
		for _, name := range names {
			cognatetest.WantRefusal(t, "ConfirmSignUp("+name+", "+when+")", f.confirmSignUp(t, name, wrong(code)), want)
		}
	}
	for range 15 {
		wantAll("wrong code", errMismatch)
	}
	wantAll("16th answer within an hour", errLimit)
	s.Clock.Advance(time.Hour)
	wantAll("an hour later, when anna's code is given up", errMismatch)
	s.Clock.Advance(24 * time.Hour)
	wantAll("a day later, when it has expired", errMismatch)
	cognatetest.WantRefusal(t, "ConfirmSignUp(right code, too late)", f.confirmSignUp(t, "anna", code), errExpired)
}

// If users can sign up, SignUp shows which users exist. If they cannot, no operation shows it.
func TestConfirmedUsersOfHidingClients(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	for _, tt := range []struct {
		name               string
		pool               []cognatetest.Option
		confirming, resend error
	}{
		{"open pool", []cognatetest.Option{byEmail}, errConfirmed, errNoResend},
		{"closed pool", []cognatetest.Option{byEmail, cognatetest.AdminCreateOnly()}, errMismatch, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustPool(t, s, append(tt.pool, cognatetest.HideUsers())...)
			s.Must(t).AdminCreateUser(&api.AdminCreateUserInput{
				UserPoolId: f.PoolID, Username: "anna", MessageAction: api.MessageActionTypeSuppress,
				UserAttributes: cognatetest.Attributes("email", "a@example.com"),
			})
			s.Must(t).AdminSetUserPassword(&api.AdminSetUserPasswordInput{
				UserPoolId: f.PoolID, Username: "anna", Password: cognatetest.Password, Permanent: new(true),
			})
			cognatetest.WantRefusal(t, "ConfirmSignUp(confirmed)", f.confirmSignUp(t, "anna", "123456"), tt.confirming)
			_, err := f.resend(t, "anna")
			cognatetest.WantRefusal(t, "ResendConfirmationCode(confirmed)", err, tt.resend)
		})
	}
}
