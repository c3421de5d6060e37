package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// proxies are the addresses of the reverse proxies in front of the server. Only their X-Forwarded-* headers count, because every
// client can send such headers.
type proxies []netip.Prefix

// forwardedHost is the form of a host in X-Forwarded-Host.
var forwardedHost = regexp.MustCompile(`^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// resolve returns the request as the first trusted proxy received it: with the address of the client, its host, and whether it
// uses TLS. A request from another address is returned unchanged. Every other part of the server reads these from the request.
func (p proxies) resolve(r *http.Request) *http.Request {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.trust(peer.Addr()) {
		return r
	}
	resolved := new(http.Request)
	*resolved = *r
	resolved.RemoteAddr = net.JoinHostPort(p.client(peer.Addr(), forwarded(r, "X-Forwarded-For")).String(), "0")
	if host := last(forwarded(r, "X-Forwarded-Host")); forwardedHost.MatchString(host) {
		resolved.Host = host
	}
	switch strings.ToLower(last(forwarded(r, "X-Forwarded-Proto"))) {
	case "https":
		if r.TLS == nil {
			resolved.TLS = new(tls.ConnectionState)
		}
	case "http":
		resolved.TLS = nil
	}
	return resolved
}

func (p proxies) trust(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(ip) })
}

// client returns the address of the client. Each proxy adds the address that it received the request from at the end of the
// header, so the last address that is not a proxy's is the client's. What is before it can be forged.
func (p proxies) client(peer netip.Addr, hops []string) netip.Addr {
	client := peer.Unmap()
	for _, hop := range slices.Backward(hops) {
		ip, err := netip.ParseAddr(hop)
		if err != nil {
			withPort, err := netip.ParseAddrPort(hop)
			if err != nil {
				return client
			}
			ip = withPort.Addr()
		}
		client = ip.Unmap().WithZone("")
		if !p.trust(client) {
			return client
		}
	}
	return client
}

// forwarded returns the values of a header that is a list.
func forwarded(r *http.Request, name string) []string {
	var values []string
	for value := range strings.SplitSeq(strings.Join(r.Header.Values(name), ","), ",") {
		values = append(values, strings.TrimSpace(value))
	}
	return values
}

func last(values []string) string { return values[len(values)-1] }
