package login_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
)

// exchange sends the code at which the browser has arrived, and returns the status.
func (b *browser) exchange() int {
	b.t.Helper()
	response, err := http.PostForm(b.base+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {b.ClientID}, "redirect_uri": {callback}, "code": {b.at.Query().Get("code")},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestMovedClock moves the clock of the server forward and back between the steps. What was used or has ended stays so when the
// clock is back.
func TestMovedClock(t *testing.T) {
	t.Parallel()
	s := mustSite(t, cognatetest.MFA(api.UserPoolMfaTypeOn))
	s.MustUser("ann")
	secret, _ := s.MustEnrol("ann")
	s.NextStep()
	const token = "Enter the code from your authenticator app"

	b := s.browser()
	b.signIn("ann")
	code := s.Code(secret)
	b.submit("code", code)
	b.wantCode()
	if got := b.exchange(); got != http.StatusOK {
		t.Errorf("the first exchange = %d, want 200", got)
	}
	for _, moved := range []time.Duration{-time.Hour, time.Hour, -10 * time.Second} {
		s.Clock.Advance(moved)
		if got := b.exchange(); got != http.StatusBadRequest {
			t.Errorf("%s: a used code = %d, want 400", moved, got)
		}
	}
	s.Clock.Advance(10 * time.Second)
	other := s.browser()
	other.signIn("ann")
	other.submit("code", code)
	other.wantPage(token, "This code was already used. Wait for the next one.")

	// A form that was too late is not accepted when the clock is back, because the browser has a new one.
	late := s.browser()
	late.open(s.address("/login"))
	address, fields := late.form("username", "ann", "password", cognatetest.Password)
	s.Clock.Advance(6 * time.Minute)
	late.open(late.post(address, fields, "same-origin"))
	late.wantPage("Sign in", "This took too long. Sign in again.")
	s.Clock.Advance(-time.Hour)
	late.submit("username", "ann", "password", cognatetest.Password) // the new form is from the future
	if late.heading() != token && late.heading() != "Sign in" {
		t.Errorf("a form of the future leads to %s (%s)", late.at, late.heading())
	}
	s.Clock.Advance(time.Hour)

	// The session has ended, and moving the clock back a minute after its end does not matter.
	b.open(s.address("/oauth2/authorize", "prompt", "none"))
	b.wantCode()
	s.Clock.Advance(time.Hour)
	b.open(s.address("/oauth2/authorize", "prompt", "none"))
	if got := b.at.Query().Get("error"); got != "login_required" {
		t.Errorf("an ended session: error = %q, want login_required", got)
	}
}
