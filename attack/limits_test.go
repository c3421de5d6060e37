package attack_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"cognate/api"
	"cognate/cognatetest"
	"cognate/server"
)

// mustLimited starts a server behind a trusted proxy, with a pool with pages. Requests are not limited, only what a test sets.
func mustLimited(t *testing.T, change func(l *server.AddressLimits)) (p *cognatetest.UserPool, domain string) {
	t.Helper()
	s := cognatetest.Start(t, func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.AddressLimits = server.AddressLimits{Requests: 10000, Burst: 10000, SignUps: 10000, Failures: 10000, Names: 10000, Pool: 100000}
		change(&c.AddressLimits)
	})
	p = s.Pool(t, oauthClient, cognatetest.AutoVerify(api.VerifiedAttributeTypeEmail), cognatetest.Recovery("verified_email"))
	return p, mustDomain(t, p)
}

func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

// guess tries a password at the API or on the page, and reports whether the server checked it.
func guess(t *testing.T, p *cognatetest.UserPool, domain, address, username, password string, onPage bool) (checked bool) {
	t.Helper()
	if !onPage {
		got := call(t, p.Server, "InitiateAuth", sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":%q,"PASSWORD":%q}}`, p.ClientID, username, password), from(address))
		return got.code != api.CodeTooManyRequestsException && got.message != api.ErrAttemptsExceeded.Message
	}
	v := newVisitor(t)
	v.send(http.MethodGet, authorize(p, domain, "/login"), nil, from(address))
	if v.page.status == http.StatusTooManyRequests {
		return false
	}
	v.submit(from(address), "username", username, "password", password)
	return v.page.status != http.StatusTooManyRequests && v.alert() != "There were too many attempts. Wait a while, then try again." &&
		v.alert() != "There were too many requests. Wait a while, then try again."
}

// Guesses of one user at the API and on the page lock the user at both, from every address, for every spelling of the name. Guesses
// in other pools do not count.
func TestGuessesAtBothDoors(t *testing.T) {
	t.Parallel()
	p, domain := mustLimited(t, func(*server.AddressLimits) {})
	p.MustUser("ann", cognatetest.Attributes("email", "ann@example.com", "email_verified", "true")...)
	checked := 0
	for i := range 20 {
		if guess(t, p, domain, fmt.Sprintf("192.0.2.%d", i), "ann", "wrong", i%2 == 0) {
			checked++
		}
	}
	if checked > 6 {
		t.Errorf("the server checked %d of 20 guesses at once, want 5 or 6", checked)
	}
	for _, onPage := range []bool{false, true} {
		if guess(t, p, domain, "203.0.113.1", "ann", cognatetest.Password, onPage) {
			t.Errorf("the right password is checked while the user is locked (on the page: %v)", onPage)
		}
	}
	p.Clock.Advance(16 * time.Minute)
	if !guess(t, p, domain, "203.0.113.1", "ann", cognatetest.Password, true) {
		t.Error("the user is locked for longer than 15 minutes")
	}
}

// One password for many names, at the API and on the page by turns, is stopped at the same number of names.
func TestSprayingAtBothDoors(t *testing.T) {
	t.Parallel()
	const limit = 6
	p, domain := mustLimited(t, func(l *server.AddressLimits) { l.Names = limit })
	checked := 0
	for i := range 20 {
		if guess(t, p, domain, "192.0.2.1", fmt.Sprintf("user%d", i), "Summer-2026-horse", i%2 == 0) {
			checked++
		}
	}
	if checked != limit {
		t.Errorf("the server checked %d of 20 names, want %d", checked, limit)
	}
	if !guess(t, p, domain, "192.0.2.2", "user30", "Summer-2026-horse", true) {
		t.Error("another address is limited too")
	}
}

// Failures of an address count together: passwords at the API and on the page, codes of sign-ups and of forgotten passwords.
func TestFailuresOfAllKinds(t *testing.T) {
	t.Parallel()
	const limit = 8
	p, domain := mustLimited(t, func(l *server.AddressLimits) { l.Failures = limit })
	for i := range 20 {
		name := fmt.Sprintf("user%d", i)
		p.MustUser(name, cognatetest.Attributes("email", name+"@example.com", "email_verified", "true")...)
		p.Must(t).ForgotPassword(&api.ForgotPasswordInput{ClientId: p.ClientID, Username: name})
	}
	checked := 0
	for i := range 20 {
		name := fmt.Sprintf("user%d", i)
		switch i % 4 {
		case 0, 1:
			if guess(t, p, domain, "192.0.2.1", name, "wrong", i%2 == 0) {
				checked++
			}
		case 2:
			got := call(t, p.Server, "ConfirmForgotPassword", sprintf(`{"ClientId":%q,"Username":%q,"ConfirmationCode":"000000","Password":"Another-horse-7"}`, p.ClientID, name), from("192.0.2.1"))
			if got.code != api.CodeTooManyRequestsException {
				checked++
			}
		case 3:
			v := newVisitor(t)
			v.send(http.MethodGet, authorize(p, domain, "/login"), nil, from("192.0.2.1"))
			if v.page.status != http.StatusTooManyRequests {
				v.submit(from("192.0.2.1"), "username", name, "password", "wrong")
				if v.page.status != http.StatusTooManyRequests && v.alert() == "The username or the password is not correct." {
					checked++
				}
			}
		}
	}
	if checked != limit {
		t.Errorf("the server checked %d of 20 passwords and codes, want %d", checked, limit)
	}
}

// Addresses of one IPv6 network are one client, at the pages too.
func TestRotatingAddresses(t *testing.T) {
	t.Parallel()
	p, domain := mustLimited(t, func(l *server.AddressLimits) { l.Requests, l.Burst = 1, 10 })
	passed := 0
	for i := range 40 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, authorize(p, domain, "/login"), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = from(fmt.Sprintf("2001:db8:1:2:%x::%x", i*7919%65536, i))
		if do(t, r).status != http.StatusTooManyRequests {
			passed++
		}
	}
	if passed != 10 {
		t.Errorf("%d of 40 requests of one network passed, want 10", passed)
	}
}
