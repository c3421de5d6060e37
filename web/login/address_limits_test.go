package login_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
)

// limitedSite is a site with figures that an attacker reaches quickly.
func limitedSite(t *testing.T, change func(*server.AddressLimits)) *site {
	t.Helper()
	return newSite(t, cognatetest.Start(t, func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.AddressLimits = server.AddressLimits{Requests: 1000, Burst: 1000, SignUps: 1000, Failures: 1000, Names: 1000, Pool: 1000}
		change(&c.AddressLimits)
	}), cognatetest.HideUsers())
}

// from sends the requests of a browser through a trusted proxy that names its address.
type from struct{ address string }

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.address)
	return http.DefaultTransport.RoundTrip(r)
}

// attack opens the sign-in page in a new browser at an address, without cookies of earlier ones, and tries a password. It returns the
// browser.
func (s *site) attack(address, username, password string) *browser {
	s.t.Helper()
	b := s.browser()
	b.http.Transport = from{address}
	b.open(s.address("/login"))
	b.submit("username", username, "password", password)
	return b
}

const (
	incorrect = "The username or the password is not correct."
	tooMany   = "There were too many requests. Wait a while, then try again."
)

// An attacker who guesses passwords on the page is stopped by address, with a new browser for each guess. The right password does not
// help there any more; it does elsewhere, and an hour later.
func TestPasswordsOfAnAddress(t *testing.T) {
	t.Parallel()
	s := limitedSite(t, func(l *server.AddressLimits) { l.Failures = 7 })
	guesses := 0
	for i := range 4 { // fewer guesses at each user than those that lock the user
		s.MustUser(fmt.Sprint("user", i))
		for range 3 {
			switch alert := s.attack("192.0.2.1", fmt.Sprint("user", i), "wrong").alert(); alert {
			case incorrect:
				guesses++
			case tooMany:
			default:
				t.Errorf("alert = %q", alert)
			}
		}
	}
	if guesses != 7 {
		t.Errorf("%d guesses got an answer, want 7", guesses)
	}
	if alert := s.attack("192.0.2.1", "user3", cognatetest.Password).alert(); alert != tooMany {
		t.Errorf("the right password after the limit: %q", alert)
	}
	in := &api.InitiateAuthInput{
		ClientId: s.ClientID, AuthFlow: api.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "user3", "PASSWORD": cognatetest.Password},
	}
	client := &api.Client{Endpoint: s.URL + "/", HTTP: &http.Client{Transport: from{"192.0.2.1"}}}
	if _, err := client.InitiateAuth(t.Context(), in); err == nil {
		t.Error("the API lets the address in, which pages have stopped")
	}
	s.attack("192.0.2.2", "user3", cognatetest.Password).wantCode()
	s.Clock.Advance(time.Hour)
	s.attack("192.0.2.1", "user3", cognatetest.Password).wantCode()
}

// An attacker who tries one password with many names on the page is stopped, and learns nothing about which names exist.
func TestNamesOfAnAddress(t *testing.T) {
	t.Parallel()
	s := limitedSite(t, func(l *server.AddressLimits) { l.Names = 5 })
	for i := range 8 {
		s.MustUser(fmt.Sprint("user", i))
	}
	alerts := func(address, name string) (all []string) {
		for i := range 8 {
			all = append(all, s.attack(address, fmt.Sprint(name, i), "wrong").alert())
		}
		return all
	}
	known, unknown := alerts("192.0.2.1", "user"), alerts("192.0.2.2", "nobody")
	want := []string{incorrect, incorrect, incorrect, incorrect, incorrect, tooMany, tooMany, tooMany}
	if !slices.Equal(known, want) || !slices.Equal(unknown, want) {
		t.Errorf("alerts for users = %q, for unknown names = %q, want %q", known, unknown, want)
	}
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		if alert := s.attack(address, "user7", cognatetest.Password).alert(); alert != tooMany {
			t.Errorf("the right password of another user after the limit: %q", alert)
		}
	}
	s.Clock.Advance(10 * time.Minute)
	s.attack("192.0.2.1", "user7", cognatetest.Password).wantCode()
}

// An attacker who makes accounts on the page is stopped.
func TestSignUpsOfAnAddress(t *testing.T) {
	t.Parallel()
	s := limitedSite(t, func(l *server.AddressLimits) { l.SignUps = 3 })
	made := func(address string, n int) (made int) {
		for i := range n {
			b := s.browser()
			b.http.Transport = from{address}
			b.open(s.address("/signup"))
			to, fields := b.form(append([]string{"username", fmt.Sprint("new", i, "at", address)}, passwords...)...)
			b.post(to, fields, "same-origin")
			switch b.status {
			case http.StatusSeeOther:
				made++
			case http.StatusTooManyRequests:
			default:
				s.t.Errorf("sign-up = %d", b.status)
			}
		}
		return made
	}
	if got := made("2001:db8:1:1::1", 2) + made("2001:db8:1:1::2", 4); got != 3 {
		t.Errorf("one network made %d accounts, want 3", got)
	}
	if got := made("2001:db8:1:2::1", 1); got != 1 {
		t.Errorf("another network made %d accounts, want 1", got)
	}
	if users := s.Must(t).ListUsers(&api.ListUsersInput{UserPoolId: s.PoolID}).Users; len(users) != 4 {
		t.Errorf("the pool has %d users, want 4", len(users))
	}
}

// An attacker who guesses codes of password recoveries on the page is stopped.
func TestCodesOfAnAddress(t *testing.T) {
	t.Parallel()
	s := limitedSite(t, func(l *server.AddressLimits) { l.Failures = 3 })
	answered := 0
	for i := range 6 {
		name := fmt.Sprint("user", i)
		s.MustUser(name, cognatetest.Attributes("email", name+"@example.com", "email_verified", "true")...)
		b := s.browser()
		b.http.Transport = from{"192.0.2.1"}
		b.open(s.address("/forgotPassword"))
		b.submit("username", name)
		b.wantPage("Choose a new password", "")
		b.submit("code", cognatetest.ChangeAt(b.code(name+"@example.com"), 0), "new-password", "Other-horse-7", "repeat-password", "Other-horse-7")
		switch b.alert() {
		case "The code is not correct. Try again.":
			answered++
		case tooMany:
		default:
			t.Errorf("alert = %q", b.alert())
		}
	}
	if answered != 3 {
		t.Errorf("%d wrong codes got an answer, want 3", answered)
	}
}
