package login_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// TestRacingSteps signs in with one code of an authenticator app a hundred times, at the pages and by the API. One wins: both count
// the time step as spent.
func TestRacingSteps(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, server *cognatetest.Server) {
		s := newSite(t, server, cognatetest.MFA(api.UserPoolMfaTypeOn))
		s.MustUser("ann")
		secret, _ := s.MustEnrol("ann")
		s.NextStep()
		code := s.Code(secret)
		var answers []func() bool // each reports whether it won
		for range 50 {
			b := s.browser()
			b.signIn("ann")
			b.wantPage("Enter the code from your authenticator app", "")
			address, fields := b.form("code", code)
			answers = append(answers, func() bool {
				next := b.post(address, fields, "same-origin")
				if next == "" {
					t.Errorf("a racing form = %d", b.status)
				}
				return strings.HasPrefix(next, "https://app.example.com/")
			})
			session := s.MustSignIn("ann", api.ChallengeNameTypeSoftwareTokenMfa).Session
			answers = append(answers, func() bool {
				_, err := s.AnswerCode("ann", session, code)
				if err != nil && !errors.Is(err, api.ErrCodeSpent) && !errors.Is(err, api.ErrAttemptsExceeded) {
					t.Errorf("a racing RespondToAuthChallenge = %v", err)
				}
				return err == nil
			})
		}
		var won atomic.Int32
		var racing sync.WaitGroup
		for _, answer := range answers {
			racing.Go(func() {
				if answer() {
					won.Add(1)
				}
			})
		}
		racing.Wait()
		if won.Load() != 1 {
			t.Errorf("%d sign-ins with one code, want 1", won.Load())
		}
	})
}
