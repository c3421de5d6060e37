package login_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cognate/api"
	"cognate/cognatetest"
)

// balanced returns a browser whose requests go to the servers in turn, as behind a load balancer. It calls them localhost, because
// each has a public URL of its own, and the site is at the host of the request if the server knows the host.
func (s *site) balanced(servers []*cognatetest.Server) *browser {
	s.t.Helper()
	s.base = strings.Replace(s.base, "127.0.0.1", "localhost", 1)
	b := s.browser()
	next := 0
	b.http.Transport = &http.Transport{
		DisableKeepAlives: true, // each request has a connection of its own
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			next++
			address := strings.TrimPrefix(servers[next%len(servers)].URL, "http://")
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	return b
}

// TestTwoServers signs in, allows an access, and signs out on two servers with one PostgreSQL database. No server holds anything
// that the other one needs.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	servers := cognatetest.StartPair(t, 2)
	s := newSite(t, servers[0], cognatetest.ClientSettings(func(in *api.CreateUserPoolClientInput) { in.LogoutURLs = []string{afterLogout} }))
	s.MustUser("ann")
	for name, first := range map[string][]*cognatetest.Server{"one": servers, "other": {servers[1], servers[0]}} {
		b := s.balanced(first)
		b.open(s.address("/login", "prompt", "consent"))
		b.submit("username", "ann", "password", "wrong")
		b.wantPage("Sign in", "The username or the password is not correct.")
		b.submit("username", "ann", "password", cognatetest.Password)
		b.wantPage("Allow access?", "")
		b.submit("do", "allow")
		b.wantCode()
		for range first { // the session signs in at both
			b.open(s.address("/oauth2/authorize", "prompt", "none"))
			b.wantCode()
		}
		b.open(s.base + "/logout?" + url.Values{"client_id": {s.ClientID}, "logout_uri": {afterLogout}}.Encode())
		for range first {
			b.open(s.address("/oauth2/authorize", "prompt", "none"))
			if got := b.at.Query().Get("error"); got != "login_required" {
				t.Errorf("%s server first: after the logout a server answers %q, want login_required", name, got)
			}
		}
	}
}

// TestTwoServersConsent checks that a consent counts at every server.
func TestTwoServersConsent(t *testing.T) {
	t.Parallel()
	servers := cognatetest.StartPair(t, 2)
	s := newSite(t, servers[0])
	s.MustUser("ann")
	s.mustRegister("Photos", callback)
	extra := []string{"code_challenge", challengeS256, "code_challenge_method", "S256"}
	b := s.balanced(servers)
	b.open(s.address("/oauth2/authorize", extra...))
	b.submit("username", "ann", "password", cognatetest.Password)
	b.wantPage("Allow access?", "")
	b.submit("do", "allow")
	b.wantCode()
	for range servers {
		b.open(s.address("/oauth2/authorize", append(extra, "prompt", "none")...))
		b.wantCode()
	}
}

// TestTwoServersDomains checks that a change of a domain acts at the other server in the next request.
func TestTwoServersDomains(t *testing.T) {
	t.Parallel()
	servers := cognatetest.StartPair(t, 2)
	p := servers[0].Pool(t)
	status := func(domain string) int {
		response, err := http.Get(servers[1].URL + "/domains/" + domain + "/.well-known/openid-configuration")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	want := func(what, domain string, want int) {
		t.Helper()
		if got := status(domain); got != want {
			t.Errorf("%s: the other server answers %d, want %d", what, got, want)
		}
	}
	want("before", "login", http.StatusNotFound)
	p.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	want("created", "login", http.StatusOK)
	p.Must(t).DeleteUserPoolDomain(&api.DeleteUserPoolDomainInput{UserPoolId: p.PoolID, Domain: "login"})
	want("deleted", "login", http.StatusNotFound)
	other := servers[1].Pool(t)
	other.Must(t).CreateUserPoolDomain(&api.CreateUserPoolDomainInput{UserPoolId: other.PoolID, Domain: "login"})
	want("created for another pool", "login", http.StatusOK)
}
