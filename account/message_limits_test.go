package account_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

var errThrottled = api.TooManyRequestsException("Rate exceeded")

// The messages to one address are limited, for all operations, callers and usernames together.
func TestMessagesToOneAddress(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail)
		const perHour, asked = 30, 45
		var sent, refused atomic.Int32
		var g sync.WaitGroup
		for i := range asked { // concurrently, half by sign-ups, half by invitations
			g.Go(func() {
				err := f.writeTo(t, i, []string{"Victim@example.com", "victim@example.com"}[i%2])
				switch {
				case err == nil:
					sent.Add(1)
				case errors.Is(err, errThrottled):
					refused.Add(1)
				default:
					t.Errorf("message %d: %v", i, err)
				}
			})
		}
		g.Wait()
		if sent.Load() != perHour || refused.Load() != asked-perHour || len(s.Mailbox.Messages("")) != perHour {
			t.Errorf("%d messages sent, %d refused, want %d and %d", sent.Load(), refused.Load(), perHour, asked-perHour)
		}
		if _, err := f.get(t, fmt.Sprintf("user%d", asked)); err == nil {
			t.Error("a refused sign-up left a user")
		}
		s.Clock.Advance(time.Hour)
		if err := f.writeTo(t, asked, "victim@example.com"); err != nil {
			t.Errorf("message after an hour: %v", err)
		}
	})
}

// writeTo makes the server send a message, by one operation or another.
func (f *fixture) writeTo(t *testing.T, i int, address string) error {
	username := fmt.Sprintf("user%d", i)
	if i%2 == 0 {
		_, err := f.Client.SignUp(t.Context(), &api.SignUpInput{
			ClientId: f.ClientID, Username: username, Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", address),
		})
		return err
	}
	_, err := f.Client.AdminCreateUser(t.Context(), &api.AdminCreateUserInput{
		UserPoolId: f.PoolID, Username: username, DesiredDeliveryMediums: []api.DeliveryMediumType{api.DeliveryMediumTypeEmail},
		UserAttributes: cognatetest.Attributes("email", address),
	})
	return err
}

// The messages that a signed-in user causes by new addresses are limited, too.
func TestCodesOfChangedContacts(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s, byEmail)
	f.mustUser(t, "anna")
	token := f.mustToken(t, "anna")
	change := func(i int) error {
		_, err := s.Client.UpdateUserAttributes(t.Context(), &api.UpdateUserAttributesInput{
			AccessToken: token, UserAttributes: cognatetest.Attributes("email", fmt.Sprintf("a%d@example.com", i)),
		})
		return err
	}
	for i := range 10 {
		if err := change(i); err != nil {
			t.Fatalf("UpdateUserAttributes(%d) = %v", i, err)
		}
	}
	cognatetest.WantRefusal(t, "UpdateUserAttributes(11th address within an hour)", change(10), errThrottled)
	if _, err := s.Client.AdminUpdateUserAttributes(t.Context(), &api.AdminUpdateUserAttributesInput{
		UserPoolId: f.PoolID, Username: "anna", UserAttributes: cognatetest.Attributes("email", "b@example.com"),
	}); err != nil {
		t.Errorf("AdminUpdateUserAttributes() = %v, want no limit", err)
	}
}

// Sign-ups with the address of another user give no more guesses at codes than one sign-up does, and they use up neither the
// messages nor the wrong answers of the user who has verified the address.
func TestSignUpsWithTheAddressOfAnotherUser(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s, byEmail)
		const address = "ann@example.com"
		f.mustUser(t, "ann", "email", address, "email_verified", "true")
		signUps, guesses := 0, 0
		for i := range 35 {
			username := fmt.Sprintf("eve%d", i)
			_, err := f.Client.SignUp(t.Context(), &api.SignUpInput{
				ClientId: f.ClientID, Username: username, Password: cognatetest.Password, UserAttributes: cognatetest.Attributes("email", address),
			})
			if err != nil {
				cognatetest.WantRefusal(t, "SignUp("+username+")", err, errThrottled)
				continue
			}
			signUps++
			for range 2 {
				_, err := f.Client.ConfirmSignUp(t.Context(), &api.ConfirmSignUpInput{
					ClientId: f.ClientID, Username: username, ConfirmationCode: "wrong",
				})
				if errors.Is(err, &api.Error{Code: api.CodeCodeMismatchException}) {
					guesses++
				}
			}
		}
		if signUps != 30 || guesses != 15 {
			t.Errorf("%d sign-ups and %d guesses, want 30 and 15", signUps, guesses)
		}
		if _, err := f.Client.ForgotPassword(t.Context(), &api.ForgotPasswordInput{ClientId: f.ClientID, Username: "ann"}); err != nil {
			t.Fatalf("ForgotPassword(owner) = %v, want a code", err)
		}
		sent, _ := s.Mailbox.Last(address)
		_, err := f.Client.ConfirmForgotPassword(t.Context(), &api.ConfirmForgotPasswordInput{
			ClientId: f.ClientID, Username: "ann", ConfirmationCode: sent.Code, Password: "Another-horse-7",
		})
		cognatetest.WantRefusal(t, "ConfirmForgotPassword(owner)", err, nil)
	})
}
