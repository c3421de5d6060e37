package account_test

import (
	"sync"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

func (f *fixture) changePassword(t *testing.T, token, previous, proposed string) error {
	t.Helper()
	_, err := f.Client.ChangePassword(t.Context(), &api.ChangePasswordInput{
		AccessToken: token, PreviousPassword: previous, ProposedPassword: proposed,
	})
	return err
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna")
	token := f.mustToken(t, "anna")

	cognatetest.WantRefusal(t, "ChangePassword(wrong)", f.changePassword(t, token, "Wrong-horse-7", newPassword), api.ErrIncorrectPassword)
	cognatetest.WantRefusal(t, "ChangePassword(bad proposal)", f.changePassword(t, token, cognatetest.Password, "Short-1"),
		api.InvalidPasswordException("Password did not conform with policy: Password not long enough"))
	cognatetest.WantRefusal(t, "ChangePassword(no previous)", f.changePassword(t, token, "", newPassword), api.ErrMissingParameter("PreviousPassword"))
	cognatetest.WantRefusal(t, "ChangePassword()", f.changePassword(t, token, cognatetest.Password, newPassword), nil)
	_, err := f.getUser(t, token)
	cognatetest.WantRefusal(t, "GetUser(token from before)", err, nil)
	_, err = f.signIn(t, "anna", cognatetest.Password)
	cognatetest.WantRefusal(t, "InitiateAuth(old password)", err, api.ErrIncorrectPassword)
	_, err = f.signIn(t, "anna", newPassword)
	cognatetest.WantRefusal(t, "InitiateAuth(new password)", err, nil)
}

func TestChangePasswordLocks(t *testing.T) {
	t.Parallel()
	s := cognatetest.Start(t)
	f := mustPool(t, s)
	f.mustUser(t, "anna")
	token := f.mustToken(t, "anna")
	for range 5 {
		cognatetest.WantRefusal(t, "ChangePassword(wrong)", f.changePassword(t, token, "Wrong-horse-7", newPassword), api.ErrIncorrectPassword)
	}
	// During the lock, a right guess must not show: the change fails, and the error does not depend on the proposed password.
	cognatetest.WantRefusal(t, "ChangePassword(right, locked)", f.changePassword(t, token, cognatetest.Password, newPassword), api.ErrAttemptsExceeded)
	cognatetest.WantRefusal(t, "ChangePassword(right, bad proposal, locked)", f.changePassword(t, token, cognatetest.Password, "Short-1"), api.ErrAttemptsExceeded)
	_, err := f.signIn(t, "anna", cognatetest.Password)
	cognatetest.WantRefusal(t, "InitiateAuth(locked by ChangePassword)", err, api.ErrAttemptsExceeded)
	s.Clock.Advance(time.Second)
	cognatetest.WantRefusal(t, "ChangePassword(6th within an hour)", f.changePassword(t, token, cognatetest.Password, newPassword), errLimit)
	s.Clock.Advance(59 * time.Minute)
	cognatetest.WantRefusal(t, "ChangePassword(still within the hour)", f.changePassword(t, token, cognatetest.Password, newPassword), errLimit)
	s.Clock.Advance(time.Minute - time.Second)
	cognatetest.WantRefusal(t, "ChangePassword(after the hour)", f.changePassword(t, f.mustToken(t, "anna"), cognatetest.Password, newPassword), nil)
}

func TestChangePasswordRace(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		f := mustPool(t, s)
		f.mustUser(t, "anna")
		token := f.mustToken(t, "anna")
		proposals := []string{"First-horse-1", "Second-horse-2", "Third-horse-3"}
		errs := make([]error, len(proposals))
		var group sync.WaitGroup
		for i, proposal := range proposals {
			group.Go(func() { errs[i] = f.changePassword(t, token, cognatetest.Password, proposal) })
		}
		group.Wait()
		won := 0
		for i, err := range errs {
			_, in := f.signIn(t, "anna", proposals[i])
			if (err == nil) != (in == nil) {
				t.Errorf("ChangePassword(%s) = %v, but InitiateAuth with it = %v", proposals[i], err, in)
			}
			if err == nil {
				won++
				continue
			}
			cognatetest.WantRefusal(t, "ChangePassword(racing)", err, api.ErrIncorrectPassword)
		}
		if won != 1 {
			t.Errorf("%d of %d racing changes succeeded, want 1", won, len(proposals))
		}
	})
}
