package signin_test

import (
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

// A client without a session cannot make the server send messages without end. The limit shows no more than the answer.
func TestSignInCodesAreLimited(t *testing.T) {
	t.Parallel()
	cognatetest.OnBoth(t, func(t *testing.T, s *cognatetest.Server) {
		p := choosers(t, s, off)
		p.MustAllowChoice(api.PreventUserExistenceErrorTypesEnabled)
		for _, username := range []string{"ann", "unknown"} {
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
