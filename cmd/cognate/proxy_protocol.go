package main

import (
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
)

// acceptProxyProtocol lets trusted proxies start a connection with a header of the PROXY protocol, which names the client's
// address. A trusted proxy may also send no header, for example for a health check. From any other address the header is a
// malformed HTTP request, so it names nothing.
func acceptProxyProtocol(listener net.Listener, trusted []netip.Prefix) net.Listener {
	var networks []string
	for _, network := range trusted {
		networks = append(networks, network.String())
	}
	policy, err := proxyproto.PolicyFromRanges(networks, proxyproto.USE, proxyproto.SKIP)
	if err != nil {
		panic(err) // a Prefix is a valid range
	}
	return &proxyproto.Listener{Listener: listener, ConnPolicy: policy, ReadHeaderTimeout: headerTimeout}
}
