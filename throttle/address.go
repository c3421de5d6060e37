package throttle

import (
	"context"
	"net/netip"
	"time"

	"cognate/store"
)

// siteBits is the length of the prefix of a network of one customer. Source: RFC 6177.
const siteBits = 64

// CountRegistration counts a registration of an app client from an IP address. The addresses of one IPv6 network count together,
// because one computer has all of them, and so do all requests of which the address is not known.
// Errors: ErrExceeded.
func (l Limits) CountRegistration(ctx context.Context, tx *store.Tx, poolID, address string, now time.Time) error {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Unmap().Is6() {
		address = netip.PrefixFrom(ip.WithZone(""), siteBits).Masked().String()
	}
	return take(ctx, tx, poolID, registerClient.key(hashed(address)), l.RegistrationsPerHour, ErrExceeded, now)
}
