package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/notify"
)

func TestResendConfirmationCode(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)
	f.mustSignUp(t, "anna", "email", "foo@example.com")
	first := f.code(t, "foo@example.com")
	details, err := f.resend(t, "anna")
	cognatetest.WantRefusal(t, "ResendConfirmationCode()", err, nil)
	wantDiff(t, "CodeDeliveryDetails",
		&api.CodeDeliveryDetailsType{Destination: "f***@e***", DeliveryMedium: "EMAIL", AttributeName: "email"}, details)
	m, _ := s.Mailbox.Last("foo@example.com")
	if m.Kind != notify.KindResendCode {
		t.Errorf("kind of the message = %s, want ResendCode", m.Kind)
	}
	if first != m.Code {
		cognatetest.WantRefusal(t, "ConfirmSignUp(first code)", f.confirmSignUp(t, "anna", first), errMismatch)
	}
	cognatetest.WantRefusal(t, "ConfirmSignUp(second code)", f.confirmSignUp(t, "anna", m.Code), nil)
	_, err = f.resend(t, "anna")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(confirmed)", err, errNoResend)
	f.wantSent(t, 2)
}

func TestResendConfirmationCodeRefuses(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustSignUp(t, "anna", "email", "a@example.com")
	_, err := f.resend(t, "anna")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(pool that verifies nothing)", err,
		api.NotAuthorizedException("Cannot resend codes. Auto verification not turned on."))

	f = mustPool(t, s, byEmail)
	_, err = f.resend(t, "unknown")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(unknown)", err, errUnknown)
	f.mustSignUp(t, "anna")
	_, err = f.resend(t, "anna")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(nothing to verify)", err, &api.Error{Code: api.CodeInvalidParameterException})
	f.mustSignUp(t, "otto", "email", "otto@example.com")
	for range 5 {
		_, err = f.resend(t, "otto")
		cognatetest.WantRefusal(t, "ResendConfirmationCode()", err, nil)
	}
	_, err = f.resend(t, "otto")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(6th within an hour)", err, errLimit)
	s.Clock.Advance(time.Hour)
	_, err = f.resend(t, "otto")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(after an hour)", err, nil)

	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "otto"})
	_, err = f.resend(t, "otto")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(disabled)", err, api.ErrUserDisabled)
}

// Too many messages to one address are no failure of the server, so the log does not have them as an error.
func TestResendConfirmationCodeToOneAddress(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)
	const users, resends = 6, 4 // with the messages of SignUp, the 30 that an address gets in an hour
	for i := range users {
		name := fmt.Sprint("user", i)
		f.mustSignUp(t, name, "email", "all@example.com")
		for range resends {
			_, err := f.resend(t, name)
			cognatetest.WantRefusal(t, "ResendConfirmationCode("+name+")", err, nil)
		}
	}
	_, err := f.resend(t, "user0")
	cognatetest.WantRefusal(t, "ResendConfirmationCode(31st message)", err, api.TooManyRequestsException("Rate exceeded"))
	if log := s.Log.String(); strings.Contains(log, "a message was not written") {
		t.Errorf("the log has the refusal as an error: %s", log)
	}
}

func TestResendConfirmationCodeHidesUsers(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail, cognatetest.HideUsers())
	f.mustSignUp(t, "anna", "email", "a@example.com")
	f.mustSignUp(t, "nocontact")
	f.mustSignUp(t, "otto", "email", "otto@example.com")
	s.Must(t).AdminDisableUser(&api.AdminDisableUserInput{UserPoolId: f.PoolID, Username: "otto"})
	s.Mailbox.Clear()

	for _, name := range []string{"anna", "unknown", "noel@example.com", "nocontact", "otto"} {
		var before *api.CodeDeliveryDetailsType
		for range 5 {
			details, err := f.resend(t, name)
			if err != nil {
				t.Fatalf("ResendConfirmationCode(%s) = %v, want delivery details", name, err)
			}
			if details.DeliveryMedium != "EMAIL" || details.AttributeName != "email" || len(details.Destination) != len("a***@e***") {
				t.Errorf("ResendConfirmationCode(%s) = %+v, want what a user gets", name, details)
			}
			if before != nil {
				wantDiff(t, "details of "+name+" from one time to the next", before, details)
			}
			before = details
		}
		_, err := f.resend(t, name)
		cognatetest.WantRefusal(t, "ResendConfirmationCode(6th of "+name+")", err, errLimit)
	}
	f.wantSent(t, 5)
}
