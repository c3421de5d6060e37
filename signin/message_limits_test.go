package signin_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

// A stranger can't make the server write to somebody without end, and learns from the limit no more than from an answer.
func TestSignInCodesAreLimited(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := choosers(t, s, off)
		p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
		for _, username := range []string{"ann", "nobody"} {
			for i := range 30 {
				if _, err := userAuth(t, p, username, "PREFERRED_CHALLENGE", "EMAIL_OTP"); err != nil {
					t.Fatalf("sign-in %d of %s = %v", i+1, username, err)
				}
			}
			_, err := userAuth(t, p, username, "PREFERRED_CHALLENGE", "EMAIL_OTP")
			cognatetest.WantError(t, "31st sign-in of "+username+" within an hour", err, api.TooManyRequestsException("Rate exceeded"))
		}
		if sent := len(s.Mailbox.Messages("ann@example.com")); sent != 30 || len(s.Mailbox.Messages("")) != sent {
			t.Errorf("%d messages sent, want 30", sent)
		}
		s.Clock.Advance(time.Hour)
		cognatetest.Try(userAuth(t, p, "ann", "PREFERRED_CHALLENGE", "EMAIL_OTP")).Of(t)
	})
}
