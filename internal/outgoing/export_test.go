package outgoing

import (
	"net/http"
	"net/netip"
)

// Allows calls allows.
func (r *Rules) Allows(ip netip.Addr) bool { return r.allows(ip) }

// TransportOf returns the transport for HTTPS of a client of this package.
func TransportOf(c *http.Client) *http.Transport {
	switch t := c.Transport.(traced).transport.(type) {
	case *guarded:
		return t.https
	case *http.Transport:
		return t
	}
	panic("another transport")
}
