package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"cognate/internal/lazyregexp"
)

// proxies are the reverse proxies in front of the server. Only their X-Forwarded-* and Forwarded headers count, because every
// client can send such headers.
type proxies struct {
	networks []netip.Prefix
	// malformed counts the requests from proxies with a header that does not name the client's address.
	malformed atomic.Int64
}

// forwardedHost is the form of a host in X-Forwarded-Host.
var forwardedHost = lazyregexp.New(`^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// forwarding is what the headers of proxies say about a request.
type forwarding struct {
	// addresses are those from which the proxies received the request, with or without a port: the last proxy's is the last.
	addresses   []string
	host, proto string
}

// isProxyKey is the key for cognate.Origin.IsProxy in the context of a request.
type isProxyKey struct{}

// resolve returns the request as the first trusted proxy received it: with the address of the client, its host, and whether it
// uses TLS. A request from another address is returned unchanged. Every other part of the server reads these from the request.
func (p *proxies) resolve(r *http.Request) *http.Request {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.trust(peer.Addr()) {
		return r
	}
	said := p.read(r, peer.Addr())
	client, ok := p.client(peer.Addr(), said.addresses)
	if !ok {
		p.malformed.Add(1)
	}
	resolved := r.WithContext(context.WithValue(r.Context(), isProxyKey{}, !ok))
	resolved.RemoteAddr = net.JoinHostPort(client.String(), "0")
	if forwardedHost.MatchString(said.host) {
		resolved.Host = said.host
	}
	switch strings.ToLower(said.proto) {
	case "https":
		if r.TLS == nil {
			resolved.TLS = new(tls.ConnectionState)
		}
	case "http":
		resolved.TLS = nil
	}
	return resolved
}

// read reads the X-Forwarded-* headers, or else Forwarded. If a request has both and they name different clients, the client has
// written one of them: the proxy sets one header and passes the other one on. Then neither counts.
func (p *proxies) read(r *http.Request, peer netip.Addr) forwarding {
	x := forwarding{list(r, "X-Forwarded-For"), last(list(r, "X-Forwarded-Host")), last(list(r, "X-Forwarded-Proto"))}
	if r.Header.Get("Forwarded") == "" {
		return x
	}
	standard := standardForwarding(r.Header.Values("Forwarded"))
	if len(x.addresses) == 0 && x.host == "" && x.proto == "" {
		return standard
	}
	if first, ok := p.client(peer, x.addresses); ok && len(x.addresses) > 0 {
		if second, ok := p.client(peer, standard.addresses); ok && first == second {
			return x
		}
	}
	return forwarding{addresses: []string{"contradiction"}}
}

// standardForwarding reads the header Forwarded. Source: RFC 7239 section 4.
func standardForwarding(values []string) forwarding {
	var f forwarding
	for _, element := range splitQuoted(strings.Join(values, ","), ',') {
		address := "unknown"
		f.host, f.proto = "", ""
		for _, pair := range splitQuoted(element, ';') {
			name, value, _ := strings.Cut(pair, "=")
			value = unquote(strings.TrimSpace(value))
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "for":
				address = value
			case "host":
				f.host = value
			case "proto":
				f.proto = value
			}
		}
		f.addresses = append(f.addresses, address)
	}
	return f
}

// splitQuoted splits text at a separator that is not in a quoted string.
func splitQuoted(text string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case quoted && text[i] == '\\':
			i++
		case !quoted && text[i] == separator:
			parts = append(parts, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// unquote returns the content of a quoted string. No address or host needs an escape, so one with an escape stays invalid.
func unquote(value string) string {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

func (p *proxies) trust(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(p.networks, func(prefix netip.Prefix) bool { return prefix.Contains(ip) })
}

// client returns the address of the client. Each proxy adds the address that it received the request from at the end of the
// header, so the last address that is not a proxy's is the client's. What is before it can be forged. If a value is no address,
// it and the values before it are ignored: ok is false, and the address is the last one that is known.
func (p *proxies) client(peer netip.Addr, hops []string) (client netip.Addr, ok bool) {
	client = peer.Unmap()
	for _, hop := range slices.Backward(hops) {
		ip, valid := parseHop(hop)
		if !valid {
			return client, false
		}
		client = ip
		if !p.trust(client) {
			return client, true
		}
	}
	return client, true
}

// parseHop reads an address, with or without a port.
func parseHop(hop string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(hop)
		if err != nil {
			return netip.Addr{}, false
		}
		ip = withPort.Addr()
	}
	return ip.Unmap().WithZone(""), true
}

// list returns the values of a header that is a list; none if the request does not have the header.
func list(r *http.Request, name string) []string {
	var values []string
	for _, header := range r.Header.Values(name) {
		for value := range strings.SplitSeq(header, ",") {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
