package outgoing_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"cognate/internal/outgoing"
)

// get sends a GET request and returns its status.
func get(t *testing.T, client *http.Client, url string) (int, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// trusting adds the certificate authority of a test server to the client, for HTTPS.
func trusting(s *httptest.Server, client *http.Client) *http.Client {
	outgoing.TransportOf(client).TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return client
}

func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "[::1]", "0.0.0.0", "[::]", "0.1.2.3", "10.0.0.1", "172.16.0.1",
		"192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1",
		"239.255.255.250", "240.0.0.1", "255.255.255.255", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
		"[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:8.8.8.8]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
		"[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]", "[2001::1]", "[2001:db8::1]", "[3fff::1]",
	} {
		for name, rules := range map[string]*outgoing.Rules{"nil": nil, "no exception": {}} {
			if status, err := get(t, rules.Client(), "https://"+host+":1/"); !errors.Is(err, outgoing.ErrRefused) {
				t.Errorf("GET %s by the rules %q = %d, %v, want ErrRefused", host, name, status, err)
			}
		}
	}
}

func TestAllowedAddresses(t *testing.T) {
	t.Parallel()
	parse := netip.MustParseAddr
	for _, tc := range []struct {
		rules   outgoing.Rules
		ip      netip.Addr
		allowed bool
	}{
		{outgoing.Rules{}, parse("8.8.8.8"), true},
		{outgoing.Rules{}, parse("100.128.0.1"), true},
		{outgoing.Rules{}, parse("2606:4700::1111"), true},
		{outgoing.Rules{}, netip.Addr{}, false},
		{outgoing.Rules{}, parse("::ffff:8.8.8.8"), false},
		{outgoing.Rules{Private: true}, parse("127.0.0.1"), true},
		{outgoing.Rules{Private: true}, parse("::1"), true},
		{outgoing.Rules{Private: true}, parse("192.168.1.1"), true},
		{outgoing.Rules{Private: true}, parse("fd00::1"), true},
		{outgoing.Rules{Private: true}, parse("169.254.169.254"), false},
		{outgoing.Rules{Private: true}, parse("0.0.0.0"), false},
		{outgoing.Rules{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, parse("10.1.2.3"), true},
		{outgoing.Rules{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, parse("10.2.2.3"), false},
		{outgoing.Rules{Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, parse("::ffff:10.1.2.3"), false},
		{outgoing.Rules{Prefixes: []netip.Prefix{netip.MustParsePrefix("fd00::/8")}}, parse("fd00::1"), true},
	} {
		if got := tc.rules.Allows(tc.ip); got != tc.allowed {
			t.Errorf("%+v: Allows(%s) = %v, want %v", tc.rules, tc.ip, got, tc.allowed)
		}
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		client *http.Client
		host   string
	}{
		"the operator's":   {outgoing.Operator(), "127.0.0.1"},
		"a prefix":         {(&outgoing.Rules{Prefixes: loopback}).Client(), "127.0.0.1"},
		"a host":           {(&outgoing.Rules{Hosts: []string{"127.0.0.1"}}).Client(), "127.0.0.1"},
		"private":          {(&outgoing.Rules{Private: true}).Client(), "127.0.0.1"},
		"a host by name":   {(&outgoing.Rules{Hosts: []string{"localhost"}}).Client(), "LocalHost"},
		"a prefix by name": {(&outgoing.Rules{Prefixes: loopback}).Client(), "localhost"},
	} {
		client := trusting(s, tc.client)
		outgoing.TransportOf(client).TLSClientConfig.ServerName = "example.com" // as in the certificate
		if status, err := get(t, client, "https://"+net.JoinHostPort(tc.host, port)); err != nil || status != http.StatusOK {
			t.Errorf("%s: GET %s = %d, %v", name, tc.host, status, err)
		}
	}
	if status, err := get(t, (&outgoing.Rules{Hosts: []string{"example.com"}}).Client(), s.URL); !errors.Is(err, outgoing.ErrRefused) {
		t.Errorf("GET of another host = %d, %v, want ErrRefused", status, err)
	}
}

func TestPlaintext(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	all := outgoing.Rules{Prefixes: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Hosts: []string{"127.0.0.1"}}
	if status, err := get(t, all.Client(), s.URL); !errors.Is(err, outgoing.ErrPlaintext) {
		t.Errorf("GET by HTTP = %d, %v, want ErrPlaintext", status, err)
	}
	all.Private = true
	if status, err := get(t, all.Client(), s.URL); err != nil || status != http.StatusOK {
		t.Errorf("GET by HTTP in dev = %d, %v", status, err)
	}
	if status, err := get(t, all.Client(), "http://8.8.8.8:1/"); !errors.Is(err, outgoing.ErrRefused) {
		t.Errorf("GET of a public address by HTTP in dev = %d, %v, want ErrRefused", status, err)
	}
	for _, url := range []string{"ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/"} {
		if status, err := get(t, all.Client(), url); !errors.Is(err, outgoing.ErrPlaintext) {
			t.Errorf("GET %s = %d, %v, want ErrPlaintext", url, status, err)
		}
	}
}

// No client follows redirects. A caller that follows one itself is refused when it connects.
func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	s := httptest.NewTLSServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	host, _, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	allowed := &outgoing.Rules{Hosts: []string{host}}
	for name, client := range map[string]*http.Client{"guarded": allowed.Client(), "operator": outgoing.Operator()} {
		if status, err := get(t, trusting(s, client), s.URL); err != nil || status != http.StatusTemporaryRedirect {
			t.Errorf("%s: GET = %d, %v, want the redirect", name, status, err)
		}
	}
	following := trusting(s, (&outgoing.Rules{Hosts: []string{"example.com"}}).Client())
	following.CheckRedirect = nil
	if status, err := get(t, following, strings.Replace(s.URL, host, "localhost", 1)); !errors.Is(err, outgoing.ErrRefused) {
		t.Errorf("GET by a client that follows = %d, %v, want ErrRefused", status, err)
	}
}

// A proxy would connect to any address for the server.
func TestNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy got a request") }))
	defer proxy.Close()
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("HTTP_PROXY", proxy.URL)
	if status, err := get(t, new(outgoing.Rules).Client(), "https://10.0.0.1:1/"); !errors.Is(err, outgoing.ErrRefused) {
		t.Errorf("GET = %d, %v, want ErrRefused", status, err)
	}
}
