package cognate

import (
	"context"
	"net/netip"

	"cognate/internal/useragent"
)

// Origin says where a request comes from.
type Origin struct {
	IPAddress string // the address of the user, of the client or of its proxy; empty if unknown
	// IsProxy says that IPAddress is that of a trusted proxy, whose headers do not name the client. Then it is in no list of addresses
	// that have more rights.
	IsProxy   bool
	UserAgent string // the header as sent; clients can send any text
	// DeviceID and Timezone are what the AWS libraries say about the device; empty if the request has no such data. Clients can
	// send any text.
	DeviceID, Timezone string
	HasContextData     bool // the request has an IpAddress or EncodedData
}

// customerBits is the length of the prefix of an IPv6 network of one customer. Source: RFC 6177.
const customerBits = 64

// CustomerNetwork returns the addresses that limits count together with an address: the IPv6 network of one customer, because one
// computer can use all its addresses, and an IPv4 address alone.
func CustomerNetwork(ip netip.Addr) netip.Prefix {
	ip = ip.WithZone("").Unmap()
	return netip.PrefixFrom(ip, min(ip.BitLen(), customerBits)).Masked()
}

type originKey struct{}

// WithOrigin returns a context that carries o.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns the origin that WithOrigin stored; the zero Origin without one.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// UnknownOrigin is the answer for an unknown device type or country.
const UnknownOrigin = useragent.Unknown
