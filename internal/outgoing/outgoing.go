// Package outgoing makes the HTTP clients of the server. There are two kinds:
//
//   - Rules.Client is for hosts that come from API input: from the settings of pools, or from what another server answered.
//     It checks the address of each connection after name resolution, so neither DNS nor a redirect can lead it elsewhere.
//   - Operator is for addresses in the operator's settings, which may be anywhere.
//
// Both clients return redirects to the caller and do not follow them.
package outgoing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"cognate/trace"
)

// Errors of clients. Errors of the net and net/http packages wrap them.
var (
	// ErrRefused means that the rules do not allow connections to the address.
	ErrRefused = errors.New("the server does not connect to this address")
	// ErrPlaintext means that the URL is not an HTTPS URL.
	ErrPlaintext = errors.New("the server connects to this address by HTTPS only")
)

// Rules say which addresses the server connects to for hosts that come from API input. The zero value and nil allow public
// addresses, by HTTPS.
type Rules struct {
	// Private also allows loopback and private addresses, and plain HTTP to them. It is for `cognate dev`.
	Private bool
	// Prefixes are further addresses that are allowed, by HTTPS.
	Prefixes []netip.Prefix
	// Hosts are host names in lower case, whose addresses are all allowed, by HTTPS.
	Hosts []string
}

const (
	dialTimeout         = 10 * time.Second
	keepAlive           = 30 * time.Second
	idleTimeout         = time.Minute
	maxIdleConnsPerHost = 16
	maxHeaderBytes      = 64 << 10
)

// Operator returns a client for the operator's own endpoints. It uses the proxy of the environment.
func Operator() *http.Client {
	t := newTransport(newDialer(nil).DialContext)
	t.Proxy = http.ProxyFromEnvironment
	return &http.Client{Transport: traced{t}, CheckRedirect: returnRedirect}
}

// Client returns a client that follows the rules. It uses no proxy, because a proxy would resolve the name itself.
// Errors of its requests: ErrRefused, ErrPlaintext.
func (r *Rules) Client() *http.Client {
	if r == nil {
		r = new(Rules)
	}
	g := &guarded{private: r.Private, https: newTransport(r.dial(r.allows)), http: newTransport(r.dialPrivate)}
	return &http.Client{Transport: traced{g}, CheckRedirect: returnRedirect}
}

func returnRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport is an http.RoundTripper with connections that it keeps.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

// traced makes a span of each request, which ends with the header of the answer.
type traced struct{ transport }

// RoundTrip sends a request.
func (t traced) RoundTrip(r *http.Request) (*http.Response, error) {
	_, end := trace.Outgoing(r.Context(), r.Method)
	answer, err := t.transport.RoundTrip(r)
	status := 0
	if err == nil {
		status = answer.StatusCode
	}
	end(status)
	return answer, err
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func newTransport(dial dialFunc) *http.Transport {
	return &http.Transport{
		DialContext: dial, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: maxIdleConnsPerHost, IdleConnTimeout: idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// newDialer returns a dialer that asks allows for each address before it connects to it. Nil allows every address.
func newDialer(allows func(netip.Addr) bool) *net.Dialer {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	if allows != nil {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !allows(to.Addr()) {
				return fmt.Errorf("%w: %s", ErrRefused, address)
			}
			return nil
		}
	}
	return d
}

// guarded sends requests by the rules. HTTP and HTTPS have separate connections.
type guarded struct {
	private     bool
	https, http *http.Transport
}

// RoundTrip sends a request. Errors: ErrPlaintext, ErrRefused.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Scheme == "https":
		return g.https.RoundTrip(r)
	case r.URL.Scheme == "http" && g.private:
		return g.http.RoundTrip(r)
	default:
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, ErrPlaintext
	}
}

// CloseIdleConnections closes the connections that no request uses.
func (g *guarded) CloseIdleConnections() {
	g.https.CloseIdleConnections()
	g.http.CloseIdleConnections()
}

// dial connects to the hosts in r.Hosts, and to the addresses that allows accepts.
func (r *Rules) dial(allows func(netip.Addr) bool) dialFunc {
	free, checked := newDialer(nil), newDialer(allows)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if slices.Contains(r.Hosts, strings.TrimSuffix(strings.ToLower(host), ".")) {
			return free.DialContext(ctx, network, address)
		}
		// The dialer would turn an IPv4-mapped address into the IPv4 address before the check.
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4In6() {
			return nil, fmt.Errorf("%w: %s", ErrRefused, address)
		}
		return checked.DialContext(ctx, network, address)
	}
}

// dialPrivate connects to the addresses to which `cognate dev` may send unencrypted requests.
func (r *Rules) dialPrivate(ctx context.Context, network, address string) (net.Conn, error) {
	return newDialer(isLocal).DialContext(ctx, network, address)
}

// allows reports whether the rules allow connections to an address.
func (r *Rules) allows(ip netip.Addr) bool {
	if slices.ContainsFunc(r.Prefixes, func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) }) {
		return true
	}
	return isPublic(ip) || r.Private && isLocal(ip)
}

// isLocal reports whether ip is a loopback or private address.
func isLocal(ip netip.Addr) bool { return !ip.Is4In6() && (ip.IsLoopback() || ip.IsPrivate()) }

// special lists the prefixes that are not public, besides those that the methods of netip.Addr know.
// Source: IANA IPv4 and IPv6 special-purpose address registries.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, also cloud metadata
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
}

// global is the only IPv6 prefix from which public addresses are assigned. All other prefixes are special: IPv4-mapped and
// IPv4-compatible addresses, NAT64 (which contains IPv4 addresses), unique local and site-local addresses.
var global = netip.MustParsePrefix("2000::/3")

// notGlobal lists the special prefixes inside global.
var notGlobal = []netip.Prefix{
	netip.MustParsePrefix("2001::/23"),     // IETF protocol assignments, Teredo: contains IPv4 addresses
	netip.MustParsePrefix("2001:db8::/32"), // documentation
	netip.MustParsePrefix("2002::/16"),     // 6to4: contains IPv4 addresses
	netip.MustParsePrefix("3fff::/20"),     // documentation
}

// isPublic reports whether ip is a unicast address of the public internet.
func isPublic(ip netip.Addr) bool {
	within := func(prefixes []netip.Prefix) bool {
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	if ip.Is4() {
		return ip.IsGlobalUnicast() && !ip.IsPrivate() && !within(special)
	}
	return ip.IsValid() && ip.Zone() == "" && global.Contains(ip) && !within(notGlobal)
}
